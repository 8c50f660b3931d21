// Package ecg packs strips of ECG without loss.
//
// Called by the store, which keeps what Pack returns: sealed, by the minute. It
// promises that Unpack returns what was packed, every unit, instant and scale, or
// an error; and that Join changes no unit and no instant of one. It does not
// compress: neighbouring units differ little, so their differences are mostly one
// byte, and sealing compresses those.
package ecg

import (
	"cmp"
	"encoding/binary"
	"errors"
	"math"
	"slices"
	"time"

	"guestjourney/webhookproxy/telemetry/reading"
)

// version of the form below.
const version = 1

// ErrDamaged says that it is not what Pack wrote.
var ErrDamaged = errors.New("ecg: packed strips are damaged")

// Pack writes one byte for the version, then strip after strip: length and text of
// the lead, microseconds since the strip before (the first: since 1970), rate and
// scale as floating-point bits, the count of units, and each unit's difference from
// the one before. Whole numbers are varints.
func Pack(strips []reading.Strip) []byte {
	packed := []byte{version}
	before := int64(0)
	for _, strip := range strips {
		at := strip.At.UnixMicro()
		packed = binary.AppendUvarint(packed, uint64(len(strip.Lead)))
		packed = append(packed, strip.Lead...)
		packed = binary.AppendVarint(packed, at-before)
		packed = binary.LittleEndian.AppendUint64(packed, math.Float64bits(strip.RateHz))
		packed = binary.LittleEndian.AppendUint64(packed, math.Float64bits(strip.Microvolts))
		packed = appendUnits(packed, strip.Units)
		before = at
	}
	return packed
}

func appendUnits(packed []byte, units []int16) []byte {
	packed = slices.Grow(packed, 2*len(units))
	packed = binary.AppendUvarint(packed, uint64(len(units)))
	before := int64(0)
	for _, unit := range units {
		packed = binary.AppendVarint(packed, int64(unit)-before)
		before = int64(unit)
	}
	return packed
}

// Unpack reads what Pack wrote. Its error is ErrDamaged.
func Unpack(packed []byte) ([]reading.Strip, error) {
	if len(packed) == 0 || packed[0] != version {
		return nil, ErrDamaged
	}
	r := &reader{rest: packed[1:]}
	var strips []reading.Strip
	before := int64(0)
	for len(r.rest) > 0 {
		strip := reading.Strip{Lead: string(r.bytes(r.count()))}
		before += r.number()
		strip.At = time.UnixMicro(before).UTC()
		strip.RateHz, strip.Microvolts = r.float(), r.float()
		strip.Units = r.units()
		if r.damaged {
			return nil, ErrDamaged
		}
		strips = append(strips, strip)
	}
	return strips, nil
}

// Join sorts strips by lead and time, and makes one of those that follow each other
// without a gap. The instant of each unit stays what it was, to the microsecond:
// where two clocks would disagree by one, the strips stay two.
func Join(strips []reading.Strip) []reading.Strip {
	sorted := slices.Clone(strips)
	slices.SortStableFunc(sorted, func(a, b reading.Strip) int {
		return cmp.Or(cmp.Compare(a.Lead, b.Lead), a.At.Compare(b.At))
	})
	var joined []reading.Strip
	for _, strip := range sorted {
		last := len(joined) - 1
		if last >= 0 && follows(joined[last], strip) {
			joined[last].Units = append(joined[last].Units, strip.Units...)
			continue
		}
		strip.Units = slices.Clone(strip.Units)
		joined = append(joined, strip)
	}
	return joined
}

func follows(strip, next reading.Strip) bool {
	return strip.Lead == next.Lead && strip.RateHz == next.RateHz && strip.Microvolts == next.Microvolts && End(strip).Equal(next.At)
}

// End is the instant of the unit that would come next.
func End(strip reading.Strip) time.Time {
	micros := math.Round(float64(len(strip.Units)) * 1e6 / strip.RateHz)
	return strip.At.Add(time.Duration(micros) * time.Microsecond)
}
