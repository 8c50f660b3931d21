package integration

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"go.temporal.io/sdk/client"

	"guestjourney/activities/options"
	"guestjourney/internal/sandbox"
	"guestjourney/internal/telemetry/telemetrytest"
	"guestjourney/workflows/journey"
	"guestjourney/workflows/kit"
)

// TestOneTraceFromWebhookToProvider: what a signed webhook sets off can be
// followed through the workflow to the call that it makes, span by span.
func TestOneTraceFromWebhookToProvider(t *testing.T) {
	collector := telemetrytest.Start(t)
	h := open(t, settings{env: append(collector.Environment(), "HUBSPOT_START_FORMS=website", "HUBSPOT_START_PROGRAM="+quick().Code)})
	_, err := h.sandbox.CreateContact(map[string]string{"email": "canary-contact@guests.example", "firstname": "Canaria"})
	require.NoError(t, err)

	var call telemetrytest.Span
	h.eventually(60*time.Second, "the call to the CRM is traced", func() bool {
		found, ok := find(collector, func(s telemetrytest.Span) bool {
			return s.Attribute("provider") == "hubspot" && s.GetKind() == tracepb.Span_SPAN_KIND_CLIENT
		})
		call = found
		return ok
	})
	assert.Equal(t, "2xx", call.Attribute("status_class"))
	// The workflow's own span ends with its run in this process: at the stop,
	// which sends what is left.
	h.worker.Stop()
	h.proxy.Stop()

	var way []string
	for at, ok := call, true; ok; at, ok = parent(collector, at) {
		require.Equal(t, call.Trace(), at.Trace())
		way = append(way, at.Service+" "+at.GetName())
	}
	assert.Equal(t, []string{
		"worker hubspot contacts.get", "worker RunActivity:crm.ReadContact", "worker StartActivity:crm.ReadContact",
		"worker RunWorkflow:Claim", "webhookproxy SignalWithStartWorkflow:Claim", "webhookproxy webhook hubspot",
	}, way)
	_, ok := find(collector, func(s telemetrytest.Span) bool {
		return s.Trace() == call.Trace() && strings.HasPrefix(s.GetName(), "HandleSignal:")
	})
	assert.True(t, ok, "the signal itself is in the trace")
}

// TestTracesHoldNothingPrivate: whatever is said and whatever fails, a trace
// tells what was done and not for whom.
func TestTracesHoldNothingPrivate(t *testing.T) {
	collector := telemetrytest.Start(t)
	h := open(t, settings{env: collector.Environment()})
	birds := newCanaries()
	require.NoError(t, h.sandbox.SetFault(sandbox.Fault{Provider: "hubspot", Kind: sandbox.Fault500, Count: 2}))

	id := h.begin(birds.lead)
	h.reaches(id, journey.StageConversing, 60*time.Second)
	_, err := h.sandbox.ReplySMS(birds.lead.Phone, "I take "+birds.values["text message"])
	require.NoError(t, err)
	h.attends(id, "message_in")
	h.must(id, kit.UpdateHold, kit.Hold{Envelope: birds.operator()})
	_, err = h.command(id, kit.UpdateRelease, map[string]any{"actor": birds.values["actor"], birds.values["reason"]: birds.lead.Email})
	require.ErrorContains(t, err, birds.values["reason"], "the refusal quotes what was wrong")
	refused, err := h.client.ExecuteWorkflow(context.Background(), client.StartWorkflowOptions{ID: newJourneyID(), TaskQueue: options.QueueJourneys},
		journey.Type, map[string]any{"lead": birds.lead, "program": h.program.Code, birds.values["last name"]: birds.lead.Phone})
	require.NoError(t, err)
	require.ErrorContains(t, refused.Get(context.Background(), nil), birds.values["last name"])
	h.worker.Stop()
	h.proxy.Stop()

	traces := places{}
	traces.add("traces", collector.Bytes())
	for name, canary := range birds.values {
		assert.Empty(t, traces.find(canary), "%s (%s) can be read in the traces", name, canary)
	}
	for name, wanted := range map[string]func(telemetrytest.Span) bool{
		"the refused update": func(s telemetrytest.Span) bool {
			return s.GetName() == "ValidateUpdate:"+kit.UpdateRelease && failed(s)
		},
		"the refused start": func(s telemetrytest.Span) bool { return s.GetName() == "RunWorkflow:"+journey.Type && failed(s) },
		"the failed call":   func(s telemetrytest.Span) bool { return s.Attribute("status_class") == "5xx" && failed(s) },
		"the guest's text":  func(s telemetrytest.Span) bool { return s.GetName() == "webhook twilio" && !failed(s) },
	} {
		_, ok := find(collector, wanted)
		assert.True(t, ok, "%s is not in the traces", name)
	}
}

func failed(s telemetrytest.Span) bool {
	return s.GetStatus().GetCode() == tracepb.Status_STATUS_CODE_ERROR
}

func find(collector *telemetrytest.Receiver, wanted func(telemetrytest.Span) bool) (telemetrytest.Span, bool) {
	for _, span := range collector.Spans() {
		if wanted(span) {
			return span, true
		}
	}
	return telemetrytest.Span{}, false
}

func parent(collector *telemetrytest.Receiver, of telemetrytest.Span) (telemetrytest.Span, bool) {
	return find(collector, func(s telemetrytest.Span) bool {
		return len(of.GetParentSpanId()) > 0 && string(s.GetSpanId()) == string(of.GetParentSpanId())
	})
}
