// Package conformance is what every adapter of activities/sms must pass.
//
// Called by the adapters' tests, with the adapter in front of a stand-in for
// its provider: it holds the port's promises, in the port's words.
package conformance

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"guestjourney/activities/failure"
	"guestjourney/activities/options"
	"guestjourney/activities/sms"
	"guestjourney/activities/wording"
)

// Harness is one adapter before one provider that has seen nothing yet.
type Harness struct {
	Sender sms.Sender
	// Effects counts the messages that the provider has accepted for an effect.
	Effects func(effectKey string) int
	// LoseAnswer makes the provider act on the next message and lose the answer.
	LoseAnswer func()
	// Arrives makes a text of this receipt arrive, or fail with the provider's
	// code.
	Arrives func(id string, arrived bool, code int)
	// OptOut makes the provider refuse the number from now on; nil if the
	// stand-in cannot.
	OptOut func(number string)
}

const key = "appt/conformance/0123456789ab/reminder-24h-sms/1"

func text(effectKey string) sms.Text {
	return sms.Text{
		To: "+14155550134", Body: "Casa Serena: see you soon." + wording.Reference(effectKey),
		WorkflowID: "appt/conformance",
	}
}

func try(effectKey string, first bool) options.Effect {
	return options.Effect{Key: effectKey, FirstTry: first, Since: time.Now()}
}

// Run runs the suite. newHarness is called once for each of its parts.
func Run(t *testing.T, newHarness func(t *testing.T) Harness) {
	t.Run("a text is sent once", func(t *testing.T) {
		h := newHarness(t)
		receipt, err := h.Sender.Send(context.Background(), try(key, true), text(key))
		require.NoError(t, err)
		require.NotEmpty(t, receipt.ID)
		require.False(t, receipt.Blocked || receipt.Dropped)
		require.Equal(t, 1, h.Effects(key))
	})
	t.Run("a second try finds the first", func(t *testing.T) {
		h := newHarness(t)
		first, err := h.Sender.Send(context.Background(), try(key, true), text(key))
		require.NoError(t, err)
		second, err := h.Sender.Send(context.Background(), try(key, false), text(key))
		require.NoError(t, err)
		require.Equal(t, first, second)
		require.Equal(t, 1, h.Effects(key))
	})
	t.Run("a second try sends what was never sent", func(t *testing.T) {
		h := newHarness(t)
		receipt, err := h.Sender.Send(context.Background(), try(key, false), text(key))
		require.NoError(t, err)
		require.NotEmpty(t, receipt.ID)
		require.Equal(t, 1, h.Effects(key))
	})
	t.Run("another effect is another text", func(t *testing.T) {
		h := newHarness(t)
		other := key + "x"
		first, err := h.Sender.Send(context.Background(), try(key, true), text(key))
		require.NoError(t, err)
		second, err := h.Sender.Send(context.Background(), try(other, false), text(other))
		require.NoError(t, err)
		require.NotEqual(t, first.ID, second.ID)
		require.Equal(t, 1, h.Effects(key))
		require.Equal(t, 1, h.Effects(other))
	})
	t.Run("a lost answer is one text", func(t *testing.T) {
		h := newHarness(t)
		h.LoseAnswer()
		_, err := h.Sender.Send(context.Background(), try(key, true), text(key))
		requireAmbiguous(t, err)
		receipt, err := h.Sender.Send(context.Background(), try(key, false), text(key))
		require.NoError(t, err)
		require.NotEmpty(t, receipt.ID)
		require.False(t, receipt.Dropped)
		require.Equal(t, 1, h.Effects(key))
	})
	t.Run("marketing is sent at most once", func(t *testing.T) {
		h := newHarness(t)
		marketing := text(key)
		marketing.Marketing = true
		receipt, err := h.Sender.Send(context.Background(), try(key, false), marketing)
		require.NoError(t, err)
		require.True(t, receipt.Dropped)
		require.Zero(t, h.Effects(key))
	})
	for name, want := range map[string]struct {
		arrived  bool
		code     int
		delivery sms.Delivery
	}{
		"a text that arrived is delivered":       {true, 0, sms.Delivery{State: sms.DeliveryDelivered}},
		"a text that will not arrive has failed": {false, 30003, sms.Delivery{State: sms.DeliveryFailed, Code: "30003"}},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t)
			receipt, err := h.Sender.Send(context.Background(), try(key, true), text(key))
			require.NoError(t, err)
			delivery, err := h.Sender.Delivery(context.Background(), sms.DeliveryRequest{ID: receipt.ID})
			require.NoError(t, err)
			require.Equal(t, sms.Delivery{State: sms.DeliveryPending}, delivery)
			h.Arrives(receipt.ID, want.arrived, want.code)
			delivery, err = h.Sender.Delivery(context.Background(), sms.DeliveryRequest{ID: receipt.ID})
			require.NoError(t, err)
			require.Equal(t, want.delivery, delivery)
			require.Equal(t, 1, h.Effects(key), "reading changes nothing")
		})
	}
	t.Run("the delivery of a text that was never sent is an error", func(t *testing.T) {
		_, err := newHarness(t).Sender.Delivery(context.Background(), sms.DeliveryRequest{ID: "SM00000000000000000000000000000000"})
		var known *failure.Error
		require.ErrorAs(t, err, &known)
		require.Equal(t, failure.Permanent, known.Class)
	})
	t.Run("an opted-out number is no error", func(t *testing.T) {
		h := newHarness(t)
		if h.OptOut == nil {
			t.Log("this stand-in knows no opt-out; the adapter's own tests cover it")
			return
		}
		h.OptOut(text(key).To)
		receipt, err := h.Sender.Send(context.Background(), try(key, true), text(key))
		require.NoError(t, err)
		require.True(t, receipt.Blocked)
		require.Zero(t, h.Effects(key))
	})
}

// requireAmbiguous checks that a lost answer is told apart from a refusal.
func requireAmbiguous(t *testing.T, err error) {
	t.Helper()
	var known *failure.Error
	require.ErrorAs(t, err, &known)
	require.Equal(t, failure.Ambiguous, known.Class, "a lost answer: %v", err)
}
