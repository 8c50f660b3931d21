package journey_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"guestjourney/activities/directory"
	"guestjourney/workflows/journey"
	"guestjourney/workflows/kit"
)

func TestAClaimStartsWhatAJourneyTakes(t *testing.T) {
	assert.Equal(t, journey.Type, directory.JourneyType)
	data, err := json.Marshal(directory.JourneyStart{Lead: directory.Lead{Email: "a@b.example", Source: "website"}, Program: "retreat-7d"})
	require.NoError(t, err)
	input, err := kit.DecodeJSON[journey.Input](data)
	require.NoError(t, err)
	assert.Equal(t, "retreat-7d", input.Program)
	assert.Equal(t, "a@b.example", input.Lead.Email)
}
