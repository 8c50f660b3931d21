package kit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"guestjourney/activities/failure"
	"guestjourney/internal/identity"
	"guestjourney/internal/sealed"
)

// Decode reads a payload strictly into a T and names every bad or unknown
// field at once. The SDK's own decoding names only the first and drops unknown
// ones in silence.
func Decode[T any](raw converter.RawValue) (T, error) {
	var value T
	payload := raw.Payload()
	if payload == nil || len(payload.GetData()) == 0 {
		return value, fmt.Errorf("the input is empty; want one JSON object")
	}
	if encoding := string(payload.GetMetadata()[converter.MetadataEncoding]); encoding != converter.MetadataEncodingJSON {
		return value, fmt.Errorf("the input's encoding is %q; want %q", encoding, converter.MetadataEncodingJSON)
	}
	return DecodeJSON[T](payload.GetData())
}

// DecodeJSON is Decode on the bytes themselves.
func DecodeJSON[T any](data []byte) (T, error) {
	var value T
	if !json.Valid(data) {
		return value, fmt.Errorf("the input is not valid JSON")
	}
	var problems []string
	check(&problems, "", data, reflect.TypeFor[T]())
	if len(problems) > 0 {
		return value, fmt.Errorf("%s", strings.Join(problems, "; "))
	}
	if err := json.Unmarshal(data, &value); err != nil {
		return value, fmt.Errorf("the input does not fit: %w", err)
	}
	return value, nil
}

// Checked is an input that knows what is wrong with it, beyond its types. Every
// problem is one phrase that begins with the field.
type Checked interface{ Problems() []string }

// Define makes a workflow of a typed one: the input is decoded strictly and
// checked, and a wrong one fails the start at once with InvalidInput.
func Define[I Checked, R any](policy Policy, run func(workflow.Context, I) (R, error)) func(workflow.Context, converter.RawValue) (R, error) {
	return func(ctx workflow.Context, raw converter.RawValue) (R, error) {
		input, err := decodeInput[I](ctx, policy, raw)
		if err != nil {
			var none R
			return none, err
		}
		return run(ctx, input)
	}
}

// decodeInput reads a workflow's start input. Input that was not encrypted is
// refused unless the worker allows it; the answer is recorded, so that replay
// takes the same path on any worker.
func decodeInput[I Checked](ctx workflow.Context, policy Policy, raw converter.RawValue) (I, error) {
	var none I
	if !isSealed(raw) && !plaintextAllowed(ctx, policy) {
		return none, InvalidInput("not encrypted: start through the CLI, or give the UI its codec endpoint")
	}
	// A claim's ID is made by us, of a hash or of the CRM's own number.
	if id := workflow.GetInfo(ctx).WorkflowExecution.ID; !strings.HasPrefix(id, "claim/") && identity.LooksLikeAddress(id) {
		return none, InvalidInput("the workflow ID looks like an e-mail address or a phone number, and IDs are shown in clear; use an opaque one")
	}
	value, err := Decode[I](raw)
	if err != nil {
		return none, InvalidInput(err.Error())
	}
	if problems := value.Problems(); len(problems) > 0 {
		return none, InvalidInput(strings.Join(problems, "; "))
	}
	return value, nil
}

// InvalidInput is the failure of a start whose input is wrong.
func InvalidInput(reason string) error {
	class := string(failure.InvalidInput)
	return temporal.NewNonRetryableApplicationError(class+": "+reason, class, nil)
}

func isSealed(raw converter.RawValue) bool {
	payload := raw.Payload()
	return payload != nil && len(payload.GetMetadata()[sealed.Mark]) > 0
}

func plaintextAllowed(ctx workflow.Context, policy Policy) bool {
	var allowed bool
	encoded := workflow.SideEffect(ctx, func(workflow.Context) any { return policy.AllowPlaintext() })
	if err := encoded.Get(&allowed); err != nil {
		panic(fmt.Sprintf("the recorded plaintext policy cannot be read: %v", err))
	}
	return allowed
}

var unmarshaler = reflect.TypeFor[json.Unmarshaler]()

// check walks data and type together and collects what does not fit.
func check(problems *[]string, path string, data []byte, want reflect.Type) {
	data = bytes.TrimSpace(data)
	if want.Kind() == reflect.Pointer {
		if !bytes.Equal(data, []byte("null")) {
			check(problems, path, data, want.Elem())
		}
		return
	}
	if reflect.PointerTo(want).Implements(unmarshaler) {
		checkValue(problems, path, data, want)
		return
	}
	switch want.Kind() {
	case reflect.Struct:
		checkStruct(problems, path, data, want)
	case reflect.Slice:
		checkSlice(problems, path, data, want)
	case reflect.Map:
		checkMap(problems, path, data, want)
	default:
		checkValue(problems, path, data, want)
	}
}

func checkValue(problems *[]string, path string, data []byte, want reflect.Type) {
	if err := json.Unmarshal(data, reflect.New(want).Interface()); err != nil {
		*problems = append(*problems, fmt.Sprintf("%s: want %s", name(path), describe(want)))
	}
}

func checkStruct(problems *[]string, path string, data []byte, want reflect.Type) {
	var fields map[string]json.RawMessage
	if json.Unmarshal(data, &fields) != nil || fields == nil {
		*problems = append(*problems, name(path)+": want an object")
		return
	}
	known := map[string]reflect.Type{}
	collectFields(known, want)
	for _, key := range workflow.DeterministicKeys(fields) {
		inner, ok := known[key]
		if !ok {
			*problems = append(*problems, name(join(path, key))+": unknown field")
			continue
		}
		check(problems, join(path, key), fields[key], inner)
	}
}

// collectFields lists a struct's JSON fields, those of embedded structs included.
func collectFields(known map[string]reflect.Type, want reflect.Type) {
	for i := range want.NumField() {
		field := want.Field(i)
		tag, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		switch {
		case field.Anonymous && tag == "":
			collectFields(known, field.Type)
		case field.IsExported() && tag == "":
			known[field.Name] = field.Type
		case field.IsExported() && tag != "-":
			known[tag] = field.Type
		}
	}
}

func checkSlice(problems *[]string, path string, data []byte, want reflect.Type) {
	if bytes.Equal(data, []byte("null")) {
		return
	}
	if want.Elem().Kind() == reflect.Uint8 {
		checkValue(problems, path, data, want)
		return
	}
	var items []json.RawMessage
	if json.Unmarshal(data, &items) != nil {
		*problems = append(*problems, name(path)+": want a list")
		return
	}
	for i, item := range items {
		check(problems, fmt.Sprintf("%s[%d]", path, i), item, want.Elem())
	}
}

func checkMap(problems *[]string, path string, data []byte, want reflect.Type) {
	if bytes.Equal(data, []byte("null")) {
		return
	}
	var items map[string]json.RawMessage
	if json.Unmarshal(data, &items) != nil {
		*problems = append(*problems, name(path)+": want an object")
		return
	}
	for _, key := range workflow.DeterministicKeys(items) {
		check(problems, join(path, key), items[key], want.Elem())
	}
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

func name(path string) string {
	if path == "" {
		return "the input"
	}
	return path
}

func describe(want reflect.Type) string {
	switch want.Kind() {
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Int32, reflect.Int64:
		if want.Name() == "Duration" {
			return `a duration such as "72h"`
		}
		return "a whole number"
	case reflect.Float64:
		return "a number"
	}
	if want.String() == "time.Time" {
		return "a time such as \"2027-03-02T09:00:00Z\""
	}
	return "a " + want.Name()
}
