package detector

import (
	"errors"
	"time"

	"guestjourney/internal/cardiac"
	"guestjourney/webhookproxy/telemetry/reading"
)

// Config is what a session says about how it is watched.
type Config struct {
	// Device is the one that the session was assigned. Samples of another are not
	// judged: that is a technical alarm. Empty is a detector for a device that no
	// session has; the monitor's own alarms pass even so.
	Device   string
	Protocol Protocol
	// Baseline is the guest's QTc by Fridericia in ms before the session; 0 when
	// there is none, and then no change of it.
	Baseline float64
}

// Detector watches one session. It is not for several goroutines at once.
type Detector struct {
	config Config
	state  state
}

// state is everything that the past says about the future.
type state struct {
	Version int                  `json:"version"`
	Since   time.Time            `json:"since"` // of the watching
	Now     time.Time            `json:"now"`   // of the last call
	Device  string               `json:"device"`
	Number  uint64               `json:"number"` // of the last transition
	Order   order                `json:"order"`
	Stream  stream               `json:"stream"`
	Alarms  map[string]*alarm    `json:"alarms"`  // found here, by code
	Monitor map[string]*reported `json:"monitor"` // the monitor's, by code

	LastGap        time.Time `json:"lastGap,omitzero"`
	LastUnassigned time.Time `json:"lastUnassigned,omitzero"`
}

// alarm is one that is found here.
type alarm struct {
	Report report   `json:"report"`
	Levels [3]level `json:"levels"` // low, warning, critical
}

// version of the checkpoint's form. Another one is refused, and then Rebuild
// helps.
const version = 1

// errBaseline: with such a one, the alarm of its change would be off, and nobody
// would know.
var errBaseline = errors.New("detector: baseline: want a QTc of 200 to 1000 ms, or 0 for none")

func (c Config) check(now time.Time) error {
	if c.Baseline != 0 && !(c.Baseline >= cardiac.MinQT && c.Baseline <= cardiac.MaxQT) { // also when it is NaN
		return errBaseline
	}
	return c.Protocol.Check(now)
}

// New begins to watch at a time. Its errors are those of Configure.
func New(config Config, now time.Time) (*Detector, error) {
	d := &Detector{state: newState(now)}
	return d, d.Configure(config, now)
}

// Configure goes on by another config, for a protocol that was signed or a device
// that was assigned meanwhile. It errors, and changes nothing, when the protocol or
// the baseline cannot be used. Another device has numbers and a clock of its own, and its first
// samples are awaited from now on; alarms that stand do so until it shows that
// their condition is over. The monitor's own end with its assignment: it would not
// be heard to end them.
func (d *Detector) Configure(config Config, now time.Time) error {
	if err := config.check(now); err != nil {
		return err
	}
	if config.Device != d.state.Device {
		d.state.Device, d.state.Order, d.state.Since = config.Device, order{}, now
		d.state.Stream = stream{Armed: d.state.Stream.Armed}
		for _, alarm := range d.state.Monitor {
			alarm.endAll()
		}
	}
	d.config = config
	return nil
}

func newState(now time.Time) state {
	s := state{Version: version, Since: now, Now: now, Alarms: map[string]*alarm{}, Monitor: map[string]*reported{}}
	for _, rule := range rules {
		s.Alarms[rule.code] = &alarm{}
	}
	return s
}

// Output is what one call found.
type Output struct {
	Transitions []Transition  // in the order of their numbers
	Gaps        []reading.Gap // in the device's sequence, to be recorded
}

// Feed takes in a batch that was received at a time: of the process that stored
// it, so that a new owner who feeds the same rows finds the same. A batch that was
// fed before changes nothing.
func (d *Detector) Feed(batch reading.Batch, received time.Time) Output {
	d.goTo(received)
	var found Output
	if !batch.Backfill {
		found.Transitions = d.hear(batch.Alarms)
	}
	if batch.Device == d.config.Device {
		found.Gaps = d.include(d.state.Order.take(batch, received))
	} else {
		d.state.LastUnassigned = d.state.Now
	}
	found.Gaps = append(found.Gaps, d.include(d.state.Order.overdue(d.state.Now))...)
	found.Transitions = append(found.Transitions, d.judge()...)
	return found
}

// Tick lets time pass; once a second, also while nothing comes.
func (d *Detector) Tick(now time.Time) Output {
	d.goTo(now)
	gaps := d.include(d.state.Order.overdue(d.state.Now))
	return Output{Transitions: d.judge(), Gaps: gaps}
}

// goTo lets time go forwards only: two processes stamp what is received.
func (d *Detector) goTo(now time.Time) {
	if now.After(d.state.Now) {
		d.state.Now = now
	}
}

// include adds batches to the stream in their order and returns the gaps between.
func (d *Detector) include(batches []arrival) []reading.Gap {
	var gaps []reading.Gap
	for _, one := range batches {
		if one.gap.From > 0 {
			gaps = append(gaps, one.gap)
			d.state.LastGap = d.state.Now
			d.state.Stream.interrupt()
		}
		if !one.Batch.Backfill {
			d.state.Stream.take(one.Batch.Samples, one.Received)
		}
	}
	return gaps
}

// judge lets every rule look at the present moment and tells what has changed.
func (d *Detector) judge() []Transition {
	told := d.settleAll()
	m := d.look()
	m.Armed = m.Armed || m.validECG()
	for _, rule := range rules {
		m.qtcAlarm = d.state.Alarms[QTcHigh].Report.Active || d.state.Alarms[QTcChange].Report.Active
		alarm := d.state.Alarms[rule.code]
		priority, since := alarm.step(rule, rule.judge(m), d.state.Now)
		told = append(told, d.tell(&alarm.Report, rule.code, rule.code, rule.origin, priority, since)...)
	}
	return told
}

// step returns the highest priority that is on, and since when it was found.
func (a *alarm) step(rule rule, found judged, now time.Time) (Priority, time.Time) {
	if found.since.IsZero() {
		found.since = now
	}
	var highest Priority
	var since time.Time
	for i, one := range found.byPriority() {
		if rule.delay[i] == never {
			continue
		}
		level := &a.Levels[i]
		level.step(one, found.since, now, rule.delay[i])
		if level.On {
			highest, since = Low+Priority(i), level.Beyond
		}
	}
	return highest, since
}

// tell numbers the change of an alarm, if there is one.
func (d *Detector) tell(report *report, id, code string, origin Origin, priority Priority, since time.Time) []Transition {
	change, changed := report.become(priority, since)
	if !changed {
		return nil
	}
	d.state.Number++
	return []Transition{{
		Number: d.state.Number, Alarm: id, Code: code, Origin: origin, Change: change, Priority: report.Priority,
		Episode: report.Episode, Since: report.Since, At: d.state.Now,
	}}
}
