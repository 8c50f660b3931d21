package record

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"guestjourney/internal/cardiac"
	"guestjourney/webhookproxy/telemetry/detector"
	"guestjourney/webhookproxy/telemetry/record/fhir"
	"guestjourney/webhookproxy/telemetry/store"
)

// resources writes the record as a FHIR bundle.
//
// An entry is created once and then stays as it is, so what is not over yet, a minute
// or an alarm that still lasts, is left to the export after it.
func (e *export) resources(w io.Writer) error {
	bundle, err := fhir.NewBundle(w, e.session.Session, fhir.Instant(e.period.To))
	if err != nil {
		return err
	}
	for _, write := range []func(*fhir.Bundle) error{e.minuteObservations, e.gapObservations, e.alarmObservations, e.communications} {
		if err := write(bundle); err != nil {
			return err
		}
	}
	return bundle.Close()
}

// What is calculated from an ECG is no vital sign.
var (
	vitalSigns = fhir.Category("vital-signs", "Vital Signs")
	procedure  = fhir.Category("procedure", "Procedure")
)

// name is an entry's for good: the session, and what it is of.
func (e *export) name(parts ...string) string {
	return e.session.Session + "/" + strings.Join(parts, "/")
}

// observation is one of the guest's over a period.
func (e *export) observation(code fhir.Concept, from, to time.Time) fhir.Observation {
	device := fhir.Named("Device", fhir.SystemDevice, e.session.Device)
	one := fhir.Observation{
		Status: "final", Code: code, Subject: e.subject(),
		EffectivePeriod: &fhir.Period{Start: fhir.Instant(from), End: fhir.Instant(to)},
	}
	if e.session.Device != "" {
		one.Device = &device
	}
	return one
}

func (e *export) subject() fhir.Reference {
	return fhir.Named("Patient", fhir.SystemGuest, e.session.GuestRef)
}

// minuteObservations adds one-minute summaries. The value is the mean, since that is
// what readers who know the code alone will show; the limits are components.
func (e *export) minuteObservations(bundle *fhir.Bundle) error {
	for i := range e.minutes {
		m := &e.minutes[i]
		if m.Samples == 0 || !e.isOver(m.To()) {
			continue
		}
		for _, one := range e.summaries(m) {
			if err := bundle.Observation(e.name("minute", fhir.Instant(m.From), one.Code.Coding[0].Code), one); err != nil {
				return err
			}
		}
	}
	return nil
}

// isOver says whether a time of the monitor's clock is behind the record's end.
func (e *export) isOver(at time.Time) bool { return e.over() || !e.platform(at).After(e.period.To) }

func (e *export) summaries(m *minute) (all []fhir.Observation) {
	add := func(s *stat, code fhir.Concept, unit fhir.Unit) {
		if s.N == 0 {
			return
		}
		one := e.observation(code, m.From, m.To())
		one.Category = vitalSigns
		one.ValueQuantity = unit.Quantity(s.Mean())
		one.Component = extremes(s, unit)
		all = append(all, one)
	}
	add(&m.HeartRate, fhir.LOINC(fhir.HeartRate, "Heart rate"), fhir.PerMinute)
	if m.Systolic.N > 0 {
		all = append(all, e.pressure(m))
	}
	add(&m.SpO2, fhir.LOINC(fhir.PulseOximetry, "Oxygen saturation in Arterial blood by Pulse oximetry",
		fhir.Coding{System: fhir.SystemLOINC, Code: fhir.OxygenSaturation}), fhir.Percent)
	if m.LeadsOff < m.Samples {
		all = append(all, e.qtc(m))
	}
	if m.HasHRV && m.To().Truncate(hrvWindow).Equal(m.To()) {
		all = append(all, e.sdnn(m))
	}
	return all
}

