package staff_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"guestjourney/internal/staff"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The file of the tests, in parts that a test can replace.
type (
	object = map[string]any
	list   = []any
)

const (
	anaPhone  = "+525512345678"
	deskPhone = "+14155550134"
)

var everyDay = list{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}

// now is a Tuesday morning in Mexico City.
var now = time.Date(2027, 3, 2, 15, 0, 0, 0, time.UTC)

func ana() object {
	return object{"code": "p-ana", "roles": list{"nurse"}, "tokens": list{staff.HashToken("token of ana")}, "contact": list{
		object{"channel": "sms", "to": "+52 1 55 1234 5678"}, object{"channel": "voice", "to": anaPhone}, object{"channel": "email", "to": "Ana@Casa.example"},
	}}
}

func someone(code, role string) object {
	return object{"code": code, "roles": list{role}, "contact": list{object{"channel": "sms", "to": deskPhone}}}
}

func weekly(person, from, to string) object {
	return object{"person": person, "days": everyDay, "from": from, "to": to}
}

// casa is a house in which Ana works by day, Luis by night, and Eva from noon to
// midnight beside them.
func casa() object {
	return object{
		"zone":        "America/Mexico_City",
		"people":      list{ana(), someone("p-luis", "nurse"), someone("p-eva", "nurse"), someone("p-med", staff.Physician), someone("p-desk", "manager")},
		"shifts":      list{weekly("p-ana", "07:00", "19:00"), weekly("p-luis", "19:00", "07:00"), weekly("p-eva", "12:00", "00:00")},
		"coversUntil": "2027-12-31",
		"failsafe":    "p-desk",
	}
}

func text(t require.TestingT, file object) []byte {
	encoded, err := json.MarshalIndent(file, "", " ")
	require.NoError(t, err)
	return encoded
}

func read(t require.TestingT, file object) *staff.Roster {
	roster, err := staff.Read(text(t, file))
	require.NoError(t, err)
	return roster
}

// with returns the casa with one part replaced.
func with(part string, value any) object {
	file := casa()
	file[part] = value
	return file
}
