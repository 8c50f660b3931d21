package main

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"guestjourney/workflows"
	"guestjourney/workflows/health"
	"guestjourney/workflows/inbox"
	"guestjourney/workflows/rotation"
)

// TestRepairSuggestsWhatTheTypeOffers: for every type. What a type offers is read in
// README's table, which another test holds against the workflows themselves.
func TestRepairSuggestsWhatTheTypeOffers(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	require.NoError(t, err)
	for _, workflowType := range workflows.Types() {
		row := regexp.MustCompile("(?m)^\\| `" + workflowType + "` \\|.*$").FindString(string(readme))
		if short := []string{health.CheckType, health.DeepCheckType, rotation.RoundType}; slices.Contains(short, workflowType) {
			require.Empty(t, row, "it offers nothing, makes no step and has no deadline")
			continue
		}
		require.NotEmpty(t, row, workflowType)
		cells := strings.Split(row, "|")
		for _, command := range suggested(workflowType) {
			update, query := spoken(t, command)
			if update != "" {
				require.Contains(t, cells[3], "`"+update+"`", "%s: %s", workflowType, command)
			} else {
				require.Contains(t, cells[4], "`"+query+"`", "%s: %s", workflowType, command)
			}
		}
	}
}

// suggested is what may be suggested for a workflow of a type.
func suggested(workflowType string) []string {
	commands := []string{whyCommand(workflowType, "x")}
	if _, ends := endings[workflowType]; ends {
		commands = append(commands, endCommand(workflowType, "x"))
	}
	if workflowType == inbox.Type { // it makes no step, and the kit sees to that
		return append(commands, unroutedCommands("x")...)
	}
	return append(commands, parkedCommands("x", "step")...)
}

var (
	updating = regexp.MustCompile(`^starter update x (\w+) `)
	asking   = regexp.MustCompile(`^starter (status|explain|timeline) x( |$)`)
)

// spoken is the update or the query that a command sends.
func spoken(t *testing.T, command string) (update, query string) {
	t.Helper()
	if found := updating.FindStringSubmatch(command); found != nil {
		return found[1], ""
	}
	found := asking.FindStringSubmatch(command)
	require.NotNil(t, found, command)
	return "", found[1]
}
