package detector

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"guestjourney/internal/cardiac"
)

// TestALevelComesAndGoesByItsTimes: a finding a second, and below it the seconds in
// which the alarm is on. B is beyond, N near, I inside, ? unknown.
func TestALevelComesAndGoesByItsTimes(t *testing.T) {
	start := time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)
	letters := map[rune]finding{'B': beyond, 'N': near, 'I': inside, '?': unknown}
	inside30 := "IIIIIIIIIIIIIIIIIIIIIIIIIIIIII"
	on30 := "++++++++++++++++++++++++++++++"
	for name, c := range map[string]struct{ found, on string }{
		"after its delay":                  {"IBBBBB", "..." + "+++"},
		"a second less":                    {"IBBIBB", "......"},
		"near is not beyond":               {"IBBNBBB", "......+"},
		"a short hole does not begin anew": {"IB??BB", "....++"},
		"nor raise":                        {"IB????", "......"},
		"a long hole does":                 {"IB???????BBB", "..........." + "+"},
		"cleared by half a minute":         {"BBB" + inside30 + "II", "..+" + on30 + ".."},
		"near begins it anew":              {"BBB" + "IN" + inside30 + "I", "..+" + "++" + on30 + "."},
		"and so does what nobody knows":    {"BBB" + "I?" + inside30 + "I", "..+" + "++" + on30 + "."},
		"beyond too":                       {"BBB" + "IB" + inside30 + "I", "..+" + "++" + on30 + "."},
		"unknown holds it on":              {"BBB" + "??????????", "..+" + "++++++++++"},
	} {
		t.Run(name, func(t *testing.T) {
			var l level
			on := ""
			for i, letter := range c.found {
				now := start.Add(time.Duration(i) * time.Second)
				l.step(letters[letter], now, now, 2*time.Second)
				if l.On {
					on += "+"
				} else {
					on += "."
				}
			}
			assert.Equal(t, c.on, on, c.found)
		})
	}
}

func TestTheClocksLeastDelayIsItsOffset(t *testing.T) {
	monitor := time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)
	caller := monitor.Add(time.Hour)
	var c clock
	observe := func(after, delay time.Duration) { c.observe(monitor.Add(after), caller.Add(after+delay)) }
	observe(0, 300*time.Millisecond)
	observe(time.Second, 100*time.Millisecond)
	observe(2*time.Second, 900*time.Millisecond)
	assert.Equal(t, time.Hour+100*time.Millisecond, c.offset())
	assert.Equal(t, monitor, c.monitor(c.caller(monitor)))
	observe(61*time.Second, 200*time.Millisecond)
	assert.Equal(t, time.Hour+100*time.Millisecond, c.offset(), "of the minute before")
	observe(122*time.Second, 250*time.Millisecond)
	assert.Equal(t, time.Hour+200*time.Millisecond, c.offset(), "a clock that falls behind is followed")
}

func TestWhatIsTooOldIsForgotten(t *testing.T) {
	newest := time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)
	var s stream
	s.Newest = newest
	for _, age := range []time.Duration{Window + 1, Window, time.Minute, cardiac.QTHorizon + 1, cardiac.QTHorizon, 0} {
		s.Beats = append(s.Beats, cardiac.Beat{At: newest.Add(-age)})
		s.QTs = append(s.QTs, cardiac.QTReading{At: newest.Add(-age)})
	}
	s.trim()
	assert.Len(t, s.Beats, 5)
	assert.Len(t, s.QTs, 2)
}
