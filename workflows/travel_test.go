package workflows_test

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"guestjourney/activities/options"
	"guestjourney/workflows/appointment"
	"guestjourney/workflows/inbox"
	"guestjourney/workflows/journey"
	"guestjourney/workflows/kit"
	"guestjourney/workflows/payment"
	"guestjourney/workflows/profile"
	"guestjourney/workflows/session"
)

// Whatever a state can hold, the next run must be able to read: the strict
// decoder stands at the start of every run of a continue-as-new chain.
func TestEveryFieldOfEveryStateTravels(t *testing.T) {
	travels[journey.Input](t)
	travels[payment.Input](t)
	travels[appointment.Input](t)
	travels[profile.Input](t)
	travels[profile.ClaimInput](t)
	travels[inbox.Input](t)
	travels[session.Input](t)
}

func travels[T any](t *testing.T) {
	t.Run(reflect.TypeFor[T]().String(), func(t *testing.T) {
		var input T
		fill(reflect.ValueOf(&input).Elem(), 0)
		data, err := json.Marshal(input)
		require.NoError(t, err)
		read, err := kit.DecodeJSON[T](data)
		require.NoError(t, err)
		again, err := json.Marshal(read)
		require.NoError(t, err)
		assert.JSONEq(t, string(data), string(again))
	})
}

// fill puts something into every exported field, to a depth at which types that
// contain themselves end.
func fill(value reflect.Value, depth int) {
	switch value.Interface().(type) {
	case time.Time:
		value.Set(reflect.ValueOf(time.Date(2027, 3, 2, 9, 0, 0, 0, time.UTC)))
		return
	case options.Duration:
		value.Set(reflect.ValueOf(options.Duration(time.Hour)))
		return
	case json.RawMessage:
		value.Set(reflect.ValueOf(json.RawMessage(`{"a":1}`)))
		return
	}
	if depth > 6 {
		return
	}
	switch value.Kind() {
	case reflect.Pointer:
		value.Set(reflect.New(value.Type().Elem()))
		fill(value.Elem(), depth+1)
	case reflect.Struct:
		for i := range value.NumField() {
			if value.Type().Field(i).IsExported() {
				fill(value.Field(i), depth+1)
			}
		}
	case reflect.Slice:
		item := reflect.New(value.Type().Elem()).Elem()
		fill(item, depth+1)
		value.Set(reflect.Append(value, item))
	case reflect.Map:
		item := reflect.New(value.Type().Elem()).Elem()
		fill(item, depth+1)
		value.Set(reflect.MakeMap(value.Type()))
		value.SetMapIndex(reflect.ValueOf("key").Convert(value.Type().Key()), item)
	case reflect.String:
		value.SetString("text")
	case reflect.Bool:
		value.SetBool(true)
	case reflect.Int, reflect.Int32, reflect.Int64:
		value.SetInt(7)
	}
}
