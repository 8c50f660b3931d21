// Package fhir has the few FHIR R4 resources that a session's record consists of, with
// the members that it fills, and writes them as a bundle.
//
// Called by the record. It owns the form of the resources, the code systems and the
// identifiers; what is said in them is the record's. It promises that a value that is
// absent has a reason, and that the same identifier makes the same entry.
//
// The structs are the project's own: the libraries that exist either do not refuse a
// resource without its required members or bring tens of megabytes of protobufs, and
// the record writes three types and reads none.
package fhir

// Identifier systems. Guests, staff, devices and entries are named by the codes that
// the house knows them by, and by nothing else.
const (
	SystemGuest  = "urn:retreat:guest"
	SystemStaff  = "urn:retreat:staff"
	SystemDevice = "urn:retreat:device"
	SystemRecord = "urn:retreat:session-record"
)

// Code systems.
const (
	SystemLOINC          = "http://loinc.org"
	SystemUCUM           = "http://unitsofmeasure.org"
	SystemCategory       = "http://terminology.hl7.org/CodeSystem/observation-category"
	SystemStatistics     = "http://terminology.hl7.org/CodeSystem/observation-statistics"
	SystemAbsent         = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
	SystemInterpretation = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"
	SystemMode           = "http://terminology.hl7.org/CodeSystem/v3-ParticipationMode"
	// SystemRetreat has what no public system has a code for.
	SystemRetreat = "urn:retreat:session"
	SystemAlarm   = "urn:retreat:alarm"
)

// LOINC codes. The last digit is a check digit, which a test holds them to.
const (
	HeartRate        = "8867-4"
	BloodPressure    = "85354-9" // panel with the next two
	Systolic         = "8480-6"
	Diastolic        = "8462-4"
	OxygenSaturation = "2708-6"  // what the vital signs profile asks for
	PulseOximetry    = "59408-5" // how it was measured
	QT               = "8634-8"
	QTcUnspecified   = "8636-3" // for the formulas that have no code of their own
	QTcFridericia    = "76634-5"
	QTcBazett        = "76635-2"
	SDNN             = "80404-7" // of SDNN only; RMSSD is another quantity
)

// Codes are all LOINC codes that are used.
func Codes() []string {
	return []string{
		HeartRate, BloodPressure, Systolic, Diastolic, OxygenSaturation, PulseOximetry,
		QT, QTcUnspecified, QTcFridericia, QTcBazett, SDNN,
	}
}

// Coding is one code of a system.
type Coding struct {
	System  string `json:"system,omitempty"`
	Code    string `json:"code,omitempty"`
	Display string `json:"display,omitempty"`
}

// Concept is a CodeableConcept.
type Concept struct {
	Coding []Coding `json:"coding,omitempty"`
	Text   string   `json:"text,omitempty"`
}

// Identifier names a thing for good.
type Identifier struct {
	System string `json:"system"`
	Value  string `json:"value"`
}

// Reference points to an entry of the bundle, or names a thing that the receiver knows
// by its identifier.
type Reference struct {
	Reference  string      `json:"reference,omitempty"`
	Type       string      `json:"type,omitempty"`
	Identifier *Identifier `json:"identifier,omitempty"`
}

// Period is from Start to End; times are FHIR instants.
type Period struct {
	Start string `json:"start"`
	End   string `json:"end,omitempty"`
}

// Quantity is a value with its UCUM unit.
type Quantity struct {
	Value  float64 `json:"value"`
	Unit   string  `json:"unit"`
	System string  `json:"system"`
	Code   string  `json:"code"`
}

// Note is an Annotation.
type Note struct {
	Text string `json:"text"`
}

// Component is a part of an observation. It has a value or the reason why not.
type Component struct {
	Code             Concept   `json:"code"`
	ValueQuantity    *Quantity `json:"valueQuantity,omitempty"`
	ValueString      string    `json:"valueString,omitempty"`
	DataAbsentReason *Concept  `json:"dataAbsentReason,omitempty"`
}

// Observation is what was measured or found.
type Observation struct {
	ResourceType         string       `json:"resourceType"`
	Identifier           []Identifier `json:"identifier"`
	Status               string       `json:"status"`
	Category             []Concept    `json:"category,omitempty"`
	Code                 Concept      `json:"code"`
	Subject              Reference    `json:"subject"`
	EffectiveDateTime    string       `json:"effectiveDateTime,omitempty"`
	EffectivePeriod      *Period      `json:"effectivePeriod,omitempty"`
	ValueQuantity        *Quantity    `json:"valueQuantity,omitempty"`
	ValueCodeableConcept *Concept     `json:"valueCodeableConcept,omitempty"`
	DataAbsentReason     *Concept     `json:"dataAbsentReason,omitempty"`
	Interpretation       []Concept    `json:"interpretation,omitempty"`
	Note                 []Note       `json:"note,omitempty"`
	Device               *Reference   `json:"device,omitempty"`
	Component            []Component  `json:"component,omitempty"`
}

// Payload is what a communication says.
type Payload struct {
	ContentString string `json:"contentString"`
}

// Communication is who was told, or who answered, and when.
type Communication struct {
	ResourceType string       `json:"resourceType"`
	Identifier   []Identifier `json:"identifier"`
	Status       string       `json:"status"`
	StatusReason *Concept     `json:"statusReason,omitempty"`
	Category     []Concept    `json:"category,omitempty"`
	Priority     string       `json:"priority,omitempty"`
	Medium       []Concept    `json:"medium,omitempty"`
	Subject      Reference    `json:"subject"`
	About        []Reference  `json:"about,omitempty"`
	Sent         string       `json:"sent"`
	Recipient    []Reference  `json:"recipient,omitempty"`
	Sender       *Reference   `json:"sender,omitempty"`
	Payload      []Payload    `json:"payload,omitempty"`
}
