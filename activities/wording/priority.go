package wording

import "guestjourney/activities/options"

// Priority says how pressing a message is: one about a guest's dates goes before
// the rest, and so does one that tells staff of a provider, for which everybody's
// dates may wait; marketing goes behind it.
func Priority(template string, marketing bool) int {
	switch {
	case marketing:
		return options.PriorityMarketing
	case template == Moved, template == CancellationOK, template == ProviderDown, template == ProviderUp:
		return options.PriorityBinding
	default:
		return options.PriorityMessage
	}
}
