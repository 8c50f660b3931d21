// Package config reads a program's configuration from environment variables.
//
// Called first thing in every main. It owns how a setting is checked and how a
// bad one is reported: one line that names the variable and says what it
// should be, before anything is started, and exit code 2. It promises that no
// value of a secret appears in that line.
package config

import (
	"encoding"
	"errors"
	"os"
	"reflect"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"
)

// Error says which variables are wrong, in one line.
type Error struct{ Problems []string }

// Error joins the problems; each names its variable.
func (e *Error) Error() string { return strings.Join(e.Problems, "; ") }

// Invalid returns the error of one variable.
func Invalid(variable, problem string) error {
	return &Error{Problems: []string{variable + ": " + oneLine(problem)}}
}

// ExitCode is what main returns for an error: 2 for configuration, else 1.
func ExitCode(err error) int {
	var wrong *Error
	switch {
	case err == nil:
		return 0
	case errors.As(err, &wrong):
		return 2
	}
	return 1
}

// Load fills a T, a struct with env tags, from the environment. A field's tag
// help says what its variable should be; it is added to every complaint.
// Errors are *Error and name every bad variable at once.
func Load[T any]() (T, error) { return LoadFrom[T](env.ToMap(os.Environ())) }

// LoadFrom is Load on a given environment.
func LoadFrom[T any](environment map[string]string) (T, error) {
	var settings T
	err := env.ParseWithOptions(&settings, env.Options{Environment: environment})
	if err == nil {
		return settings, nil
	}
	wrong := &Error{Problems: problems(reflect.TypeFor[T](), "", environment)}
	if len(wrong.Problems) == 0 {
		wrong.Problems = []string{oneLine(err.Error())}
	}
	return settings, wrong
}

// problems reads every field again by itself, because the library's errors name
// the field, which several settings may share, and not the variable.
func problems(of reflect.Type, prefix string, environment map[string]string) []string {
	var found []string
	for i := range of.NumField() {
		field := of.Field(i)
		name, _, _ := strings.Cut(field.Tag.Get("env"), ",")
		if name == "" {
			if field.Type.Kind() == reflect.Struct {
				found = append(found, problems(field.Type, prefix+field.Tag.Get("envPrefix"), environment)...)
			}
			continue
		}
		alone := reflect.New(reflect.StructOf([]reflect.StructField{{Name: field.Name, Type: field.Type, Tag: field.Tag}}))
		if err := env.ParseWithOptions(alone.Interface(), env.Options{Environment: environment, Prefix: prefix}); err != nil {
			found = append(found, complaint(prefix+name, field, err))
		}
	}
	return found
}

func complaint(variable string, field reflect.StructField, err error) string {
	text := variable + ": " + strings.TrimPrefix(explain(field.Type, err), variable+": ")
	if help := field.Tag.Get("help"); help != "" {
		text += "; " + help
	}
	return oneLine(text)
}

func explain(want reflect.Type, err error) string {
	var unset env.VarIsNotSetError
	var empty env.EmptyVarError
	var unreadable env.ParseError
	switch {
	case errors.As(err, &unset):
		return "is not set"
	case errors.As(err, &empty):
		return "is empty"
	case errors.As(err, &unreadable):
		return reason(want, unreadable.Err)
	}
	return "cannot be read as " + want.String()
}

var (
	duration        = reflect.TypeFor[time.Duration]()
	textUnmarshaler = reflect.TypeFor[encoding.TextUnmarshaler]()
)

// reason says what a variable should be, without quoting what it is: only a
// type that reads itself knows whether its value may be shown.
func reason(want reflect.Type, err error) string {
	if reflect.PointerTo(want).Implements(textUnmarshaler) {
		return err.Error()
	}
	switch {
	case want == duration:
		return `want a duration such as "30s"`
	case want.Kind() == reflect.Bool:
		return `want "true" or "false"`
	case want.Kind() >= reflect.Int && want.Kind() <= reflect.Uint64:
		return "want a whole number"
	case want.Kind() == reflect.Float64 || want.Kind() == reflect.Float32:
		return "want a number"
	}
	return "cannot be read as " + want.String()
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
