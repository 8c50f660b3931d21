package kit

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/converter"

	"guestjourney/activities/options"
	"guestjourney/internal/codec"
	"guestjourney/internal/sealed"
)

type inner struct {
	Minor int64     `json:"minor"`
	At    time.Time `json:"at,omitzero"`
}

type sample struct {
	Envelope
	Name  string            `json:"name"`
	Wait  options.Duration  `json:"wait,omitempty"`
	Money inner             `json:"money"`
	List  []inner           `json:"list,omitempty"`
	Data  map[string]string `json:"data,omitempty"`
	Next  *inner            `json:"next,omitempty"`
}

func TestDecodeNamesEveryProblemAtOnce(t *testing.T) {
	_, err := DecodeJSON[sample]([]byte(`{"naem":"x","name":1,"wait":72,"money":{"minor":"1","mino":2},"list":[{"minor":1},{"at":"soon"}],"data":{"a":1},"next":[],"actor":"me","role":false}`))
	require.Error(t, err)
	for _, problem := range []string{
		"naem: unknown field", "name: want a string", `wait: want a duration such as "72h"`, "money.minor: want a whole number",
		"money.mino: unknown field", "list[1].at: want a time", "data.a: want a string", "next: want an object", "role: want a string",
	} {
		assert.Contains(t, err.Error(), problem)
	}
	assert.Len(t, strings.Split(err.Error(), "; "), 9)
}

func TestDecodeTakesWhatFits(t *testing.T) {
	value, err := DecodeJSON[sample]([]byte(`{"actor":"me","role":"operator","reason":"r","name":"x","wait":"72h","money":{"minor":5},"next":null}`))
	require.NoError(t, err)
	assert.Equal(t, options.Duration(72*time.Hour), value.Wait)
	assert.Equal(t, "me", value.Actor)
	assert.Equal(t, int64(5), value.Money.Minor)
}

func TestDecodeRefusesWhatIsNoJSONObject(t *testing.T) {
	for _, text := range []string{``, `null`, `[]`, `"x"`, `{`, `1`} {
		_, err := DecodeJSON[sample]([]byte(text))
		assert.Error(t, err, text)
	}
	_, err := Decode[sample](converter.RawValue{})
	assert.Error(t, err)
}

func TestTheCodecAndTheKitMeanTheSameMark(t *testing.T) {
	assert.Equal(t, codec.SealedMark, sealed.Mark)
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"name":"x","money":{"minor":1}}`))
	f.Add([]byte(`{"list":[[[]]],"data":{"a":{}}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		value, err := DecodeJSON[sample](data)
		if err != nil {
			return
		}
		// What was accepted is what the standard library reads, field by field.
		decoder := json.NewDecoder(strings.NewReader(string(data)))
		decoder.DisallowUnknownFields()
		var same sample
		if err := decoder.Decode(&same); err != nil {
			t.Fatalf("accepted what the standard library refuses: %v", err)
		}
		assert.Equal(t, same, value)
	})
}
