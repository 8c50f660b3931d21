package main

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"guestjourney/internal/sandbox"
	"guestjourney/internal/setup"
	"guestjourney/workflows/health"
)

const (
	dutyPhone = "+14155550134"
	dutyMail  = "duty@casa.example"
	ourPhone  = "+14155550199"
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

// TestFunctionsAreTriedBySchedule: the second run knows from the first that no
// text is due, through everything that seals and stores.
func TestFunctionsAreTriedBySchedule(t *testing.T) {
	w := newWatchedWorld(t, map[string]string{"HEALTH_SMS_TO": ourPhone})
	schedule := w.temporal.ScheduleClient().GetHandle(t.Context(), setup.FunctionSchedule)
	try := func(wanted func(health.Overview) bool) (view health.Overview) {
		t.Helper()
		require.NoError(t, schedule.Trigger(t.Context(), client.ScheduleTriggerOptions{}))
		require.Eventually(t, func() bool {
			var known bool
			view, known = w.view()
			return known && wanted(view)
		}, patience, 100*time.Millisecond)
		return view
	}
	first := try(func(view health.Overview) bool { return !view.Functions.ReportedAt.IsZero() })
	names := map[string]string{}
	for _, p := range first.Providers {
		names[p.Name()] = p.State
	}
	assert.Equal(t, map[string]string{"payments/function": health.StateUp, "sms/function": health.StateUp}, names)
	assert.Len(t, w.sandbox.Messages(sandbox.MessageFilter{To: ourPhone}), 1)

	second := try(func(view health.Overview) bool { return view.Functions.ReportedAt.After(first.Functions.ReportedAt) })
	reasons := map[string]string{}
	for _, skipped := range second.Functions.Skipped {
		reasons[skipped.Capability] = skipped.Reason
	}
	assert.Contains(t, reasons["sms"], "the last one arrived")
	assert.Len(t, w.sandbox.Messages(sandbox.MessageFilter{To: ourPhone}), 1)

	made, closed := 0, 0
	for _, call := range w.sandbox.Journal(sandbox.JournalFilter{Provider: "stripe"}) {
		switch {
		case call.Operation == "payment_intents.create" && call.Effect:
			made++
		case call.Operation == "payment_intents.cancel" && call.Effect:
			closed++
		}
	}
	assert.Equal(t, []int{2, 2}, []int{made, closed}, "what is begun is closed")
}

// TestWorkersReportTheirCircuits: while it runs, and goodbye.
func TestWorkersReportTheirCircuits(t *testing.T) {
	w := newWatchedWorld(t, map[string]string{"HEALTH_REPORT_INTERVAL": "100ms"})
	w.until(func(view health.Overview) bool { return view.Stage == health.StateUp && len(view.Workers) == 1 })
	require.NoError(t, w.sandbox.SetFault(sandbox.Fault{Provider: "stripe", Kind: sandbox.FaultDown}))
	view := w.until(func(view health.Overview) bool {
		fleet := health.FleetAt(view.Workers, time.Now())
		return slices.ContainsFunc(fleet.Standings, func(s health.Standing) bool { return s.Provider == "stripe" && s.State != health.CircuitClosed })
	})
	fleet := health.FleetAt(view.Workers, time.Now())
	assert.Equal(t, 1, fleet.Workers)
	var names []string
	for _, standing := range fleet.Standings {
		names = append(names, standing.Provider)
		assert.Equal(t, 1, standing.Workers)
		require.Len(t, standing.Circuits, 1)
		assert.Positive(t, standing.Circuits[0].Threshold)
		assert.Equal(t, "500ms", standing.Circuits[0].OpenFor, "as it is configured")
		assert.WithinDuration(t, time.Now(), standing.LastSuccess, patience)
		if standing.Provider == "stripe" {
			assert.GreaterOrEqual(t, standing.Failures, 3)
		}
	}
	assert.Equal(t, []string{"google", "hubspot", "sendgrid", "stripe", "twilio"}, names)

	name := view.Workers[0].Name
	require.Zero(t, w.process.end(t))
	w.process = startProcess(t, w.server)
	view = w.until(func(view health.Overview) bool { return len(view.Workers) == 1 && view.Workers[0].Name != name })
	assert.Empty(t, health.FleetAt(view.Workers, time.Now()).Silent, "one that said goodbye is not missed")
}
