package worldtest

import (
	"fmt"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"

	"guestjourney/workflows/kit"
)

// Try sends an update to the journey under an ID of its own, and gives its
// outcome or its rejection to then.
func (s *Stay) Try(name string, input any, then func(kit.Outcome, error)) {
	s.tries++
	err := s.UpdateWorkflowByID(JourneyID, name, fmt.Sprintf("try-%d", s.tries), &testsuite.TestUpdateCallback{
		OnAccept: func() {},
		OnReject: func(err error) { then(kit.Outcome{}, err) },
		OnComplete: func(result any, err error) {
			outcome, _ := result.(kit.Outcome)
			then(outcome, err)
		},
	}, input)
	require.NoError(s.t, err)
}

// Refused sends an update that must be rejected with these words.
func (s *Stay) Refused(name string, input any, words string) {
	s.Try(name, input, func(_ kit.Outcome, err error) {
		require.ErrorContains(s.t, err, words, name)
	})
}

// As is an envelope for tests.
func As(role string) kit.Envelope {
	return kit.Envelope{Actor: "the-" + role, Role: role, Reason: "a test"}
}
