package staffpage

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"guestjourney/webhookproxy/telemetry/reading"
	"guestjourney/webhookproxy/telemetry/store"
)

const (
	ecgSpan    = 10 * time.Second
	ecgColumns = 500 // in the width of the drawing; of each, its least and its most is drawn
	ecgHeight  = 100
	ecgBreak   = 10 // columns without a sample that are still joined
	// ecgDelay is how late a strip may come and still be of now.
	ecgDelay = 5 * time.Second
	// preferredLead is the one in which a rhythm is read best.
	preferredLead = "II"
	// ecgLeast is the least that the height stands for, so that noise does not look
	// like beats.
	ecgLeast = 1000.0 // µV
)

// ecgWindow is the last ten seconds of one lead. Times are by the monitor's clock.
type ecgWindow struct {
	lead   string
	strips []reading.Strip
	end    time.Time
	row    int64 // in the store, of the last strip
}

// look reads what has come. After a pause it begins anew, see store.TailECG.
func (e *ecgWindow) look(ctx context.Context, from Readings, name string, now time.Time) error {
	begin := now.Add(-ecgSpan - ecgDelay)
	if e.end.Before(begin) {
		*e = ecgWindow{}
	}
	found, last, err := from.TailECG(ctx, name, e.row, begin)
	if errors.Is(err, store.ErrUnavailable) {
		return err
	} // else some could not be opened, and a gap shows it
	e.row = last
	e.take(found)
	return nil
}

// take adds the strips of one lead, and forgets those that are out of the window.
func (e *ecgWindow) take(found []reading.Strip) {
	if e.lead == "" {
		e.lead = leadOf(found)
	}
	for _, strip := range found {
		if strip.Lead != e.lead || strip.RateHz <= 0 {
			continue
		}
		e.strips = append(e.strips, strip)
		if end := timeOf(strip, len(strip.Units)); end.After(e.end) {
			e.end = end
		}
	}
	e.strips = slices.DeleteFunc(e.strips, func(strip reading.Strip) bool {
		return e.end.Sub(timeOf(strip, len(strip.Units))) > ecgSpan
	})
}

func leadOf(strips []reading.Strip) string {
	lead := ""
	for _, strip := range strips {
		if strip.Lead == preferredLead || lead == "" {
			lead = strip.Lead
		}
	}
	return lead
}

func timeOf(strip reading.Strip, unit int) time.Time {
	return strip.At.Add(time.Duration(float64(unit) / strip.RateHz * float64(time.Second)))
}

// column is what lies over one step of the width.
type column struct {
	least, most float64
	any         bool
}

// shownECG is the strip as the page has it.
type shownECG struct {
	Lead          string
	Path          string
	Width, Height int
	Age           float64 // s, of its end
	Limit         float64
	AgeText       string
}

// show draws the window; nil if there is nothing of now.
func (e *ecgWindow) show(now time.Time) *shownECG {
	if len(e.strips) == 0 || now.Sub(e.end) > ecgSpan {
		return nil
	}
	columns, least, most := e.columns()
	middle, half := (least+most)/2, max(most-least, ecgLeast)/2
	y := func(value float64) int { return int(math.Round(ecgHeight * (0.5 - 0.46*(value-middle)/half))) }
	var path strings.Builder
	empty := ecgBreak + 1
	for x, one := range columns {
		if !one.any {
			empty++
			continue
		}
		if empty > ecgBreak {
			fmt.Fprintf(&path, "M%d %d", x, y(one.least))
		} else {
			fmt.Fprintf(&path, "L%d %d", x, y(one.least))
		}
		if top := y(one.most); top != y(one.least) {
			fmt.Fprintf(&path, "V%d", top)
		}
		empty = 0
	}
	age := max(0, now.Sub(e.end))
	return &shownECG{
		Lead: e.lead, Path: path.String(), Width: ecgColumns, Height: ecgHeight, Age: age.Seconds(), AgeText: ageText(age), Limit: ecgDelay.Seconds(),
	}
}

// columns sorts the samples of the window into columns, in microvolts.
func (e *ecgWindow) columns() (list [ecgColumns]column, least, most float64) {
	begin := e.end.Add(-ecgSpan)
	least, most = math.Inf(1), math.Inf(-1)
	for _, strip := range e.strips {
		for i, unit := range strip.Units {
			x := int(timeOf(strip, i).Sub(begin) * ecgColumns / ecgSpan)
			if x < 0 || x >= ecgColumns {
				continue
			}
			value, one := float64(unit)*strip.Microvolts, &list[x]
			if !one.any {
				*one = column{value, value, true}
			}
			one.least, one.most = min(one.least, value), max(one.most, value)
			least, most = min(least, value), max(most, value)
		}
	}
	return list, least, most
}
