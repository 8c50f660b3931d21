package record

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"guestjourney/internal/cardiac"
	"guestjourney/webhookproxy/telemetry/detector"
)

// Size of a plot in its own units, and where its axes are.
const (
	plotWidth, plotHeight = 720.0, 180.0
	plotLeft, plotRight   = 44.0, 712.0
	plotTop, plotBottom   = 10.0, 156.0
)

// plot is one diagram as the page draws it.
type plot struct {
	ID, Title, Unit, Description string
	Curves                       []curve
	Limits                       []mark // by their height
	Levels                       []mark
	Times                        []mark // by their x
	Shades                       []shade
}

// curve is a value's course: Path is its means, and Band goes from the least to the
// most of each minute. Both are SVG paths.
type curve struct{ Name, Class, Path, Band string }

// mark is a line with a label.
type mark struct {
	At           float64
	Label, Class string
}

// shade is the time of an alarm.
type shade struct {
	X, Width     float64
	Class, Title string
}

// series is a value to be drawn.
type series struct {
	name, class string
	of          func(*minute) *stat
}

// limit is a line at a value.
type limit struct {
	value float64
	class string
}

// axes turns times and values into places.
type axes struct {
	from        time.Time
	span        float64 // seconds
	least, most float64
}

func (a axes) x(at time.Time) float64 {
	share := at.Sub(a.from).Seconds() / a.span
	return tenth(plotLeft + (plotRight-plotLeft)*min(1, max(0, share)))
}

func (a axes) y(value float64) float64 {
	return tenth(plotBottom - (plotBottom-plotTop)*(value-a.least)/(a.most-a.least))
}

func tenth(value float64) float64 { return math.Round(value*10) / 10 }

// anyOfMonitor stands for every alarm of the monitor's own, most of which are about the
// rhythm.
const anyOfMonitor = "monitor"

// plots are the diagrams of the record; one of which there is no value says so.
func (e *export) plots() []plot {
	l := e.protocol
	return []plot{
		e.plot("heart-rate", "Heart rate", "per minute", []series{{"Heart rate", "one", func(m *minute) *stat { return &m.HeartRate }}}, e.drawn(band(l.HeartRate)...),
			[]string{detector.HeartRateLow, detector.HeartRateHigh, detector.Asystole, detector.Pause, detector.AtrialFib, detector.NoHeartRate, anyOfMonitor}),
		e.plot("pressure", "Blood pressure", "mmHg", []series{
			{"Systolic", "one", func(m *minute) *stat { return &m.Systolic }}, {"Diastolic", "two", func(m *minute) *stat { return &m.Diastolic }},
		}, e.drawn(band(l.Systolic)...), []string{detector.SystolicLow, detector.SystolicHigh}),
		e.plot("spo2", "Oxygen saturation", "percent", []series{{"SpO2", "one", func(m *minute) *stat { return &m.SpO2 }}}, nil, nil),
		e.plot("qtc", "QTc by Fridericia", "ms", []series{{"QTc", "one", func(m *minute) *stat { return m.QTc[cardiac.Fridericia] }}},
			e.drawn(ceiling(l.QTc)...),
			[]string{detector.QTcHigh, detector.QTcChange, detector.QTcNotEvaluable}),
	}
}

// drawn are the limits, unless they cannot be read.
func (e *export) drawn(limits ...limit) []limit {
	if !e.protocol.Known {
		return nil
	}
	return limits
}

func (e *export) plot(id, title, unit string, all []series, limits []limit, codes []string) plot {
	p := plot{ID: id, Title: title, Unit: unit}
	whole, minutes := e.reach(all)
	if minutes == 0 {
		p.Description = "There is no value."
		return p
	}
	a := e.axesOf(whole, limits)
	for _, one := range all {
		p.Curves = append(p.Curves, e.curve(a, one))
	}
	for _, l := range limits {
		p.Limits = append(p.Limits, mark{At: a.y(l.value), Label: fmt.Sprintf("%g", l.value), Class: l.class})
	}
	p.Levels, p.Times, p.Shades = a.levels(), e.times(a), e.shades(a, codes)
	p.Description = fmt.Sprintf("From %.1f to %.1f; minutes with a value: %d; alarms, shaded: %d.", whole.Least, whole.Most, minutes, len(p.Shades))
	return p
}

