package record

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"guestjourney/internal/cardiac"
	"guestjourney/webhookproxy/telemetry/reading"
	"guestjourney/webhookproxy/telemetry/store"
)

// hrvWindow is what heart rate variability is calculated over: values of windows of
// different length do not compare, and five minutes are the custom.
const hrvWindow = 5 * time.Minute

// minute is a minute by the monitor's clock. One without samples is a gap.
type minute struct {
	From                                 time.Time
	Samples, Late                        int
	LeadsOff, Unusable                   int
	HeartRate, Systolic, Diastolic, SpO2 stat
	// QT and QTc are over the readings at which the QTc could be judged. By
	// Fridericia it is the alarms' quantity, a median of ten seconds and more; by
	// the others, each reading alone.
	QT     stat
	QTc    map[cardiac.Formula]*stat
	Status cardiac.Status
	AF     cardiac.Verdict
	// HRV is over the hrvWindow that ends with the minute.
	HRV    cardiac.HRV
	HasHRV bool
}

// To is the minute's end.
func (m *minute) To() time.Time { return m.From.Add(time.Minute) }

// stat is the mean and the limits of values.
type stat struct {
	N                int
	sum, Least, Most float64
}

func (s *stat) add(value float64) {
	if s.N == 0 {
		s.Least, s.Most = value, value
	}
	s.N++
	s.sum += value
	s.Least, s.Most = min(s.Least, value), max(s.Most, value)
}

func (s *stat) addIf(value *float64) {
	if value != nil {
		s.add(*value)
	}
}

// Mean is only asked for if N is not 0.
func (s *stat) Mean() float64 { return s.sum / float64(s.N) }

// collector makes minutes of batches, in whatever order they came.
type collector struct {
	minutes   map[int64]*minute
	beats     []cardiac.Beat
	qts       []cardiac.QTReading
	sequences map[string]*reading.Sequence

	batches, samples, late, unreadable int
	last                               int64
	received                           time.Time
	ways                               []time.Duration // from a live sample to its receipt
}

func newCollector() *collector {
	return &collector{minutes: map[int64]*minute{}, sequences: map[string]*reading.Sequence{}}
}

func (c *collector) counts() Counts {
	return Counts{Batches: c.batches, Samples: c.samples, Backfilled: c.late, Unreadable: c.unreadable, Beats: len(c.beats)}
}

func (c *collector) take(one store.Stored) {
	c.batches++
	c.last = one.Position
	if one.At.After(c.received) {
		c.received = one.At
	}
	broken := c.arrive(one.Batch)
	if one.Unreadable != nil {
		c.unreadable++
		return
	}
	for _, sample := range one.Batch.Samples {
		c.sample(sample, one.Batch.Backfill)
		c.addBeats(sample.Beats, broken || sample.Leads != reading.LeadsOn)
		// One that no formula can have made counts for no minute; vitals.csv has it as
		// it came.
		if qt, ok := sample.JudgedQT(); ok {
			c.qts = append(c.qts, qt)
		}
		broken = false
		if !one.Batch.Backfill {
			c.ways = append(c.ways, one.At.Sub(sample.At))
		}
	}
}

// behind is how far the monitor's clock is behind the platform's, with the time that a
// sample is on its way. It is a median: a clock that was wrong once does not count.
func (c *collector) behind() time.Duration {
	if len(c.ways) == 0 {
		return 0
	}
	slices.Sort(c.ways)
	return c.ways[len(c.ways)/2]
}

// arrive reports whether something is missing before a batch.
func (c *collector) arrive(batch reading.Batch) bool {
	sequence := c.sequences[batch.Device]
	if sequence == nil {
		sequence = &reading.Sequence{}
		c.sequences[batch.Device] = sequence
	}
	arrival, _ := sequence.Take(batch.Sequence)
	return arrival != reading.InOrder
}

