package sendgrid_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"guestjourney/activities/email/sendgrid"
	"guestjourney/activities/provider/providertest"
)

// TestAKeyThatRotatesWhileTheSenderLives: a refused mail was not taken, so it is
// sent once.
func TestAKeyThatRotatesWhileTheSenderLives(t *testing.T) {
	script, address := providertest.Serve(t, providertest.Reply(401, `{"errors":[{"message":"The provided authorization grant is invalid"}]}`), accept, accept)
	rotated := config(false)
	rotated.APIKey = &providertest.Rotated{First: "SG.old", Second: "SG.new"}
	sender, err := sendgrid.New(rotated, newClient(t, address, nil))
	require.NoError(t, err)
	for range 2 {
		receipt, err := sender.Send(t.Context(), effect(true), message())
		require.NoError(t, err)
		assert.Equal(t, "m1", receipt.ID)
	}
	requests := script.Received()
	require.Len(t, requests, 3)
	assert.Equal(t, requests[0].Body, requests[1].Body)
	assert.Contains(t, requests[1].Body, "Welcome, Ana")
	for i, want := range []string{"Bearer SG.old", "Bearer SG.new", "Bearer SG.new"} {
		assert.Equal(t, want, requests[i].Header.Get("Authorization"))
	}
}
