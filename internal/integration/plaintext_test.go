package integration

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"

	"guestjourney/internal/codec"
	"guestjourney/internal/devserver"
	"guestjourney/internal/temporalclient"
	"guestjourney/workflows/journey"
	"guestjourney/workflows/kit"
)

// TestWhatIsNotEncryptedIsRefused: a start fails, an update is rejected, and a
// signal, which nobody can refuse, asks for a person and does nothing else.
func TestWhatIsNotEncryptedIsRefused(t *testing.T) {
	h := open(t, settings{})
	inClear := h.inClear()

	refused := inClear.begin(lead(1))
	err := h.client.GetWorkflow(context.Background(), refused, "").Get(context.Background(), nil)
	var failure *temporal.ApplicationError
	require.ErrorAs(t, err, &failure)
	assert.Equal(t, "InvalidInput", failure.Type())
	assert.ErrorContains(t, err, "InvalidInput: not encrypted")

	id := h.begin(lead(2))
	h.reaches(id, journey.StageConversing, 45*time.Second)
	_, err = inClear.command(id, kit.UpdateHold, kit.Hold{Envelope: operator("in clear")})
	require.ErrorContains(t, err, "hold: not encrypted")
	inClear.sayIntake(id)
	h.attends(id, "bad_signal:"+kit.SignalGuest)
	assert.Contains(t, h.timeline(id), "signal guest_event could not be read: not encrypted")
	view := h.reaches(id, journey.StageConversing, time.Second)
	assert.Equal(t, kit.ControlRunning, view.Control)
	assert.Empty(t, view.Commands)

	// A worker that allows more replays what an earlier one refused.
	h.worker.Stop()
	h.worker = h.start(h.worker.Path, "worker", append(append([]string(nil), h.env...), "ALLOW_PLAINTEXT=true", "STICKY_CACHE_SIZE=0"))
	h.attends(id, "bad_signal:"+kit.SignalGuest)
	h.invite(8*time.Second, true, nil)
	assert.Equal(t, "completed", h.result(id, time.Minute).Stage)
	h.once()
}

// TestPlaintextIsAcceptedWhereItIsAllowed: the same three, for a trial.
func TestPlaintextIsAcceptedWhereItIsAllowed(t *testing.T) {
	h := open(t, settings{env: []string{"ALLOW_PLAINTEXT=true"}})
	inClear := h.inClear()

	id := inClear.begin(lead(1))
	h.reaches(id, journey.StageConversing, 45*time.Second)
	outcome, err := inClear.command(id, kit.UpdateHold, kit.Hold{Envelope: operator("in clear")})
	require.NoError(t, err)
	assert.Equal(t, []string{"done", "held"}, []string{outcome.Status, outcome.Detail})
	_, err = inClear.command(id, kit.UpdateRelease, kit.Release{Envelope: operator("in clear")})
	require.NoError(t, err)
	inClear.sayIntake(id)
	h.eventually(20*time.Second, "the intake is taken", func() bool {
		for _, line := range h.timeline(id) {
			if line == "guest intake" {
				return true
			}
		}
		return false
	})
	view, err := h.status(id)
	require.NoError(t, err)
	assert.Empty(t, view.Attention)
}

// clearly reads what is sealed, and seals nothing: who starts a workflow in the
// Temporal UI without the codec endpoint does so.
type clearly struct{ *codec.Codec }

func (clearly) Encode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	return payloads, nil
}

// inClear is the same house, through a client that sends everything in clear.
func (h *house) inClear() *house {
	h.t.Helper()
	reading, err := codec.New(ring(h.t, h.keys))
	require.NoError(h.t, err)
	data := converter.NewCodecDataConverter(converter.GetDefaultDataConverter(), clearly{reading})
	connection, err := client.Dial(client.Options{
		HostPort: h.server.HostPort, Namespace: devserver.Namespace,
		DataConverter: data, FailureConverter: temporalclient.FailureConverter(data),
	})
	require.NoError(h.t, err)
	h.t.Cleanup(connection.Close)
	other := *h
	other.client = connection
	return &other
}

// sayIntake sends the intake form past the proxy.
func (h *house) sayIntake(id string) {
	h.t.Helper()
	fact := kit.Fact{
		ID: "in-clear", Provider: "guest", Type: journey.GuestIntake, OccurredAt: time.Now().UTC(),
		Data: map[string]string{"arrival": time.Now().Add(time.Hour).UTC().Format(time.RFC3339)},
	}
	require.NoError(h.t, h.client.SignalWorkflow(context.Background(), id, "", kit.SignalGuest, fact))
}

// attends waits until a journey asks for attention for a reason, and for no
// other.
func (h *house) attends(id, reason string) {
	h.t.Helper()
	h.eventually(30*time.Second, "attention: "+reason, func() bool {
		view, err := h.status(id)
		return err == nil && len(view.Attention) == 1 && view.Attention[0] == reason
	})
}

// timeline is what happened to a journey, in words.
func (h *house) timeline(id string) []string {
	h.t.Helper()
	value, err := h.client.QueryWorkflow(context.Background(), id, "", kit.QueryTimeline)
	require.NoError(h.t, err)
	var lines []kit.Line
	require.NoError(h.t, value.Get(&lines))
	var texts []string
	for _, line := range lines {
		texts = append(texts, line.Text)
	}
	return texts
}
