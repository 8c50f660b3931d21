package reading

import (
	"errors"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Refused says why a batch is not taken. It quotes nothing of the batch: Field is
// a path of names that this package defines, such as "samples[2].heartRate".
type Refused struct {
	Field string
	Want  string
}

// Error names the field and what it should be.
func (r *Refused) Error() string {
	if r.Field == "" {
		return "readings: " + r.Want
	}
	return "readings: " + r.Field + ": " + r.Want
}

// Parse reads a verified body. Its errors are *Refused.
func Parse(body []byte) (Batch, error) {
	var batch Batch
	if err := json.Unmarshal(body, &batch, json.RejectUnknownMembers(true)); err != nil {
		return Batch{}, unreadable(err)
	}
	cutTimes(&batch)
	if refused := check(batch); refused != nil {
		return Batch{}, refused
	}
	return batch, nil
}

// unreadable says where a body could not be read. The library's own text may
// quote the body.
func unreadable(err error) *Refused {
	var wrongType *json.SemanticError
	var notJSON *jsontext.SyntacticError
	switch {
	case errors.Is(err, json.ErrUnknownName) && errors.As(err, &wrongType):
		return &Refused{Field: field(wrongType.JSONPointer), Want: "has a member that is not defined, or not in these letters"}
	case errors.Is(err, jsontext.ErrDuplicateName) && errors.As(err, &notJSON):
		return &Refused{Field: field(notJSON.JSONPointer), Want: "is there twice"}
	case errors.As(err, &notJSON):
		return &Refused{Field: field(notJSON.JSONPointer), Want: "want one JSON object in UTF-8; it is none from here"}
	case errors.As(err, &wrongType):
		return &Refused{Field: field(wrongType.JSONPointer), Want: "has the wrong type, or does not fit into it"}
	}
	return &Refused{Want: "want one JSON object"}
}

// field writes a pointer as a path, as far as its names are ours: an unknown name
// is the sender's text, and may be anything.
func field(pointer jsontext.Pointer) string {
	var path strings.Builder
	for token := range pointer.Tokens() {
		_, err := strconv.ParseUint(token, 10, 32)
		switch {
		case err == nil:
			path.WriteString("[" + token + "]")
		case !names[token]:
			return path.String()
		case path.Len() > 0:
			path.WriteString("." + token)
		default:
			path.WriteString(token)
		}
	}
	return path.String()
}

// names are the members of all objects in a batch.
var names = namesOf(reflect.TypeFor[Batch](), map[string]bool{})

func namesOf(of reflect.Type, found map[string]bool) map[string]bool {
	for of.Kind() == reflect.Slice || of.Kind() == reflect.Pointer {
		of = of.Elem()
	}
	if of.Kind() != reflect.Struct || of == reflect.TypeFor[time.Time]() {
		return found
	}
	for i := range of.NumField() {
		name, _, _ := strings.Cut(of.Field(i).Tag.Get("json"), ",")
		found[name] = true
		namesOf(of.Field(i).Type, found)
	}
	return found
}

// cutTimes leaves microseconds in UTC: what every store and checkpoint can hold,
// so that a batch is the same before and after.
func cutTimes(batch *Batch) {
	for i := range batch.Samples {
		cut(&batch.Samples[i].At)
		for j := range batch.Samples[i].Beats {
			cut(&batch.Samples[i].Beats[j].At)
		}
	}
	for i := range batch.Alarms {
		cut(&batch.Alarms[i].Start)
		if batch.Alarms[i].End != nil {
			cut(batch.Alarms[i].End)
		}
	}
	for i := range batch.ECG {
		cut(&batch.ECG[i].At)
	}
}

func cut(at *time.Time) { *at = at.UTC().Truncate(time.Microsecond) }
