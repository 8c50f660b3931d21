package inbox

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"guestjourney/internal/identity"
	"guestjourney/workflows/kit"
)

// maxName is Temporal's limit of IDs and names.
const maxName = 1000

var (
	code = regexp.MustCompile(`^[a-z0-9_-]{1,40}$`)
	hex  = regexp.MustCompile(`^[0-9a-f]{32,128}$`)
	// shown is what may stand in summaries, details and attributes.
	shown = regexp.MustCompile(`^[A-Za-z0-9._:/-]{1,100}$`)
)

// Problems lists what is wrong with an input beyond its types.
func (i Input) Problems() []string {
	var problems []string
	want := func(ok bool, problem string) {
		if !ok {
			problems = append(problems, problem)
		}
	}
	want(code.MatchString(i.Provider), `provider: want a code such as "stripe"`)
	want(shown.MatchString(i.Type), `type: want the provider's event type, such as "payment_intent.succeeded"`)
	want(hex.MatchString(i.Event), "event: want the event's key, 32 to 128 hex digits in lower case")
	if err := checkTarget(i.Target); err != nil {
		problems = append(problems, "target: "+err.Error())
	}
	want(shown.MatchString(i.Signal), `signal: want the name of a signal, such as "payment_event"`)
	want(i.Fact.ID != "", "fact.id: missing; the receiver knows a repeat by it")
	want(!i.ReceivedAt.IsZero(), "receivedAt: missing")
	want(i.Term >= 0, `term: want more than 0, such as "720h"`)
	want(i.Pace.RetryFirst >= 0 && i.Pace.RetryMax >= 0 && i.Pace.AttentionAfter >= 0, "pace: durations are not negative")
	if i.Start != nil {
		want(shown.MatchString(i.Start.WorkflowType), "start.workflowType: missing")
		want(shown.MatchString(i.Start.TaskQueue), "start.taskQueue: missing")
		want(bytes.HasPrefix(bytes.TrimSpace(i.Start.Input), []byte("{")), "start.input: want one JSON object")
	}
	return problems
}

// checkTarget refuses what cannot be, or must not be, a workflow that takes a fact.
func checkTarget(id string) error {
	switch {
	case id == "":
		return fmt.Errorf("missing; want the ID of a workflow")
	case len(id) > maxName:
		return fmt.Errorf("longer than %d bytes", maxName)
	case strings.HasPrefix(id, prefix):
		return fmt.Errorf("an event cannot be routed to an event")
	case !strings.HasPrefix(id, "claim/") && identity.LooksLikeAddress(id):
		return fmt.Errorf("it looks like an e-mail address or a phone number, and IDs are shown in clear")
	}
	return nil
}

// takers says which kinds of workflow take which signal of a provider's event.
// Temporal accepts any signal, and one that nobody reads is lost.
var takers = map[string][]string{
	kit.SignalPayment:       {"pay/"},
	kit.SignalMessageIn:     {"claim/", "guest/", "journey/"},
	kit.SignalMessageStatus: {"journey/", "appt/"},
	kit.SignalEmail:         {"journey/", "appt/"},
	kit.SignalContact:       {"claim/"},
	kit.SignalGuest:         {"journey/"},
	kit.SignalCall:          {"claim/"},
}

// kinds are the beginnings of IDs whose workflows are known.
var kinds = []string{"journey/", "guest/", "claim/", "pay/", "appt/"}

// Takes refuses a workflow that is known not to read a signal. An ID that an
// operator made up, and a signal that is not of the kit, pass.
func Takes(id, signal string) error {
	begins := func(kind string) bool { return strings.HasPrefix(id, kind) }
	taken, known := takers[signal]
	if !known || !slices.ContainsFunc(kinds, begins) || slices.ContainsFunc(taken, begins) {
		return nil
	}
	return fmt.Errorf("%s does not take %s; IDs that begin with these do: %s", id, signal, strings.Join(taken, ", "))
}
