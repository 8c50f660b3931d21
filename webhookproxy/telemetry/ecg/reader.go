package ecg

import (
	"encoding/binary"
	"math"
)

// reader takes values off the front; once something is wrong, all are zero.
type reader struct {
	rest    []byte
	damaged bool
}

func (r *reader) fail() {
	r.rest, r.damaged = nil, true
}

// count reads how many follow; each takes a byte at least.
func (r *reader) count() int {
	value, width := binary.Uvarint(r.rest)
	if width <= 0 || value > uint64(len(r.rest)-width) {
		r.fail()
		return 0
	}
	r.rest = r.rest[width:]
	return int(value)
}

func (r *reader) number() int64 {
	value, width := binary.Varint(r.rest)
	if width <= 0 {
		r.fail()
		return 0
	}
	r.rest = r.rest[width:]
	return value
}

func (r *reader) bytes(count int) []byte {
	if count > len(r.rest) {
		r.fail()
		return nil
	}
	taken := r.rest[:count]
	r.rest = r.rest[count:]
	return taken
}

func (r *reader) float() float64 {
	bits := r.bytes(8)
	if len(bits) < 8 {
		return 0
	}
	return math.Float64frombits(binary.LittleEndian.Uint64(bits))
}

func (r *reader) units() []int16 {
	units := make([]int16, r.count())
	before := int64(0)
	for i := range units {
		before += r.number()
		if before < math.MinInt16 || before > math.MaxInt16 {
			r.fail()
		}
		units[i] = int16(before)
	}
	return units
}
