// Package conformance is what every adapter of activities/watching must pass.
//
// Called by the adapters' tests, with the adapter in front of what it speaks to: it
// holds the port's promises, in the port's words.
package conformance

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"guestjourney/activities/failure"
	"guestjourney/activities/options"
	"guestjourney/activities/watching"
)

// Harness is one adapter before a place that watches nothing yet.
type Harness struct {
	Desk watching.Desk
	// DeviceOf returns whose readings are a session's; "" if nobody's are.
	DeviceOf func(session string) string
	// Down makes every call fail for now, or ends that.
	Down func(down bool)
}

var effect = options.Effect{Key: "session/conformance/0123456789ab/watch/0", FirstTry: true}

func session(device string) watching.Session {
	return watching.Session{
		Session: "session/conformance", Device: device, Since: time.Now().UTC().Add(-time.Minute), Room: "3", QTcBaseline: 410,
		Protocol: watching.Protocol{Code: "PRG-07", SignedBy: "dr-sol", SignedAt: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)},
	}
}

// Run runs the suite. newHarness is called once for each of its parts.
func Run(t *testing.T, newHarness func(t *testing.T) Harness) {
	ctx := context.Background()
	t.Run("a session is watched by the device that it has", func(t *testing.T) {
		h := newHarness(t)
		first := session("monitor-7")
		for range 2 { // any number of times is once
			require.NoError(t, h.Desk.Watch(ctx, effect, first))
			require.Equal(t, "monitor-7", h.DeviceOf(first.Session))
		}
		second := session("monitor-8")
		second.Since = time.Now().UTC()
		require.NoError(t, h.Desk.Watch(ctx, effect, second))
		require.Equal(t, "monitor-8", h.DeviceOf(second.Session))
	})
	t.Run("an end ends it, and is no error a second time", func(t *testing.T) {
		h := newHarness(t)
		require.NoError(t, h.Desk.Watch(ctx, effect, session("monitor-7")))
		for range 2 {
			require.NoError(t, h.Desk.End(ctx, effect, watching.End{Session: "session/conformance", At: time.Now().UTC()}))
		}
		require.Empty(t, h.DeviceOf("session/conformance"))
		require.NoError(t, h.Desk.End(ctx, effect, watching.End{Session: "session/never-there", At: time.Now().UTC()}), "what is not watched has ended")
	})
	t.Run("limits that nobody signed are refused for good", func(t *testing.T) {
		h := newHarness(t)
		unsigned := session("monitor-7")
		unsigned.Protocol.SignedBy = ""
		require.False(t, classOf(t, h.Desk.Watch(ctx, effect, unsigned)).Retryable())
		require.Empty(t, h.DeviceOf(unsigned.Session))
	})
	t.Run("what is down is tried again", func(t *testing.T) {
		h := newHarness(t)
		h.Down(true)
		require.True(t, classOf(t, h.Desk.Watch(ctx, effect, session("monitor-7"))).Retryable())
		h.Down(false)
		require.NoError(t, h.Desk.Watch(ctx, effect, session("monitor-7")))
	})
}

func classOf(t *testing.T, err error) failure.Class {
	t.Helper()
	var failed *failure.Error
	require.True(t, errors.As(err, &failed), "want a *failure.Error, got %v", err)
	return failed.Class
}
