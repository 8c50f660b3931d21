package catalogue

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"guestjourney/activities/programs"
)

// decode reads a program file and names every unknown field and every value of
// the wrong kind. encoding/json would stop at the first.
func decode(data []byte) (programs.Program, []string) {
	var program programs.Program
	if !json.Valid(data) {
		return program, []string{"not valid JSON: " + json.Unmarshal(data, &program).Error()}
	}
	var problems []string
	walk(&problems, "", data, reflect.TypeFor[programs.Program]())
	if len(problems) > 0 {
		return program, problems
	}
	if err := json.Unmarshal(data, &program); err != nil {
		return program, []string{err.Error()}
	}
	return program, nil
}

// walk compares a value with the type that it is for.
func walk(problems *[]string, field string, data []byte, want reflect.Type) {
	switch {
	case want.Kind() == reflect.Pointer:
		walk(problems, field, data, want.Elem())
	case reflect.PointerTo(want).Implements(reflect.TypeFor[json.Unmarshaler]()):
		if err := json.Unmarshal(data, reflect.New(want).Interface()); err != nil {
			*problems = append(*problems, fmt.Sprintf("%s: %v", field, err))
		}
	case want.Kind() == reflect.Struct:
		walkObject(problems, field, data, want)
	case want.Kind() == reflect.Slice:
		var items []json.RawMessage
		if err := json.Unmarshal(data, &items); err != nil {
			*problems = append(*problems, field+": want a list")
		}
		for i, item := range items {
			walk(problems, fmt.Sprintf("%s[%d]", field, i), item, want.Elem())
		}
	default:
		if err := json.Unmarshal(data, reflect.New(want).Interface()); err != nil {
			*problems = append(*problems, fmt.Sprintf("%s: %v", field, err))
		}
	}
}

func walkObject(problems *[]string, field string, data []byte, want reflect.Type) {
	var given map[string]json.RawMessage
	if err := json.Unmarshal(data, &given); err != nil || given == nil {
		*problems = append(*problems, strings.TrimPrefix(field+": want an object", ": "))
		return
	}
	known := map[string]reflect.Type{}
	for i := range want.NumField() {
		name, _, _ := strings.Cut(want.Field(i).Tag.Get("json"), ",")
		known[name] = want.Field(i).Type
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		inner := strings.TrimPrefix(field+"."+name, ".")
		if kind, ok := known[name]; ok {
			walk(problems, inner, given[name], kind)
		} else {
			*problems = append(*problems, inner+": unknown field")
		}
	}
}