func (c *collector) sample(sample reading.Sample, late bool) {
	number := sample.At.Unix() / 60
	m := c.minutes[number]
	if m == nil {
		m = newMinute(time.Unix(number*60, 0).UTC())
		c.minutes[number] = m
	}
	c.samples++
	m.Samples++
	if late {
		c.late++
		m.Late++
	}
	switch {
	case sample.Leads != reading.LeadsOn:
		m.LeadsOff++
	case sample.Quality == reading.Unusable:
		m.Unusable++
	default:
		m.HeartRate.addIf(sample.HeartRate)
	}
	m.Systolic.addIf(sample.Systolic)
	m.Diastolic.addIf(sample.Diastolic)
	m.SpO2.addIf(sample.SpO2)
}

func newMinute(from time.Time) *minute {
	m := &minute{From: from, QTc: map[cardiac.Formula]*stat{}}
	for _, formula := range formulas {
		m.QTc[formula] = &stat{}
	}
	return m
}

// formulas are in the order in which the record has them.
var formulas = []cardiac.Formula{cardiac.Fridericia, cardiac.Bazett, cardiac.Framingham, cardiac.Hodges}

func (c *collector) addBeats(beats []reading.Beat, broken bool) {
	for i, beat := range beats {
		c.beats = append(c.beats, beat.Judged(broken && i == 0))
	}
}

// minutesOf returns the minutes in order, with those of the period without samples.
// The period is by the platform's clock, the minutes are by the monitor's.
func (c *collector) minutesOf(period cardiac.Stretch) []minute {
	behind := c.behind()
	first := period.From.Add(-behind).Add(time.Minute - 1).Truncate(time.Minute)
	for from := first; !from.Add(time.Minute).After(period.To.Add(-behind)); from = from.Add(time.Minute) {
		if number := from.Unix() / 60; c.minutes[number] == nil {
			c.minutes[number] = newMinute(from.UTC())
		}
	}
	slices.SortStableFunc(c.beats, func(a, b cardiac.Beat) int { return a.At.Compare(b.At) })
	c.beats = slices.CompactFunc(c.beats, func(a, b cardiac.Beat) bool { return a.At.Equal(b.At) })
	slices.SortStableFunc(c.qts, func(a, b cardiac.QTReading) int { return a.At.Compare(b.At) })
	var minutes []minute
	for _, number := range slices.Sorted(maps.Keys(c.minutes)) {
		m := c.minutes[number]
		c.judge(m)
		minutes = append(minutes, *m)
	}
	return minutes
}

// judge adds what is calculated from beats and QT readings.
func (c *collector) judge(m *minute) {
	beats := c.beats[c.beatAt(m.To().Add(-hrvWindow)):c.beatAt(m.To())]
	m.HRV, m.HasHRV = cardiac.Variability(beats, cardiac.Stretch{From: m.To().Add(-hrvWindow), To: m.To()})
	m.AF = cardiac.JudgeIrregularity(beats, m.To()).SuggestsAF
	for i := c.qtAt(m.From); i < c.qtAt(m.To()); i++ {
		judged := cardiac.JudgeQTc(c.qts[:i+1], m.AF, c.qts[i].At)
		if value, ok := judged.Value(); ok {
			m.addQTc(c.qts[i], value)
		}
		if m.Status != cardiac.Evaluable {
			m.Status = judged.Status
		}
	}
}

func (m *minute) addQTc(one cardiac.QTReading, fridericia float64) {
	m.QT.add(one.QT)
	m.QTc[cardiac.Fridericia].add(fridericia)
	for _, formula := range formulas[1:] {
		if value, err := formula.Correct(one.QT, one.RR); err == nil {
			m.QTc[formula].add(value)
		} // else this formula has no value at so extreme a rate
	}
}

// beatAt is the number of the first beat that is not before a time.
func (c *collector) beatAt(at time.Time) int {
	i, _ := slices.BinarySearchFunc(c.beats, at, func(b cardiac.Beat, at time.Time) int { return b.At.Compare(at) })
	return i
}

func (c *collector) qtAt(at time.Time) int {
	i, _ := slices.BinarySearchFunc(c.qts, at, func(q cardiac.QTReading, at time.Time) int { return cmp.Compare(q.At.UnixNano(), at.UnixNano()) })
	return i
}
