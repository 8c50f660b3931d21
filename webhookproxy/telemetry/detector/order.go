package detector

import (
	"slices"
	"time"

	"guestjourney/webhookproxy/telemetry/reading"
)

// Two processes may store two batches in the other order. A batch that is ahead
// waits a moment for those before it: if each such change of places were a gap,
// the signal would never be unbroken for the four seconds that asystole takes.
const (
	waitForEarlier = time.Second
	maxWaiting     = 16
)

// order puts the batches of a device into the order of their numbers.
type order struct {
	Sequence reading.Sequence `json:"sequence"`
	Waiting  []arrival        `json:"waiting,omitempty"` // by number
}

// arrival is a batch whose turn has come, or that waits for it.
type arrival struct {
	Batch    reading.Batch `json:"batch"`
	Received time.Time     `json:"received"`
	gap      reading.Gap   // before it; From is 0 if there is none
}

// take returns the batches whose turn has come. One that is not above the last
// number is dropped: it is a repetition, or it was given up as a gap.
func (o *order) take(batch reading.Batch, received time.Time) []arrival {
	one := arrival{Batch: batch, Received: received}
	switch where, _ := o.Sequence.Look(batch.Sequence); where {
	case reading.Late:
		return nil
	case reading.InOrder:
		return o.follow(one)
	}
	one.Batch.Alarms, one.Batch.ECG = nil, nil // told already, and not judged
	at, twice := slices.BinarySearchFunc(o.Waiting, batch.Sequence, func(a arrival, number uint64) int {
		return int(int64(a.Batch.Sequence) - int64(number))
	})
	if !twice {
		o.Waiting = slices.Insert(o.Waiting, at, one)
	}
	if len(o.Waiting) > maxWaiting {
		return o.giveUp()
	}
	return nil
}

// overdue returns the batches that have waited long enough.
func (o *order) overdue(now time.Time) []arrival {
	var ready []arrival
	for len(o.Waiting) > 0 && slices.ContainsFunc(o.Waiting, func(a arrival) bool { return now.Sub(a.Received) >= waitForEarlier }) {
		ready = append(ready, o.giveUp()...)
	}
	return ready
}

// giveUp takes what is missing before the first that waits for a gap.
func (o *order) giveUp() []arrival {
	first := o.Waiting[0]
	o.Waiting = slices.Delete(o.Waiting, 0, 1)
	return o.follow(first)
}

// follow goes on to a batch and to all that come next to it.
func (o *order) follow(one arrival) []arrival {
	_, one.gap = o.Sequence.Take(one.Batch.Sequence)
	ready := []arrival{one}
	for len(o.Waiting) > 0 && o.Waiting[0].Batch.Sequence == o.Sequence.Last+1 {
		o.Sequence.Take(o.Waiting[0].Batch.Sequence)
		ready = append(ready, o.Waiting[0])
		o.Waiting = slices.Delete(o.Waiting, 0, 1)
	}
	return ready
}
