package monitors_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"guestjourney/webhookproxy/telemetry/staffpage"
	"guestjourney/webhookproxy/telemetry/staffpage/monitors"
	"guestjourney/webhookproxy/telemetry/staffpage/monitors/monitorstest"
	"guestjourney/workflows/kit"
	"guestjourney/workflows/session"
)

const (
	id    = "session/s-1"
	alarm = "heart-rate-low"
)

func ana() kit.Envelope {
	return kit.Envelope{Actor: "p-ana", Role: kit.RoleClinician, Reason: "test"}
}

// TestASessionMonitorThroughItsAdapter is one test, because each server costs
// seconds.
func TestASessionMonitorThroughItsAdapter(t *testing.T) {
	plane := monitorstest.Start(t)
	plane.Begin(t, id, "3")
	plane.Tell(t, id, session.Transition{
		Number: 1, Alarm: alarm, Code: alarm, Origin: "physiological", Change: session.Raised, Priority: session.Critical,
		Episode: 1, At: time.Now(), PageKey: "s-1/1",
	})
	port := monitors.New(plane.Client)
	status := func() session.Overview {
		overview, err := port.Status(t.Context(), id)
		require.NoError(t, err)
		return overview
	}
	require.Eventually(t, func() bool { return len(status().Alarms) == 1 }, 30*time.Second, 20*time.Millisecond)
	assert.Equal(t, "g-1", status().GuestRef)
	assert.Equal(t, session.StateRaised, status().Alarms[0].State)

	acknowledge := func(update string, number int) (kit.Outcome, error) {
		return port.Update(t.Context(), id, update, session.UpdateAcknowledge, session.Acknowledge{Envelope: ana(), Alarm: alarm, Number: number})
	}
	outcome, err := acknowledge("click", 1)
	require.NoError(t, err)
	assert.Equal(t, "done", outcome.Status)
	again, err := acknowledge("click", 1)
	require.NoError(t, err, "a second click is the same command")
	assert.Equal(t, outcome.At, again.At)
	assert.Equal(t, "p-ana", status().Alarms[0].Acknowledged.By)
	assert.Len(t, status().Commands, 1)

	_, err = acknowledge("another", 1)
	var refusal *staffpage.Refusal
	require.ErrorAs(t, err, &refusal)
	assert.Contains(t, refusal.Reason, "no alarm waits to be acknowledged")

	_, err = port.Status(t.Context(), "session/none")
	require.ErrorIs(t, err, staffpage.ErrNoMonitor)
	_, err = port.Update(t.Context(), "session/none", "x", session.UpdateHandOver, session.HandOver{Envelope: ana(), To: "p-ana"})
	require.ErrorIs(t, err, staffpage.ErrNoMonitor)

	plane.StopWorker()
	short, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	_, err = port.Status(short, id)
	require.ErrorIs(t, err, staffpage.ErrSilent, "no worker is there")
	short, cancel = context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	_, err = port.Update(short, id, "late", session.UpdateHandOver, session.HandOver{Envelope: ana(), To: "p-ana"})
	require.ErrorIs(t, err, staffpage.ErrSilent)
	assert.NotContains(t, err.Error(), "p-ana")
}
