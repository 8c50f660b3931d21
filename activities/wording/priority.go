package wording

import "guestjourney/activities/options"

// Priority says how pressing a message is: one about a guest's dates goes before
// the rest, and marketing behind it.
func Priority(template string, marketing bool) int {
	switch {
	case marketing:
		return options.PriorityMarketing
	case template == "moved", template == "cancellation":
		return options.PriorityBinding
	default:
		return options.PriorityMessage
	}
}
