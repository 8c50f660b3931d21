package kit

import (
	"slices"
	"strings"
)

// What the reasons for attention of a step begin with.
const (
	PrefixParked   = "parked:"
	PrefixRetrying = "retrying:" // it has tried again by itself for long
)

// IsParked says whether reasons for attention name a parked step.
func IsParked(reasons []string) bool { return begin(reasons, PrefixParked) }

// IsRetrying says whether they name a step that has tried again by itself for long.
func IsRetrying(reasons []string) bool { return begin(reasons, PrefixRetrying) }

func begin(reasons []string, prefix string) bool {
	return slices.ContainsFunc(reasons, func(reason string) bool { return strings.HasPrefix(reason, prefix) })
}
