package fhir

import (
	"math"
	"time"
)

// Unit is a UCUM code with how people write it.
type Unit struct{ Code, Text string }

// Units of the record.
var (
	PerMinute    = Unit{"/min", "beats/minute"}
	MmHg         = Unit{"mm[Hg]", "mmHg"}
	Percent      = Unit{"%", "%"}
	Milliseconds = Unit{"ms", "ms"}
)

// Quantity is a value in the unit, to the tenth: no monitor measures finer.
func (u Unit) Quantity(value float64) *Quantity {
	return &Quantity{Value: math.Round(value*10) / 10, Unit: u.Text, System: SystemUCUM, Code: u.Code}
}

// Instant writes a time; FHIR wants one zone and at least seconds.
func Instant(at time.Time) string { return at.UTC().Format(time.RFC3339Nano) }

// LOINC is a concept by its LOINC code, with further codings of the same.
func LOINC(code, text string, also ...Coding) Concept {
	return Concept{Coding: append([]Coding{{System: SystemLOINC, Code: code, Display: text}}, also...), Text: text}
}

// Coded is a concept of one code.
func Coded(system, code, text string) Concept {
	return Concept{Coding: []Coding{{System: system, Code: code}}, Text: text}
}

// Category is one of FHIR's categories of observations.
func Category(code, display string) []Concept {
	return []Concept{{Coding: []Coding{{System: SystemCategory, Code: code, Display: display}}}}
}

// Reasons why there is no value.
const (
	NotApplicable = "not-applicable" // what was measured has no such value
	NotPerformed  = "not-performed"  // nothing was measured
)

// Absent says why there is no value, in place of one.
func Absent(reason, text string) *Concept {
	concept := Coded(SystemAbsent, reason, text)
	return &concept
}

// Named refers to a thing that the receiver knows by its identifier.
func Named(kind, system, value string) Reference {
	return Reference{Type: kind, Identifier: &Identifier{System: system, Value: value}}
}
