// Package stripeschema holds objects and answers to Stripe's own description of
// the API version that the client is pinned to, as stripe-mock carries it.
//
// Called by tests only: the sandbox's, and those of the adapter that talks to it.
package stripeschema

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/stripe/stripe-mock/embedded"
)

// ErrNotDescribed means that Stripe describes no such request.
var ErrNotDescribed = errors.New("not in Stripe's description")

// description is the part of Stripe's OpenAPI document that is read.
type description struct {
	Paths      map[string]map[string]operation
	Components struct{ Schemas schemas }
}

type operation struct {
	Responses map[string]struct {
		Content map[string]struct{ Schema *schema }
	}
}

// schemas are Stripe's published objects by name.
type schemas map[string]*schema

type schema struct {
	Ref        string             `json:"$ref"`
	Type       string             `json:"type"`
	Enum       []any              `json:"enum"`
	Nullable   bool               `json:"nullable"`
	Required   []string           `json:"required"`
	Properties map[string]*schema `json:"properties"`
	Items      *schema            `json:"items"`
	AnyOf      []*schema          `json:"anyOf"`
}

var read = sync.OnceValues(func() (*description, error) {
	var found description
	err := json.Unmarshal(embedded.OpenAPISpec, &found)
	return &found, err
})

// Object lists where a JSON object is not what the schema of that name says.
func Object(name string, object any) ([]string, error) {
	described, err := read()
	if err != nil {
		return nil, fmt.Errorf("read Stripe's description: %w", err)
	}
	want := described.Components.Schemas[name]
	if want == nil {
		return nil, fmt.Errorf("no object %q in Stripe's description", name)
	}
	return described.Components.Schemas.problems(want, object, name), nil
}

// Answer lists where an answer to a request is not what is described for it.
func Answer(request *http.Request, status int, body []byte) ([]string, error) {
	described, err := read()
	if err != nil {
		return nil, fmt.Errorf("read Stripe's description: %w", err)
	}
	path, said := described.find(request)
	if said == nil {
		return nil, fmt.Errorf("request %s %s: %w", request.Method, path, ErrNotDescribed)
	}
	response, known := said.Responses[fmt.Sprint(status)]
	if !known {
		response = said.Responses["default"]
	}
	want := response.Content["application/json"].Schema
	if want == nil {
		return nil, fmt.Errorf("no answer %d to %s %s in Stripe's description", status, request.Method, path)
	}
	var value any
	if err := json.Unmarshal(body, &value); err != nil {
		return nil, fmt.Errorf("answer %d to %s %s: %w", status, request.Method, path, err)
	}
	return described.Components.Schemas.problems(want, value, fmt.Sprintf("%s %s %d", request.Method, path, status)), nil
}

// find returns the described path of a request's; one in words comes before one
// with a variable.
func (d *description) find(request *http.Request) (string, *operation) {
	path := request.URL.Path[strings.Index(request.URL.Path, "/v1/"):]
	best := path
	var found *operation
	for candidate, methods := range d.Paths {
		said, ok := methods[strings.ToLower(request.Method)]
		if ok && fits(candidate, path) && (found == nil || strings.Count(candidate, "{") < strings.Count(best, "{")) {
			best, found = candidate, &said
		}
	}
	return best, found
}

func fits(candidate, path string) bool {
	want, got := strings.Split(candidate, "/"), strings.Split(path, "/")
	return slices.EqualFunc(want, got, func(want, got string) bool { return want == got || strings.HasPrefix(want, "{") })
}

// problems lists where a value is not what the schema says.
func (s schemas) problems(want *schema, value any, at string) []string {
	if want.Ref != "" {
		return s.problems(s[want.Ref[strings.LastIndexByte(want.Ref, '/')+1:]], value, at)
	}
	if value == nil {
		if want.Nullable {
			return nil
		}
		return []string{at + " must not be null"}
	}
	if len(want.AnyOf) > 0 {
		return s.anyProblem(want.AnyOf, value, at)
	}
	if !hasType(want.Type, value) {
		return []string{fmt.Sprintf("%s must be a %s, is %T", at, want.Type, value)}
	}
	if len(want.Enum) > 0 && !slices.Contains(want.Enum, value) {
		return []string{fmt.Sprintf("%s must be one of %v, is %v", at, want.Enum, value)}
	}
	var found []string
	switch typed := value.(type) {
	case map[string]any:
		for _, name := range want.Required {
			if _, there := typed[name]; !there {
				found = append(found, at+"."+name+" is missing")
			}
		}
		for name, inner := range typed {
			if property := want.Properties[name]; property != nil {
				found = append(found, s.problems(property, inner, at+"."+name)...)
			} else if len(want.Properties) > 0 {
				found = append(found, at+"."+name+" is unknown")
			}
		}
	case []any:
		for i, inner := range typed {
			found = append(found, s.problems(want.Items, inner, fmt.Sprintf("%s[%d]", at, i))...)
		}
	}
	return found
}

// anyProblem returns the shortest list of problems among the alternatives.
func (s schemas) anyProblem(alternatives []*schema, value any, at string) []string {
	var best []string
	for i, alternative := range alternatives {
		found := s.problems(alternative, value, at)
		if len(found) == 0 {
			return nil
		}
		if i == 0 || len(found) < len(best) {
			best = found
		}
	}
	return best
}

func hasType(want string, value any) bool {
	switch typed := value.(type) {
	case string:
		return want == "string" || want == ""
	case bool:
		return want == "boolean" || want == ""
	case float64:
		return want == "number" || want == "" || (want == "integer" && typed == float64(int64(typed)))
	case []any:
		return want == "array" || want == ""
	default:
		return want == "object" || want == ""
	}
}
