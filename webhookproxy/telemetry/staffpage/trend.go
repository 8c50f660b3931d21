package staffpage

import (
	"fmt"
	"math"
	"strings"
	"time"

	"guestjourney/webhookproxy/telemetry/detector"
	"guestjourney/webhookproxy/telemetry/reading"
)

const (
	trendSpan  = 15 * time.Minute
	trendStep  = 5 * time.Second // of a point
	trendWidth = int(trendSpan / trendStep)
	// trendHeight is in the units of the drawing, which is stretched.
	trendHeight = 60
	// trendBreak is how many points may be missing in a line. A pressure is
	// measured every few minutes, and its points are joined all the same.
	rateBreak     = 3
	pressureBreak = 150
)

// trends are a session's values of the last quarter of an hour, for the eye: where
// they lie on the time axis is by this process's clock.
type trends struct {
	offset         time.Duration // from the monitor's clock to the store's
	rate, systolic series
}

// series has the mean of each step of time.
type series map[int64]mean

type mean struct {
	sum float64
	n   int
}

func newTrends() trends { return trends{rate: series{}, systolic: series{}} }

func (t *trends) take(batch reading.Batch, received time.Time) {
	if n := len(batch.Samples); n > 0 && !batch.Backfill {
		t.offset = received.Sub(batch.Samples[n-1].At)
	}
	t.add(batch, t.offset)
}

// takePast adds a batch from before those that were taken.
func (t *trends) takePast(batch reading.Batch, received time.Time) {
	if n := len(batch.Samples); n > 0 && !batch.Backfill {
		t.add(batch, received.Sub(batch.Samples[n-1].At))
	}
}

func (t *trends) add(batch reading.Batch, offset time.Duration) {
	for _, sample := range batch.Samples {
		at := sample.At.Add(offset)
		if rate, ok := rateOf(sample); ok {
			t.rate.add(at, rate)
		}
		if sample.Systolic != nil {
			t.systolic.add(at, *sample.Systolic)
		}
	}
}

// rateOf is the monitor's number, or the beats' where it sends none.
func rateOf(sample reading.Sample) (float64, bool) {
	if sample.HeartRate != nil {
		return *sample.HeartRate, true
	}
	sum, n := 0.0, 0
	for _, beat := range sample.Beats {
		if beat.RRMs != nil {
			sum, n = sum+*beat.RRMs, n+1
		}
	}
	if sum == 0 {
		return 0, false
	}
	return 60_000 * float64(n) / sum, true
}

func stepOf(at time.Time) int64 { return at.UnixNano() / int64(trendStep) }

func (s series) add(at time.Time, value float64) {
	point := s[stepOf(at)]
	s[stepOf(at)] = mean{point.sum + value, point.n + 1}
}

// drawing is a line in a box of trendWidth × trendHeight.
type drawing struct {
	Name, Unit    string
	Path          string
	Lines         []drawnLine
	Width, Height int
	Least, Most   float64
	Text          string // what is drawn, in words
	Any           bool
}

type drawnLine struct {
	Y     float64
	Level string
}

// scale is what the height of a drawing stands for.
type scale struct{ bottom, top float64 }

func (s scale) y(value float64) float64 {
	part := (value - s.bottom) / (s.top - s.bottom)
	return math.Round(10*trendHeight*(1-min(1, max(0, part)))) / 10
}

// draw draws what is not older than the span, and forgets the rest.
func (s series) draw(now time.Time, to scale, longestBreak int) drawing {
	last := stepOf(now)
	first := last - int64(trendWidth)
	for step := range s {
		if step <= first {
			delete(s, step)
		}
	}
	found := drawing{Width: trendWidth, Height: trendHeight, Least: math.Inf(1), Most: math.Inf(-1)}
	var path strings.Builder
	missing := longestBreak + 1
	for step := first + 1; step <= last; step++ {
		point, there := s[step]
		if !there {
			missing++
			continue
		}
		value := point.sum / float64(point.n)
		x := step - first
		if missing > longestBreak { // a line of no length is a dot: one value alone is seen too
			fmt.Fprintf(&path, "M%d %gh0", x, to.y(value))
		} else {
			fmt.Fprintf(&path, "L%d %g", x, to.y(value))
		}
		missing = 0
		found.Any, found.Least, found.Most = true, min(found.Least, value), max(found.Most, value)
	}
	found.Path = path.String()
	return found
}

// show draws both trends with the limits of the session's protocol.
func (t *trends) show(now time.Time, protocol detector.Protocol) []drawing {
	draw := func(name, unit string, values series, to scale, longestBreak int, critical, warning [2]float64) drawing {
		drawn := values.draw(now, to, longestBreak)
		drawn.Name, drawn.Unit, drawn.Text = name, unit, name+": no values in the last 15 minutes"
		if drawn.Any {
			drawn.Text = fmt.Sprintf("%s over the last 15 minutes: from %.0f to %.0f %s", name, drawn.Least, drawn.Most, unit)
		}
		for level, limits := range map[string][2]float64{"critical": critical, "warning": warning} {
			drawn.Lines = append(drawn.Lines, drawnLine{to.y(limits[0]), level}, drawnLine{to.y(limits[1]), level})
		}
		return drawn
	}
	rate, systolic := protocol.HeartRate, protocol.Systolic
	return []drawing{
		draw(heartRate, "/min", t.rate, scale{20, 160}, rateBreak,
			[2]float64{rate.CriticalLow, rate.CriticalHigh}, [2]float64{rate.WarningLow, rate.WarningHigh}),
		draw("Systolic pressure", "mmHg", t.systolic, scale{60, 200}, pressureBreak,
			[2]float64{systolic.CriticalLow, systolic.CriticalHigh}, [2]float64{systolic.WarningLow, systolic.WarningHigh}),
	}
}
