package record

import (
	_ "embed" // for the page
	"fmt"
	"html/template"
	"io"
	"strings"
	"time"

	"guestjourney/internal/cardiac"
	"guestjourney/webhookproxy/telemetry/store"
	"guestjourney/workflows/session"
)

//go:embed summary.html
var pageText string

var pageTemplate = template.Must(template.New("summary.html").Funcs(template.FuncMap{
	"clock": clock,
	"lasted": func(w window) string {
		return w.To.Sub(w.From).Round(time.Second).String()
	},
	"words": func(code string) string { return strings.ReplaceAll(code, "_", " ") },
}).Parse(pageText))

// page is what summary.html shows.
type page struct {
	Session               session.Record
	From, To              time.Time
	Ended, LimitsKnown    bool
	Counts                Counts
	MonitorBehind         time.Duration // 0 unless it is worth telling
	Primary, NotEvaluable string
	Plots                 []plot
	Windows               []window
	Told                  []event
	Silences              []cardiac.Stretch
	Gaps                  []store.Gap
	UnreadableTransitions int
}

// worthTelling is the difference of clocks from which times by the monitor mislead.
const worthTelling = 2 * time.Second

// html writes the page for people: whole in itself, with no script and nothing that is
// loaded.
func (e *export) html(w io.Writer) error {
	p := page{
		Session: e.session, From: e.period.From, To: e.period.To, Ended: e.over(), LimitsKnown: e.protocol.Known, Counts: e.counts,
		Primary: Primary, NotEvaluable: e.notEvaluable(), Plots: e.plots(), Windows: e.windows, Told: told(e.events), Gaps: e.gaps,
	}
	for _, silent := range e.silences() {
		p.Silences = append(p.Silences, cardiac.Stretch{From: e.platform(silent.From), To: e.platform(silent.To)})
	}
	if e.behind.Abs() >= worthTelling {
		p.MonitorBehind = e.behind.Round(time.Second)
	}
	for _, one := range e.events {
		if one.Unreadable {
			p.UnreadableTransitions++
		}
	}
	return pageTemplate.Execute(w, p)
}

// told are the events that people had a part in, and when nobody watched.
func told(events []event) (all []event) {
	for _, one := range events {
		if one.Kind != kindTransition {
			all = append(all, one)
		}
	}
	return all
}

// notEvaluable says for how long, and why, there was ECG and no QTc.
func (e *export) notEvaluable() string {
	minutes := map[cardiac.Status]int{}
	for i := range e.minutes {
		if m := &e.minutes[i]; m.LeadsOff < m.Samples && m.Status != cardiac.Evaluable {
			minutes[m.Status]++
		}
	}
	var parts []string
	for status := cardiac.NotJudged; status <= cardiac.TooFewReadings; status++ {
		if minutes[status] > 0 {
			parts = append(parts, fmt.Sprintf("%s, in %d minutes", status, minutes[status]))
		}
	}
	return strings.Join(parts, "; ")
}