// extremes are the least and the most of a minute, by HL7's codes for statistics.
func extremes(s *stat, unit fhir.Unit) []fhir.Component {
	return []fhir.Component{
		{Code: fhir.Coded(fhir.SystemStatistics, "minimum", "Minimum"), ValueQuantity: unit.Quantity(s.Least)},
		{Code: fhir.Coded(fhir.SystemStatistics, "maximum", "Maximum"), ValueQuantity: unit.Quantity(s.Most)},
	}
}

// pressure is the panel; the diastolic pressure may be missing and then says so.
func (e *export) pressure(m *minute) fhir.Observation {
	one := e.observation(fhir.LOINC(fhir.BloodPressure, "Blood pressure panel with all children optional"), m.From, m.To())
	one.Category = vitalSigns
	for _, part := range []struct {
		code, text string
		stat       *stat
	}{{fhir.Systolic, "Systolic blood pressure", &m.Systolic}, {fhir.Diastolic, "Diastolic blood pressure", &m.Diastolic}} {
		component := fhir.Component{Code: fhir.LOINC(part.code, part.text)}
		if part.stat.N > 0 {
			component.ValueQuantity = fhir.MmHg.Quantity(part.stat.Mean())
		} else {
			component.DataAbsentReason = fhir.Absent(fhir.NotPerformed, "not measured")
		}
		one.Component = append(one.Component, component)
	}
	return one
}

// qtc is the QTc by Fridericia, with the QT and the other formulas as components; or
// the reason why it cannot be judged.
func (e *export) qtc(m *minute) fhir.Observation {
	one := e.observation(fhir.LOINC(fhir.QTcFridericia, "QTc interval by Fridericia's formula"), m.From, m.To())
	one.Category = procedure
	fridericia := m.QTc[cardiac.Fridericia]
	if fridericia.N == 0 {
		one.DataAbsentReason = fhir.Absent(notEvaluable(m.Status), m.Status.String())
		return one
	}
	one.ValueQuantity = fhir.Milliseconds.Quantity(fridericia.Mean())
	one.Component = extremes(fridericia, fhir.Milliseconds)
	add := func(code fhir.Concept, s *stat) {
		if s.N > 0 {
			one.Component = append(one.Component, fhir.Component{Code: code, ValueQuantity: fhir.Milliseconds.Quantity(s.Mean())})
		}
	}
	add(fhir.LOINC(fhir.QT, "QT interval"), &m.QT)
	add(fhir.LOINC(fhir.QTcBazett, "QTc interval by Bazett's formula"), m.QTc[cardiac.Bazett])
	for _, formula := range []cardiac.Formula{cardiac.Framingham, cardiac.Hodges} {
		name := strings.ToLower(formula.String())
		add(fhir.LOINC(fhir.QTcUnspecified, "QTc interval by the formula of "+formula.String(),
			fhir.Coding{System: fhir.SystemRetreat, Code: "qtc-" + name}), m.QTc[formula])
	}
	return one
}

func notEvaluable(status cardiac.Status) string {
	switch status {
	case cardiac.AtrialFibrillation, cardiac.WideQRS, cardiac.RateOutOfRange:
		return fhir.NotApplicable
	default:
		return fhir.NotPerformed
	}
}

// sdnn is over five minutes, whose share of NN intervals is a component.
func (e *export) sdnn(m *minute) fhir.Observation {
	one := e.observation(fhir.LOINC(fhir.SDNN, "R-R interval.standard deviation (Heart rate variability)"), m.To().Add(-hrvWindow), m.To())
	one.Category = procedure
	one.ValueQuantity = fhir.Milliseconds.Quantity(m.HRV.SDNN)
	one.Component = []fhir.Component{{
		Code: fhir.Coded(fhir.SystemRetreat, "nn-coverage", "Share of the time that NN intervals cover"), ValueQuantity: fhir.Percent.Quantity(100 * m.HRV.Coverage),
	}}
	return one
}

