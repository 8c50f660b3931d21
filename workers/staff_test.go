package main

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"

	"guestjourney/internal/sandbox"
	"guestjourney/workflows/health"
)

const (
	dutyPhone = "+14155550134"
	dutyMail  = "duty@casa.example"
)

// TestStaffAreToldByTextAndMail is the whole way of an alert: from the checks
// to the telephone and the mailbox, with what the worker is configured with.
func TestStaffAreToldByTextAndMail(t *testing.T) {
	w := newWatchedWorld(t, map[string]string{"STAFF_ALERT_PHONES": "+1 415 555 0134", "STAFF_ALERT_EMAILS": "Duty@casa.example"})
	w.until(func(view health.Overview) bool { return view.Stage == health.StateUp && len(view.Providers) == 5 })
	require.Empty(t, w.sandbox.Messages(sandbox.MessageFilter{}))

	require.NoError(t, w.sandbox.SetFault(sandbox.Fault{Provider: "stripe", Kind: sandbox.FaultDown}))
	w.until(func(view health.Overview) bool { return slices.Contains(view.Attention, "down:stripe") })
	w.told("stripe (payments) is down since", dutyPhone, dutyMail)

	require.NoError(t, w.sandbox.SetFault(sandbox.Fault{Provider: "twilio", Kind: sandbox.FaultDown}))
	w.until(func(view health.Overview) bool { return slices.Contains(view.Attention, "down:twilio") })
	w.told("twilio (sms) is down since", dutyMail)

	w.sandbox.ClearFaults("twilio")
	w.until(func(view health.Overview) bool { return !slices.Contains(view.Attention, "down:twilio") })
	w.told("twilio (sms) is up again since", dutyMail, dutyPhone)
	w.sandbox.ClearFaults("stripe")
	w.until(func(view health.Overview) bool { return view.Stage == health.StateUp })
	w.told("stripe (payments) is up again since", dutyMail, dutyPhone)
	assert.Len(t, w.sandbox.Messages(sandbox.MessageFilter{}), 7, "each once")

	histories := w.temporal.GetWorkflowHistory(t.Context(), health.ID, "", false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for histories.HasNext() {
		event, err := histories.Next()
		require.NoError(t, err)
		for _, personal := range []string{"4155550134", "duty@"} {
			require.NotContains(t, strings.ToLower(event.String()), personal, "staff's addresses are sealed")
		}
	}
}

// told waits until a text has reached these addresses, and no other.
func (w *watchedWorld) told(text string, addresses ...string) {
	w.t.Helper()
	var got []string
	require.Eventually(w.t, func() bool {
		got = nil
		for _, message := range w.sandbox.Messages(sandbox.MessageFilter{}) {
			if strings.Contains(message.Body, text) {
				got = append(got, message.To)
			}
		}
		return len(got) >= len(addresses)
	}, patience, 50*time.Millisecond, text)
	assert.ElementsMatch(w.t, addresses, got, text)
}
