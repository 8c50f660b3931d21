// Package wfdb writes an ECG lead as a record that PhysioNet's tools read: a signal
// file (.dat) and its header (.hea).
//
// Called by the session's record. It owns the two files' form, and promises that
// every unit is in the signal file as it came, and that what was not received is
// there as Invalid and nothing else.
//
// Signals are in format 16, two bytes a unit, lowest first: units come as 16 bits, and
// format 212, which is a quarter smaller, would cut them to 12. The archive around
// them compresses what that costs.
package wfdb

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"strconv"
	"time"
)

// Invalid stands for a unit that was not received; it is the standard's value. The
// header names how many units are in the file, with these.
const Invalid int16 = -32768

// Signal is what a header says of its file.
type Signal struct {
	Record     string // name of both files, without .hea and .dat
	Lead       string
	Start      time.Time // of the first unit, by the monitor's clock
	RateHz     float64
	Microvolts float64 // per unit
}

// Writer writes one signal file. Nothing is in w before Flush.
type Writer struct {
	out     *bufio.Writer
	samples int64
	first   int16
	sum     uint16
}

// NewWriter begins a signal file.
func NewWriter(w io.Writer) *Writer { return &Writer{out: bufio.NewWriterSize(w, 1<<15)} }

// Samples is how many units were written, with those that are invalid.
func (w *Writer) Samples() int64 { return w.samples }

// Units adds units as they came.
func (w *Writer) Units(units []int16) error {
	for _, unit := range units {
		if w.samples == 0 {
			w.first = unit
		}
		w.samples++
		w.sum += uint16(unit)
		var two [2]byte
		binary.LittleEndian.PutUint16(two[:], uint16(unit))
		if _, err := w.out.Write(two[:]); err != nil {
			return fmt.Errorf("wfdb: write the signal: %w", err)
		}
	}
	return nil
}

// Missing adds a number of units that were not received.
func (w *Writer) Missing(units int64) error {
	gap := []int16{Invalid}
	for range units {
		if err := w.Units(gap); err != nil {
			return err
		}
	}
	return nil
}

// Flush ends the file.
func (w *Writer) Flush() error {
	if err := w.out.Flush(); err != nil {
		return fmt.Errorf("wfdb: write the signal: %w", err)
	}
	return nil
}

// Header returns the header of what was written. Its times have milliseconds, and its
// gain is a number of units, so the comments repeat exactly what was received.
func (w *Writer) Header(s Signal) string {
	start := s.Start.UTC()
	return fmt.Sprintf("%s 1 %s %d %s %s\n%s.dat 16 %s(0)/mV 16 0 %d %d 0 ECG lead %s\n# start: %s\n# microvolts per unit: %s\n# %d is a unit that was not received\n",
		s.Record, number(s.RateHz), w.samples, start.Format("15:04:05.000"), start.Format("02/01/2006"),
		s.Record, number(1000/s.Microvolts), w.first, int16(w.sum), s.Lead,
		start.Format(time.RFC3339Nano), number(s.Microvolts), Invalid)
}

// number has no exponent, which not every reader knows.
func number(value float64) string { return strconv.FormatFloat(value, 'f', -1, 64) }
