package rotation_test

import (
	"cmp"
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"guestjourney/activities/rotation"
	"guestjourney/internal/secrets"
)

// The table that a person follows is the one that the workflow follows.
func TestTheREADMESaysHowEachSecretIsReplaced(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	for _, name := range secrets.Names() {
		plan, known := rotation.PlanOf(string(name))
		require.True(t, known, name)
		row := fmt.Sprintf("| `%s` | %s | %s | %s | %s |", name, plan.By, cmp.Or(plan.Make, "–"), cmp.Or(plan.Tested, "–"), cmp.Or(plan.Retire, "–"))
		assert.Contains(t, string(readme), row)
	}
}