// gapObservations adds what did not come: minutes without readings, and sequence numbers.
func (e *export) gapObservations(bundle *fhir.Bundle) error {
	for _, silent := range e.silences() {
		if !e.isOver(silent.To.Add(time.Minute)) {
			continue // it may go on
		}
		one := e.observation(fhir.Coded(fhir.SystemRetreat, "no-readings", "No readings came"), silent.From, silent.To)
		one.DataAbsentReason = fhir.Absent(fhir.NotPerformed, "no readings came")
		if err := bundle.Observation(e.name("no-readings", fhir.Instant(silent.From)), one); err != nil {
			return err
		}
	}
	for _, gap := range e.gaps {
		if err := bundle.Observation(e.name("sequence-gap", gap.Device, strconv.FormatUint(gap.From, 10)), e.sequenceGap(gap)); err != nil {
			return err
		}
	}
	return nil
}

// sequenceGap has its numbers as text: a gateway's may be larger than FHIR's integers.
func (e *export) sequenceGap(gap store.Gap) fhir.Observation {
	one := e.observation(fhir.Coded(fhir.SystemRetreat, "sequence-gap", "Batches of readings did not come"), gap.FoundAt, gap.FoundAt)
	one.EffectivePeriod, one.EffectiveDateTime = nil, fhir.Instant(gap.FoundAt)
	device := fhir.Named("Device", fhir.SystemDevice, gap.Device)
	one.Device = &device
	one.DataAbsentReason = fhir.Absent(fhir.NotPerformed, "it did not come")
	one.Component = []fhir.Component{
		{Code: fhir.Coded(fhir.SystemRetreat, "from-sequence", "First number"), ValueString: strconv.FormatUint(gap.From, 10)},
		{Code: fhir.Coded(fhir.SystemRetreat, "to-sequence", "Last number"), ValueString: strconv.FormatUint(gap.To, 10)},
	}
	return one
}

// silences are the runs of minutes without samples.
func (e *export) silences() (runs []cardiac.Stretch) {
	for i := range e.minutes {
		m := &e.minutes[i]
		switch last := len(runs) - 1; {
		case m.Samples > 0:
		case last >= 0 && runs[last].To.Equal(m.From):
			runs[last].To = m.To()
		default:
			runs = append(runs, cardiac.Stretch{From: m.From, To: m.To()})
		}
	}
	return runs
}

// alarmObservations adds each time that the condition of an alarm lasted. R4 has no
// resource for alarms.
func (e *export) alarmObservations(bundle *fhir.Bundle) error {
	for i := range e.windows {
		w := &e.windows[i]
		if w.Open && !e.over() {
			continue
		}
		one := e.observation(fhir.Coded(fhir.SystemAlarm, w.Code, "Alarm: "+w.Code), w.From, w.To)
		one.Category = []fhir.Concept{fhir.Coded(fhir.SystemRetreat, "alarm", "Alarm")}
		priority := fhir.Coded(fhir.SystemRetreat, w.Highest.String(), "Priority: "+w.Highest.String())
		one.ValueCodeableConcept = &priority
		one.Interpretation = []fhir.Concept{fhir.Coded(fhir.SystemInterpretation, interpretation(w), "")}
		one.Note = []fhir.Note{{Text: fmt.Sprintf("Origin: %s. %s", w.Origin, Primary)}}
		if err := bundle.Observation(e.windowName(w), one); err != nil {
			return err
		}
	}
	return nil
}

func (e *export) windowName(w *window) string {
	return e.name("alarm", w.Alarm, strconv.Itoa(w.Episode))
}

// interpretation is HL7's code: too low or too high where the alarm is about a limit,
// else abnormal; doubled where it was critical.
func interpretation(w *window) string {
	code := "A"
	switch {
	case strings.HasSuffix(w.Code, "-low"):
		code = "L"
	case strings.HasSuffix(w.Code, "-high"):
		code = "H"
	}
	if w.Highest == detector.Critical {
		code += code
	}
	return code
}
