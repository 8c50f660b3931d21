package kit

import "strings"

// PrefixParked begins the reason for attention of a parked step.
const PrefixParked = "parked:"

// IsParked says whether reasons for attention name a parked step.
func IsParked(reasons []string) bool {
	for _, reason := range reasons {
		if strings.HasPrefix(reason, PrefixParked) {
			return true
		}
	}
	return false
}
