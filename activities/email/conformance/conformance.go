// Package conformance is what every adapter of activities/email must pass.
//
// Called by the adapters' tests, with the adapter in front of a stand-in for
// its provider: it holds the port's promises, in the port's words.
package conformance

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"guestjourney/activities/email"
	"guestjourney/activities/failure"
	"guestjourney/activities/options"
)

// Guarantee is what an adapter promises for a mail that matters.
type Guarantee int

// The guarantees.
const (
	// AtLeastOnce: a mail whose fate is unknown is sent again.
	AtLeastOnce Guarantee = iota
	// ExactlyOnce: it is looked up first.
	ExactlyOnce
)

// Harness is one adapter before one provider that has seen nothing yet.
type Harness struct {
	Sender    email.Sender
	Guarantee Guarantee
	// Effects counts the mails that the provider has accepted for an effect.
	Effects func(effectKey string) int
	// LoseAnswer makes the provider act on the next mail and lose the answer.
	LoseAnswer func()
}

const key = "journey/conformance/0123456789ab/welcome-email/1"

func message() email.Mail {
	return email.Mail{
		To: "guest@conformance.example", Name: "Ana", Subject: "Welcome", Text: "Hello Ana,\n\nwelcome.\n",
		WorkflowID: "journey/conformance",
	}
}

func try(effectKey string, first bool) options.Effect {
	return options.Effect{Key: effectKey, FirstTry: first, Since: time.Now()}
}

// Run runs the suite. newHarness is called once for each of its parts.
func Run(t *testing.T, newHarness func(t *testing.T) Harness) {
	t.Run("a mail is sent once", func(t *testing.T) {
		h := newHarness(t)
		receipt, err := h.Sender.Send(context.Background(), try(key, true), message())
		require.NoError(t, err)
		require.NotEmpty(t, receipt.ID)
		require.False(t, receipt.Dropped)
		require.Equal(t, 1, h.Effects(key))
	})
	t.Run("another effect is another mail", func(t *testing.T) {
		h := newHarness(t)
		for _, effectKey := range []string{key, key + "x"} {
			_, err := h.Sender.Send(context.Background(), try(effectKey, effectKey == key), message())
			require.NoError(t, err)
			require.Equal(t, 1, h.Effects(effectKey))
		}
	})
	t.Run("a lost answer", func(t *testing.T) {
		h := newHarness(t)
		h.LoseAnswer()
		_, err := h.Sender.Send(context.Background(), try(key, true), message())
		requireAmbiguous(t, err)
		require.Equal(t, 1, h.Effects(key))
		receipt, err := h.Sender.Send(context.Background(), try(key, false), message())
		require.NoError(t, err)
		require.NotEmpty(t, receipt.ID)
		require.False(t, receipt.Dropped)
		if h.Guarantee == ExactlyOnce {
			require.Equal(t, 1, h.Effects(key))
		} else {
			require.Equal(t, 2, h.Effects(key), "sent again, because its fate is unknown")
		}
	})
	t.Run("marketing is sent at most once", func(t *testing.T) {
		h := newHarness(t)
		marketing := message()
		marketing.Marketing = true
		h.LoseAnswer()
		_, err := h.Sender.Send(context.Background(), try(key, true), marketing)
		requireAmbiguous(t, err)
		receipt, err := h.Sender.Send(context.Background(), try(key, false), marketing)
		require.NoError(t, err)
		require.Equal(t, 1, h.Effects(key))
		require.Equal(t, h.Guarantee != ExactlyOnce, receipt.Dropped, "a look-up finds it")
	})
}

// requireAmbiguous checks that a lost answer is told apart from a refusal.
func requireAmbiguous(t *testing.T, err error) {
	t.Helper()
	var known *failure.Error
	require.ErrorAs(t, err, &known)
	require.Equal(t, failure.Ambiguous, known.Class, "a lost answer: %v", err)
}
