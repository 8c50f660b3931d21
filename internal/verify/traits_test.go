package verify_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"guestjourney/internal/verify"
)

// What a scheme says of itself is what it does: its senders need those headers,
// within that window.
func TestTraitsAreThoseOfTheScheme(t *testing.T) {
	for name, sender := range senders {
		t.Run(name, func(t *testing.T) {
			verifier, err := sender.verifier(sender.secret())
			require.NoError(t, err)
			traits := verify.TraitsOf(verifier)
			require.Subset(t, sender.names, traits.Headers)
			for _, header := range sender.names {
				// Contentful's topic is a header that its list happens to name.
				require.True(t, slices.Contains(traits.Headers, header) || header == "X-Contentful-Topic", header)
			}
			require.Equal(t, sender.header != "", len(traits.Covers) == 0, "a shared secret covers nothing")
			require.Equal(t, len(traits.Covers) == 0, traits.Algorithm == "", "what signs, names how")
			if sender.unit != 0 {
				require.Equal(t, verify.Window{Past: sender.past, Future: sender.future}, traits.Window)
				require.Contains(t, traits.Covers, verify.PartTime)
			}
			unset, err := sender.verifier()
			require.NoError(t, err)
			require.Equal(t, traits, verify.TraitsOf(unset), "they need no secret")
		})
	}
	sns, err := verify.NewSNS()
	require.NoError(t, err)
	require.Equal(t, []string{verify.PartFields}, verify.TraitsOf(sns).Covers)
	require.Empty(t, verify.TraitsOf(verify.AnyOf(sns)))
}

// What is stale tells when it was signed.
func TestAStaleMessageTellsItsTime(t *testing.T) {
	sender := senders["stripe"]
	secret, at := sender.secret(), time.Date(2027, 3, 2, 9, 0, 0, 0, time.UTC)
	alone, err := sender.verifier(secret)
	require.NoError(t, err)
	message := verify.Message{Method: "POST", URL: "https://hooks.example.com/h", Body: []byte("{}")}
	message.Header = sender.sign(secret, message, at)
	match, err := alone.Verify(message, at.Add(time.Hour))
	require.ErrorIs(t, err, verify.ErrStale)
	require.True(t, at.Equal(match.SignedAt))
}
