package record

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sort"
	"time"

	"guestjourney/webhookproxy/telemetry/ecg"
	"guestjourney/webhookproxy/telemetry/reading"
	"guestjourney/webhookproxy/telemetry/store"
)

// ecgPiece is how much ECG is read at once: of twelve leads at 500 Hz some 7 MB.
const ecgPiece = 10 * time.Minute

// ecgFiles writes the ECG, lead by lead: to go through it once for each costs time, and
// to keep it would cost memory.
func (e *export) ecgFiles(ctx context.Context, out *archive) error {
	minutes, err := e.source.ECGMinutes(ctx, e.session.Session)
	if err != nil {
		return err
	}
	pieces := piecesOf(minutes)
	leads := map[string]bool{}
	e.counts.ECGUnreadable, err = e.eachStrip(ctx, pieces, func(strip reading.Strip) error {
		leads[strip.Lead] = true
		return nil
	})
	if err != nil {
		return err
	}
	e.counts.ECGLeads = len(leads)
	w := &ecgWriter{archive: out}
	for _, lead := range slices.Sorted(maps.Keys(leads)) {
		w.files = 0
		_, err := e.eachStrip(ctx, pieces, func(strip reading.Strip) error {
			if strip.Lead != lead {
				return nil
			}
			return w.take(strip)
		})
		if err != nil {
			return err
		}
		if err := w.finish(); err != nil {
			return err
		}
	}
	return out.file("ecg.csv", w.index)
}

// piece is a span of the monitor's clock in which there is ECG.
type piece struct{ from, to time.Time }

// piecesOf makes spans of minutes, and of those after them into which a strip may run on.
func piecesOf(minutes []time.Time) (pieces []piece) {
	for _, minute := range minutes {
		for _, from := range []time.Time{minute, minute.Add(time.Minute)} {
			last := len(pieces) - 1
			switch {
			case last >= 0 && from.Before(pieces[last].to):
			case last >= 0 && from.Equal(pieces[last].to) && from.Sub(pieces[last].from) < ecgPiece:
				pieces[last].to = from.Add(time.Minute)
			default:
				pieces = append(pieces, piece{from, from.Add(time.Minute)})
			}
		}
	}
	return pieces
}

// eachStrip hands over every unit once, in the order of lead and time within a piece.
// Pieces of which something cannot be opened are counted.
func (e *export) eachStrip(ctx context.Context, pieces []piece, take func(reading.Strip) error) (damaged int, err error) {
	for _, one := range pieces {
		strips, err := e.source.ECG(ctx, e.session.Session, one.from, one.to)
		switch {
		case err == nil:
		case errors.Is(err, store.ErrUnavailable) || ctx.Err() != nil:
			return damaged, err
		default:
			damaged++
		}
		for _, strip := range strips {
			if cut := cutTo(strip, one); len(cut.Units) > 0 {
				if err := take(cut); err != nil {
					return damaged, err
				}
			}
		}
	}
	return damaged, nil
}

// cutTo returns the units of a strip whose instants lie in a piece.
func cutTo(strip reading.Strip, one piece) reading.Strip {
	before := func(limit time.Time) int {
		return sort.Search(len(strip.Units), func(i int) bool { return !instantOf(strip, i).Before(limit) })
	}
	first, end := before(one.from), before(one.to)
	cut := strip
	cut.At, cut.Units = instantOf(strip, first), strip.Units[first:end]
	return cut
}

// instantOf is when a unit was measured, to the microsecond.
func instantOf(strip reading.Strip, unit int) time.Time {
	strip.Units = strip.Units[:unit]
	return ecg.End(strip)
}
