package record

import (
	"context"
	"io"

	"guestjourney/internal/cardiac"
	"guestjourney/webhookproxy/telemetry/reading"
	"guestjourney/webhookproxy/telemetry/store"
)

// vitals writes every sample as it came: "at" is by the monitor's clock, "received" by
// the platform's. A batch that cannot be opened is a row without values.
func (e *export) vitals(ctx context.Context, w io.Writer) error {
	t, err := newTable(w, "at", "received", "device", "sequence", "backfill", "unreadable", "leads", "quality",
		"heart_rate_per_min", "systolic_mmhg", "diastolic_mmhg", "spo2_percent",
		"qt_ms", "qt_formula", "qt_rr_ms", "qrs_ms", "battery_percent")
	if err != nil {
		return err
	}
	err = e.eachBatch(ctx, func(one store.Stored) error {
		if one.Unreadable != nil {
			return t.row("", instant(one.At), plain(one.Batch.Device), whole(int64(one.Batch.Sequence)), "", flag(true),
				"", "", "", "", "", "", "", "", "", "", "")
		}
		for _, sample := range one.Batch.Samples {
			if err := t.row(vitalsRow(one, sample)...); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return t.end()
}

func vitalsRow(one store.Stored, sample reading.Sample) []string {
	row := []string{
		instant(sample.At), instant(one.At), plain(one.Batch.Device), whole(int64(one.Batch.Sequence)), flag(one.Batch.Backfill), flag(false),
		plain(string(sample.Leads)), plain(string(sample.Quality)),
		measured(sample.HeartRate), measured(sample.Systolic), measured(sample.Diastolic), measured(sample.SpO2),
	}
	qt := []string{"", "", "", ""}
	if sample.QT != nil {
		formula, qrs := string(sample.QT.Formula), ""
		if formula == "" {
			formula = "uncorrected"
		}
		if sample.QT.QRSMs != 0 {
			qrs = measured(&sample.QT.QRSMs)
		}
		qt = []string{measured(&sample.QT.Ms), plain(formula), measured(&sample.QT.RRMs), qrs}
	}
	return append(append(row, qt...), measured(sample.Battery))
}

// beats writes every beat as it came.
func (e *export) beats(ctx context.Context, w io.Writer) error {
	t, err := newTable(w, "at", "device", "sequence", "backfill", "rr_ms", "kind")
	if err != nil {
		return err
	}
	err = e.eachBatch(ctx, func(one store.Stored) error {
		for _, sample := range one.Batch.Samples {
			for _, beat := range sample.Beats {
				if err := t.row(instant(beat.At), plain(one.Batch.Device), whole(int64(one.Batch.Sequence)), flag(one.Batch.Backfill),
					measured(beat.RRMs), plain(string(beat.Kind))); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return t.end()
}

// minuteTable writes the summaries. A minute without samples has no values.
func (e *export) minuteTable(w io.Writer) error {
	columns := []string{"minute", "samples", "backfilled", "leads_off", "unusable"}
	for _, name := range []string{"heart_rate", "systolic", "diastolic", "spo2"} {
		columns = append(columns, name+"_n", name+"_mean", name+"_min", name+"_max")
	}
	columns = append(columns, "qtc_status", "qt_ms_mean",
		"qtc_fridericia_n", "qtc_fridericia_mean", "qtc_fridericia_min", "qtc_fridericia_max", "qtc_fridericia_change",
		"qtc_bazett_mean", "qtc_framingham_mean", "qtc_hodges_mean",
		"suggests_af", "hrv_window_s", "sdnn_ms", "rmssd_ms", "pnn50_percent", "nn_intervals", "nn_unclassified", "hrv_coverage")
	t, err := newTable(w, columns...)
	if err != nil {
		return err
	}
	for i := range e.minutes {
		if err := t.row(e.minuteRow(&e.minutes[i])...); err != nil {
			return err
		}
	}
	return t.end()
}

func (e *export) minuteRow(m *minute) []string {
	row := []string{instant(m.From), whole(int64(m.Samples)), whole(int64(m.Late)), whole(int64(m.LeadsOff)), whole(int64(m.Unusable))}
	for _, s := range []*stat{&m.HeartRate, &m.Systolic, &m.Diastolic, &m.SpO2} {
		row = append(row, summary(s)...)
	}
	fridericia := m.QTc[cardiac.Fridericia]
	change, known := e.change(m)
	row = append(append(row, m.Status.String(), mean(&m.QT)), summary(fridericia)...)
	row = append(row, calculated(change, known))
	for _, formula := range formulas[1:] {
		row = append(row, mean(m.QTc[formula]))
	}
	return append(row, m.AF.String(), whole(int64(hrvWindow.Seconds())),
		calculated(m.HRV.SDNN, m.HasHRV), calculated(m.HRV.RMSSD, m.HasHRV), calculated(m.HRV.PNN50, m.HasHRV),
		whole(int64(m.HRV.NN)), whole(int64(m.HRV.Unclassified)), calculated(m.HRV.Coverage, true))
}

func summary(s *stat) []string {
	return []string{whole(int64(s.N)), mean(s), calculated(s.Least, s.N > 0), calculated(s.Most, s.N > 0)}
}

func mean(s *stat) string { return calculated(s.Mean(), s.N > 0) }

// change is the QTc by Fridericia less the guest's own before the session.
func (e *export) change(m *minute) (float64, bool) {
	fridericia, baseline := m.QTc[cardiac.Fridericia], e.session.QTcBaseline
	if fridericia.N == 0 || baseline <= 0 {
		return 0, false
	}
	return fridericia.Mean() - baseline, true
}

// alarmTable writes the changes of the alarms and what people did, by time.
func (e *export) alarmTable(w io.Writer) error {
	t, err := newTable(w, "at", "kind", "number", "alarm", "code", "origin", "change", "priority", "episode", "since",
		"page_key", "handed_to_provider_at", "person", "role", "channel", "outcome", "detail", "unreadable")
	if err != nil {
		return err
	}
	for _, one := range e.events {
		err := t.row(instant(one.At), plain(one.Kind), counted(one.Number), plain(one.Alarm), plain(one.Code), plain(one.Origin),
			plain(one.Change), plain(one.Priority), counted(one.Episode), instant(one.Since), plain(one.PageKey), instant(one.HandedAt),
			plain(one.Person), plain(one.Role), plain(one.Channel), plain(one.Outcome), plain(one.Detail), flag(one.Unreadable))
		if err != nil {
			return err
		}
	}
	return t.end()
}

// gapTable writes what did not come: runs of sequence numbers.
func (e *export) gapTable(w io.Writer) error {
	t, err := newTable(w, "found_at", "device", "from_sequence", "to_sequence")
	if err != nil {
		return err
	}
	for _, gap := range e.gaps {
		if err := t.row(instant(gap.FoundAt), plain(gap.Device), whole(int64(gap.From)), whole(int64(gap.To))); err != nil {
			return err
		}
	}
	return t.end()
}
