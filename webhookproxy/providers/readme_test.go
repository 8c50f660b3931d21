package providers_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"guestjourney/webhookproxy/providers"
)

// TestTheREADMEListsEveryEndpoint: whoever sets a provider up finds its address
// and its secret's variable there.
func TestTheREADMEListsEveryEndpoint(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	all, err := providers.All(providers.Config{})
	require.NoError(t, err)
	for _, provider := range all {
		for _, route := range provider.Routes {
			if provider.Name != "guest" { // its kinds stand behind one address
				require.Contains(t, string(text), route.Path)
			}
		}
		for _, kind := range provider.Types {
			if kind != "message_in" { // "every text"
				require.Contains(t, string(text), "`"+kind+"`")
			}
		}
	}
	for _, variable := range providers.Variables() {
		require.Contains(t, string(text), "`"+variable+"`")
	}
}
