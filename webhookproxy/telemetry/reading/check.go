package reading

import (
	"fmt"
	"regexp"
	"slices"
	"time"

	"guestjourney/internal/verify"
)

// How much time one batch may span.
const (
	LiveSpan     = 2 * time.Second
	BackfillSpan = time.Minute
)

// Sizes that bound the work of one request. Ten samples a second are more than
// any monitor reports, and twelve leads all there are.
const (
	maxSamples  = 600
	maxBeats    = 60 // in one sample
	maxAlarms   = 32
	maxStrips   = 12
	maxRate     = 1000.0  // Hz
	maxSequence = 1 << 53 // exact in every JSON reader
)

// check returns the first thing that is wrong, or nil.
func check(batch Batch) *Refused {
	span := LiveSpan
	if batch.Backfill {
		span = BackfillSpan
	}
	switch {
	case !verify.DeviceName.MatchString(batch.Device):
		return &Refused{"device", "want 1 to 63 of a to z, 0 to 9 and -, beginning with no -"}
	case batch.Sequence < 1 || batch.Sequence >= maxSequence:
		return &Refused{"sequence", "want a whole number from 1 that rises by one with each batch"}
	case len(batch.Samples) == 0 && len(batch.Alarms) == 0:
		return &Refused{"samples", "want at least one sample, or an alarm"}
	case len(batch.Samples) > maxSamples:
		return &Refused{"samples", fmt.Sprintf("want at most %d", maxSamples)}
	case len(batch.Alarms) > maxAlarms:
		return &Refused{"alarms", fmt.Sprintf("want at most %d", maxAlarms)}
	case len(batch.ECG) > maxStrips:
		return &Refused{"ecg", fmt.Sprintf("want at most %d strips", maxStrips)}
	}
	return firstOf(checkSamples(batch.Samples, span), checkAlarms(batch.Alarms), checkECG(batch.ECG, span))
}

func firstOf(all ...*Refused) *Refused {
	for _, refused := range all {
		if refused != nil {
			return refused
		}
	}
	return nil
}

func checkSamples(samples []Sample, span time.Duration) *Refused {
	for i, sample := range samples {
		path := fmt.Sprintf("samples[%d]", i)
		if refused := firstOf(checkTime(path+".at", sample.At), checkSample(path, sample)); refused != nil {
			return refused
		}
		if i > 0 && !sample.At.After(samples[i-1].At) {
			return &Refused{path + ".at", "want a later time than that of the sample before"}
		}
		if sample.At.Sub(samples[0].At) > span {
			return &Refused{path + ".at", fmt.Sprintf("want at most %v after the first sample (2 s live, 1 min as backfill)", span)}
		}
	}
	return nil
}

func checkSample(path string, sample Sample) *Refused {
	return firstOf(
		oneOf(path+".leads", sample.Leads, LeadsOn, LeadsOff),
		oneOf(path+".quality", sample.Quality, "", Good, Poor, Unusable),
		within(path+".heartRate", sample.HeartRate, 0, 350, "per minute"),
		within(path+".systolic", sample.Systolic, 10, 350, "mmHg"),
		within(path+".diastolic", sample.Diastolic, 5, 300, "mmHg"),
		checkPressure(path+".diastolic", sample),
		within(path+".spo2", sample.SpO2, 0, 100, "percent"),
		within(path+".battery", sample.Battery, 0, 100, "percent"),
		checkBeats(path+".beats", sample),
		checkQT(path+".qt", sample.QT),
	)
}

func checkPressure(path string, sample Sample) *Refused {
	if sample.Diastolic != nil && (sample.Systolic == nil || *sample.Diastolic > *sample.Systolic) {
		return &Refused{path, "want it with the systolic pressure, and not above it"}
	}
	return nil
}

// Limits of intervals in ms: wider than what counts in any formula, since an
// artefact in one beat must not lose the batch.
const (
	minInterval = 50.0
	maxInterval = 120_000.0
)

