package record

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"time"

	"guestjourney/webhookproxy/telemetry/reading"
	"guestjourney/webhookproxy/telemetry/record/wfdb"
)

// A signal file has its lead's time without a break. A short gap is filled with invalid
// units; after a longer one, and where the monitor's clock was set back, another file
// begins. Units that come a little sooner than the rate says follow at once: a monitor's
// 250 Hz are never quite 250 by its own clock. ecg.csv has the exact time of each run.
const (
	longestFilled = time.Minute
	mostEarly     = time.Second
)

// ecgRun is a line of ecg.csv: units that came without a gap.
type ecgRun struct {
	strip reading.Strip // without its units
	file  string
	first int64 // unit in the file
	units int
}

// ecgWriter writes a lead's signal files, one after the other.
type ecgWriter struct {
	archive *archive
	files   int // of the lead
	file    *signalFile
	runs    []ecgRun
}

// signalFile is the one that is being written.
type signalFile struct {
	member *member
	data   *wfdb.Writer
	signal wfdb.Signal
}

// take adds a strip to the file, or to the next one.
func (w *ecgWriter) take(strip reading.Strip) error {
	missing, fits := w.place(strip)
	if !fits {
		if err := w.finish(); err != nil {
			return err
		}
		if err := w.begin(strip); err != nil {
			return err
		}
	}
	if err := w.file.data.Missing(missing); err != nil {
		return err
	}
	w.note(strip)
	return w.file.data.Units(strip.Units)
}

// place says how many units are missing before a strip, or that it does not fit into
// the file.
func (w *ecgWriter) place(strip reading.Strip) (missing int64, fits bool) {
	if w.file == nil || strip.RateHz != w.file.signal.RateHz || strip.Microvolts != w.file.signal.Microvolts {
		return 0, false
	}
	late := strip.At.Sub(w.file.signal.Start).Seconds()*strip.RateHz - float64(w.file.data.Samples())
	if late > longestFilled.Seconds()*strip.RateHz || late < -mostEarly.Seconds()*strip.RateHz {
		return 0, false
	}
	return max(0, int64(math.Round(late))), true
}

func (w *ecgWriter) begin(strip reading.Strip) error {
	w.files++
	name := fmt.Sprintf("%s-%03d", strip.Lead, w.files)
	out, err := w.archive.begin("ecg/" + name + ".dat")
	if err != nil {
		return err
	}
	w.file = &signalFile{member: out, data: wfdb.NewWriter(out), signal: wfdb.Signal{
		Record: name, Lead: strip.Lead, Start: strip.At, RateHz: strip.RateHz, Microvolts: strip.Microvolts,
	}}
	return nil
}

// finish ends the file, if there is one, with its header.
func (w *ecgWriter) finish() error {
	file := w.file
	if file == nil {
		return nil
	}
	w.file = nil
	if err := file.data.Flush(); err != nil {
		return err
	}
	w.archive.end(file.member)
	return w.archive.file("ecg/"+file.signal.Record+".hea", func(out io.Writer) error {
		_, err := io.WriteString(out, file.data.Header(file.signal))
		return err
	})
}

// note keeps where a strip is. One that begins where the last one ends, as pieces and
// minutes do, is no run of its own; a microsecond is what rounding makes of it.
func (w *ecgWriter) note(strip reading.Strip) {
	file, first := w.file.signal.Record, w.file.data.Samples()
	if n := len(w.runs); n > 0 {
		last := &w.runs[n-1]
		end := last.strip.At.Add(time.Duration(math.Round(float64(last.units)*1e6/strip.RateHz)) * time.Microsecond)
		if last.file == file && last.first+int64(last.units) == first && strip.At.Sub(end).Abs() <= time.Microsecond {
			last.units += len(strip.Units)
			return
		}
	}
	units := len(strip.Units)
	strip.Units = nil
	w.runs = append(w.runs, ecgRun{strip: strip, file: file, first: first, units: units})
}

// index writes ecg.csv: with it, the units that were received, and their times, are
// exactly restored from the signal files.
func (w *ecgWriter) index(out io.Writer) error {
	t, err := newTable(out, "file", "lead", "first_unit", "units", "at", "rate_hz", "microvolts_per_unit")
	if err != nil {
		return err
	}
	for _, run := range w.runs {
		err := t.row("ecg/"+run.file+".dat", plain(run.strip.Lead), whole(run.first), strconv.Itoa(run.units), instant(run.strip.At),
			measured(&run.strip.RateHz), measured(&run.strip.Microvolts))
		if err != nil {
			return err
		}
	}
	return t.end()
}
