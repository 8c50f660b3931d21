package providers_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"guestjourney/internal/verify"
)

// Each scheme is asked by itself, also behind one that is wrong.
func TestEverySchemeIsExaminedByItself(t *testing.T) {
	_, message := sampleOf(t, "vapi-hmac")
	message.Header = message.Header.Clone()
	message.Header.Set(verify.VapiSecretHeader, "another")
	provider := declare(t, config(every))["vapi"]
	findings, err := provider.Examine(only("VAPI_HMAC_SECRETS", "VAPI_LEGACY_SECRETS"), message, receivedAt.Add(time.Hour))
	require.NoError(t, err)
	require.Len(t, findings, 3)
	require.ErrorIs(t, findings[0].Err, verify.ErrNoSecret)
	require.Empty(t, findings[0].KeyIDs)
	require.ErrorIs(t, findings[1].Err, verify.ErrStale)
	require.True(t, receivedAt.Equal(findings[1].Match.SignedAt))
	require.Equal(t, []string{verify.KeyID(secret("VAPI_HMAC_SECRETS"))}, findings[1].KeyIDs)
	require.ErrorIs(t, findings[2].Err, verify.ErrSignature)

	_, err = provider.Examine(func(string) []string { return []string{"canary"} }, message, receivedAt)
	require.ErrorContains(t, err, "VAPI_WEBHOOK_SECRETS: ")
	require.NotContains(t, err.Error(), "canary")
}
