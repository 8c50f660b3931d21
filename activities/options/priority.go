package options

// Priorities of calls to the outside: within a queue, and so within a provider's
// rate, a smaller number goes first (Temporal's priority keys, 1 to 5; a call
// without one has 3).
const (
	// PriorityAlarm is for alarms of a session and for emergencies.
	PriorityAlarm = 1
	// PriorityBinding is for money, and for what a guest's dates depend on.
	PriorityBinding = 2
	// PriorityMessage is for the messages of a journey.
	PriorityMessage = 3
	// PriorityCommunity is for messages to everybody.
	PriorityCommunity = 4
	// PriorityMarketing is for what can wait behind all of it.
	PriorityMarketing = 5
)

// At returns the profile with a priority. The usual one is the server's default,
// and not worth its bytes in every history.
func (p Profile) At(priority int) Profile {
	p.Priority = priority
	if priority == PriorityMessage {
		p.Priority = 0
	}
	return p
}
