package programs

import (
	"errors"
	"time"
)

// QuietWindow is a checked QuietHours: times of day since midnight.
type QuietWindow struct {
	From, To time.Duration
	Set      bool // false: no quiet hours
}

// Window checks the quiet hours. Both empty means none.
func (q QuietHours) Window() (QuietWindow, error) {
	if q == (QuietHours{}) {
		return QuietWindow{}, nil
	}
	from, okFrom := TimeOfDay(q.From)
	to, okTo := TimeOfDay(q.To)
	if !okFrom || !okTo {
		return QuietWindow{}, errors.New(`want "from" and "to" such as "21:00" and "08:00", or neither`)
	}
	if from == to {
		return QuietWindow{}, errors.New(`"from" and "to" are the same; leave both out for none`)
	}
	return QuietWindow{From: from, To: to, Set: true}, nil
}

// Contains says whether a time of day is quiet. From is, To is not.
func (w QuietWindow) Contains(timeOfDay time.Duration) bool {
	if !w.Set {
		return false
	}
	if w.From < w.To {
		return timeOfDay >= w.From && timeOfDay < w.To
	}
	return timeOfDay >= w.From || timeOfDay < w.To
}

// TimeOfDay reads "21:00", with two digits each, as what has passed since midnight.
func TimeOfDay(text string) (time.Duration, bool) {
	const form = "15:04"
	clock, err := time.Parse(form, text)
	if err != nil || len(text) != len(form) {
		return 0, false
	}
	return time.Duration(clock.Hour())*time.Hour + time.Duration(clock.Minute())*time.Minute, true
}
