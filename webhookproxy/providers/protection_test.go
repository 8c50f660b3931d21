package providers_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"guestjourney/internal/verify"
	"guestjourney/webhookproxy/providers"
	"guestjourney/webhookproxy/providers/samples"
)

// What a definition claims of its schemes is what they do: a changed body is
// refused if and only if a signature is claimed, and an old message if and only
// if a check of the time is.
func TestProtectionIsWhatTheSchemesDo(t *testing.T) {
	tried := map[string]bool{}
	for _, sample := range samples.All() {
		t.Run(sample.Name, func(t *testing.T) {
			_, message := sampleOf(t, sample.Name)
			provider := declare(t, config(only(sample.Variable)))[sample.Provider]
			guard := guardOf(t, provider, only(sample.Variable), sample.Variable)
			tried[sample.Variable] = true
			_, err := provider.Verifier.Verify(message, receivedAt)
			require.NoError(t, err)

			_, err = provider.Verifier.Verify(message, receivedAt.Add(49*time.Hour))
			if guard.Dated() {
				require.ErrorIs(t, err, verify.ErrStale)
			} else {
				require.NoError(t, err, "an old one is taken")
			}
			changed := message
			changed.Body = append(slices.Clone(message.Body), ' ')
			changed.Body[len(changed.Body)/2] ^= 1
			_, err = provider.Verifier.Verify(changed, receivedAt)
			assert.Equal(t, guard.Signed(), err != nil, "a changed body")
		})
	}
	for _, provider := range declare(t, config(nil)) {
		for _, scheme := range provider.Schemes {
			require.True(t, tried[scheme.Variable], scheme.Variable)
		}
	}
}

// What is not checked has its reason, and what is checked needs none.
func TestWhatIsNotCheckedHasAReason(t *testing.T) {
	for _, provider := range declare(t, config(nil)) {
		protection, err := provider.Protection(every)
		require.NoError(t, err)
		require.Len(t, protection.Guards, len(provider.Schemes))
		assert.True(t, protection.Configured)
		assert.Positive(t, protection.Remember, "%s: a repeat is recognised", provider.Name)
		for _, guard := range protection.Guards {
			assert.Equal(t, guard.Signed(), guard.Unsigned == "", guard.Variable)
			assert.Equal(t, guard.Dated(), guard.Undated == "", guard.Variable)
			if guard.Better != "" {
				better := guardOf(t, provider, every, guard.Better)
				assert.True(t, better.Signed() && better.Dated(), "%s is no better than %s", guard.Better, guard.Variable)
			}
		}
		without, err := provider.Protection(func(string) []string { return nil })
		require.NoError(t, err)
		assert.False(t, without.Configured)
		assert.NotEmpty(t, without.Guards, provider.Name)
		for _, guard := range without.Guards {
			assert.Empty(t, guard.Better, "%s is accepted by nobody", guard.Variable)
		}
	}
}

func TestASecretThatCannotBeUsedNamesItsVariable(t *testing.T) {
	_, err := declare(t, config(nil))["sendgrid"].Protection(func(string) []string { return []string{"canary"} })
	require.ErrorContains(t, err, "SENDGRID_WEBHOOK_PUBLIC_KEYS: ")
	require.NotContains(t, err.Error(), "canary")
}

func guardOf(t *testing.T, provider providers.Provider, secrets providers.Secrets, variable string) providers.Guard {
	t.Helper()
	protection, err := provider.Protection(secrets)
	require.NoError(t, err)
	at := slices.IndexFunc(protection.Guards, func(guard providers.Guard) bool { return guard.Variable == variable })
	require.GreaterOrEqual(t, at, 0, variable)
	return protection.Guards[at]
}
