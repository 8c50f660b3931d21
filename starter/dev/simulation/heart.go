package simulation

import (
	"math"
	"math/rand/v2"
	"time"

	"guestjourney/webhookproxy/telemetry/reading"
)

const (
	// breath is how long one takes, and breathing how much an interval varies with
	// it.
	breath    = 4 * time.Second
	breathing = 0.03
	// disorder is how far the intervals of an irregular heart lie from their mean.
	disorder = 0.35
)

// heart makes the beats of a scenario in a row.
type heart struct {
	scenario Scenario
	random   *rand.Rand
	start    time.Time
	last     time.Time // the beat that was made last
	due      time.Time // the next one
	first    bool
}

func newHeart(scenario Scenario, random *rand.Rand, start time.Time) *heart {
	h := &heart{scenario: scenario, random: random, start: start, last: start, first: true}
	h.due = h.next()
	return h
}

// until returns the beats that have not been told, up to an instant.
func (h *heart) until(at time.Time) (beats []reading.Beat) {
	for !h.due.After(at) {
		beat := reading.Beat{At: h.due, Kind: reading.Normal}
		if !h.first {
			beat.RRMs = new(float64(h.due.Sub(h.last)) / float64(time.Millisecond))
		}
		beats = append(beats, beat)
		h.last, h.first = h.due, false
		h.due = h.next()
	}
	return beats
}

// never is after every session.
const never = 10_000 * time.Hour

// next is the beat after the last one. None lies in a standstill; the first one
// after it ends an interval as long as that.
func (h *heart) next() time.Time {
	next := h.last.Add(h.interval())
	for {
		phase, begun := h.scenario.at(next.Sub(h.start))
		switch {
		case phase.Rate > 0:
			return next.Round(time.Microsecond)
		case begun+phase.Lasts >= h.scenario.Length():
			return h.start.Add(never)
		}
		next = h.start.Add(begun + phase.Lasts)
	}
}

// interval is the time from the last beat to the next one.
func (h *heart) interval() time.Duration {
	phase, _ := h.scenario.at(h.last.Sub(h.start))
	if phase.Rate == 0 {
		return 0 // it begins with a standstill
	}
	varied := breathing * math.Sin(2*math.Pi*float64(h.last.Sub(h.start))/float64(breath))
	if phase.Irregular {
		varied = disorder * (2*h.random.Float64() - 1)
	}
	return time.Duration(60 / phase.Rate * (1 + varied) * float64(time.Second))
}