// reach is what the values go from and to, and how many minutes have one.
func (e *export) reach(all []series) (whole stat, minutes int) {
	for i := range e.minutes {
		before := whole.N
		for _, one := range all {
			if s := one.of(&e.minutes[i]); s.N > 0 {
				whole.add(s.Least)
				whole.add(s.Most)
			}
		}
		if whole.N > before {
			minutes++
		}
	}
	return whole, minutes
}

// axesOf has room for all values and limits.
func (e *export) axesOf(whole stat, limits []limit) axes {
	for _, l := range limits {
		whole.add(l.value)
	}
	room := max(2, (whole.Most-whole.Least)*0.06)
	return axes{
		from: e.period.From, span: max(60, e.period.To.Sub(e.period.From).Seconds()),
		least: math.Floor(whole.Least - room), most: math.Ceil(whole.Most + room),
	}
}

// point is a minute in a plot.
type point struct{ x, mean, least, most float64 }

// runs are the minutes with a value that follow each other.
func (e *export) runs(a axes, one series) (runs [][]point) {
	broken := true
	for i := range e.minutes {
		m := &e.minutes[i]
		s := one.of(m)
		broken = broken || !e.minutes[i-1].To().Equal(m.From)
		if s.N == 0 {
			broken = true
			continue
		}
		if broken {
			runs, broken = append(runs, nil), false
		}
		here := point{a.x(e.platform(m.From.Add(time.Minute / 2))), a.y(s.Mean()), a.y(s.Least), a.y(s.Most)}
		runs[len(runs)-1] = append(runs[len(runs)-1], here)
	}
	return runs
}

// curve draws nothing over a gap.
func (e *export) curve(a axes, one series) curve {
	var path, band strings.Builder
	for _, run := range e.runs(a, one) {
		fmt.Fprintf(&path, "M%g %gh0", run[0].x, run[0].mean) // one that stands alone is a dot
		fmt.Fprintf(&band, "M%g %g", run[0].x, run[0].most)
		for _, p := range run[1:] {
			fmt.Fprintf(&path, "L%g %g", p.x, p.mean)
			fmt.Fprintf(&band, "L%g %g", p.x, p.most)
		}
		for _, p := range slices.Backward(run) {
			fmt.Fprintf(&band, "L%g %g", p.x, p.least)
		}
		band.WriteString("Z")
	}
	return curve{Name: one.name, Class: one.class, Path: path.String(), Band: band.String()}
}

// steps are the distances that labels of an axis may have.
var (
	steps     = []float64{1, 2, 5, 10, 20, 25, 50, 100, 200}
	timeSteps = []time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour, 4 * time.Hour, 12 * time.Hour, 24 * time.Hour}
)

func (a axes) levels() (levels []mark) {
	step := steps[len(steps)-1]
	for _, one := range steps {
		if (a.most-a.least)/one <= 6 {
			step = one
			break
		}
	}
	for value := math.Ceil(a.least/step) * step; value <= a.most; value += step {
		levels = append(levels, mark{At: a.y(value), Label: fmt.Sprintf("%g", value)})
	}
	return levels
}

func (e *export) times(a axes) (times []mark) {
	step := timeSteps[len(timeSteps)-1]
	for _, one := range timeSteps {
		if a.span/one.Seconds() <= 10 {
			step = one
			break
		}
	}
	end := a.from.Add(time.Duration(a.span * float64(time.Second)))
	for at := a.from.Truncate(step); !at.After(end); at = at.Add(step) {
		if !at.Before(a.from) {
			times = append(times, mark{At: a.x(at), Label: at.Format("15:04")})
		}
	}
	return times
}

// shades are the windows of the alarms that a plot is about.
func (e *export) shades(a axes, codes []string) (shades []shade) {
	for i := range e.windows {
		w := &e.windows[i]
		if !concerns(w, codes) {
			continue
		}
		x := a.x(w.From)
		shades = append(shades, shade{
			X: x, Width: max(1, tenth(a.x(w.To)-x)), Class: w.Highest.String(),
			Title: fmt.Sprintf("%s, %s, %s to %s UTC", w.Code, w.Highest, clock(w.From), clock(w.To)),
		})
	}
	return shades
}

func concerns(w *window, codes []string) bool {
	return slices.Contains(codes, w.Code) || w.Origin == string(detector.Monitor) && slices.Contains(codes, anyOfMonitor)
}

// clock has the day, since a session may last through the night.
func clock(at time.Time) string { return at.UTC().Format("2006-01-02 15:04:05") }