func checkBeats(path string, sample Sample) *Refused {
	if len(sample.Beats) > maxBeats {
		return &Refused{path, fmt.Sprintf("want at most %d in one sample", maxBeats)}
	}
	for i, beat := range sample.Beats {
		one := fmt.Sprintf("%s[%d]", path, i)
		refused := firstOf(
			within(one+".rrMs", beat.RRMs, minInterval, maxInterval, "ms"),
			oneOf(one+".kind", beat.Kind, "", Normal, Ectopic),
		)
		switch {
		case refused != nil:
			return refused
		case beat.At.After(sample.At) || sample.At.Sub(beat.At) > BackfillSpan:
			return &Refused{one + ".at", "want a time in the minute before the sample's"}
		case i > 0 && !beat.At.After(sample.Beats[i-1].At):
			return &Refused{one + ".at", "want a later time than that of the beat before"}
		}
	}
	return nil
}

func checkQT(path string, qt *QT) *Refused {
	if qt == nil {
		return nil
	}
	refused := firstOf(
		within(path+".ms", &qt.Ms, 100, 1500, "ms"),
		within(path+".rrMs", &qt.RRMs, minInterval, maxInterval, "ms"),
		oneOf(path+".formula", qt.Formula, "", Bazett, Fridericia, Framingham, Hodges),
	)
	if refused == nil && qt.QRSMs != 0 {
		refused = within(path+".qrsMs", &qt.QRSMs, 10, 500, "ms")
	}
	return refused
}

var alarmCode = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,39}$`)

func checkAlarms(alarms []Alarm) *Refused {
	for i, alarm := range alarms {
		path := fmt.Sprintf("alarms[%d]", i)
		refused := firstOf(oneOf(path+".priority", alarm.Priority, Low, Medium, High), checkTime(path+".start", alarm.Start))
		switch {
		case refused != nil:
			return refused
		case !alarmCode.MatchString(alarm.Code):
			return &Refused{path + ".code", "want 1 to 40 of a to z, 0 to 9, _ and -, beginning with a letter or digit"}
		case alarm.End != nil && (alarm.End.Before(alarm.Start) || checkTime("", *alarm.End) != nil):
			return &Refused{path + ".end", "want a time that is not before the start"}
		}
	}
	return nil
}

var leadName = regexp.MustCompile(`^(I|II|III|aVR|aVL|aVF|V[1-9]|V3R|V4R|MCL1|MCL6|ES|AS|AI)$`)

func checkECG(strips []Strip, span time.Duration) *Refused {
	for i, strip := range strips {
		path := fmt.Sprintf("ecg[%d]", i)
		refused := firstOf(
			checkTime(path+".at", strip.At),
			within(path+".rateHz", &strip.RateHz, 25, maxRate, "Hz"),
			within(path+".microvolts", &strip.Microvolts, 0.001, 1000, "microvolts per unit"),
		)
		switch {
		case refused != nil:
			return refused
		case !leadName.MatchString(strip.Lead):
			return &Refused{path + ".lead", "want the name of an ECG lead, such as II, aVF or V5"}
		case len(strip.Units) == 0 || float64(len(strip.Units)) > strip.RateHz*span.Seconds()+1:
			return &Refused{path + ".units", fmt.Sprintf("want at least one unit, and at most %v of them", span)}
		}
	}
	return nil
}

// The years in which a monitor's clock is not plainly unset.
var firstTime, lastTime = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)

func checkTime(path string, at time.Time) *Refused {
	if at.Before(firstTime) || !at.Before(lastTime) {
		return &Refused{path, "want a time between 2020 and 2100; set the monitor's clock"}
	}
	return nil
}

// within is false for NaN too; nil is a value that was not measured.
func within(path string, value *float64, least, most float64, unit string) *Refused {
	if value == nil || *value >= least && *value <= most {
		return nil
	}
	return &Refused{path, fmt.Sprintf("want %v to %v %s", least, most, unit)}
}

func oneOf[T ~string](path string, value T, known ...T) *Refused {
	if slices.Contains(known, value) {
		return nil
	}
	return &Refused{path, fmt.Sprintf("want one of %q", known)}
}
