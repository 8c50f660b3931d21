package sandbox_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/stripe/stripe-mock/embedded"
)

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

var readStripeSchemas = sync.OnceValues(func() (schemas, error) {
	var spec struct {
		Components struct {
			Schemas schemas `json:"schemas"`
		} `json:"components"`
	}
	err := json.Unmarshal(embedded.OpenAPISpec, &spec)
	return spec.Components.Schemas, err
})

func stripeSchemas(t *testing.T) schemas {
	t.Helper()
	found, err := readStripeSchemas()
	require.NoError(t, err)
	return found
}

func (s schemas) check(t *testing.T, name string, object any) {
	t.Helper()
	require.Contains(t, s, name)
	assert.Empty(t, s.problems(s[name], object, name))
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
