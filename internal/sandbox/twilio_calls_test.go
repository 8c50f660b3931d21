package sandbox_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	api "github.com/twilio/twilio-go/rest/api/v2010"

	"guestjourney/internal/sandbox"
)

const said = `<Response><Say>Room 3.</Say><Pause length="1"/><Say>Room 3.</Say></Response>`

func TestTwilioCalls(t *testing.T) {
	w := start(t)
	_, err := w.ReplySMS(guestNumber, "STOP")
	require.NoError(t, err)
	params := &api.CreateCallParams{}
	params.SetTo(guestNumber).SetFrom(houseNumber).SetTwiml(said)
	placed, err := w.twilio().Api.CreateCall(params)
	require.NoError(t, err, "a STOP ends texts, not calls")
	assert.Equal(t, "queued", *placed.Status)
	assert.True(t, strings.HasPrefix(*placed.Sid, "CA"))

	calls := w.Messages(sandbox.MessageFilter{Channel: "voice"})
	require.Len(t, calls, 1)
	assert.Equal(t, "Room 3. Room 3.", calls[0].Body)
	assert.Equal(t, guestNumber, calls[0].To)
	journal := w.Journal(sandbox.JournalFilter{Operation: "calls.create"})
	require.Len(t, journal, 1)
	assert.True(t, journal[0].Effect)
	assert.Equal(t, *placed.Sid, journal[0].ObjectID)
}

func TestTwilioRefusesCalls(t *testing.T) {
	w := start(t)
	for code, change := range map[int]func(*api.CreateCallParams){
		21201: func(p *api.CreateCallParams) { p.To = nil },
		21213: func(p *api.CreateCallParams) { p.From = nil },
		21205: func(p *api.CreateCallParams) { p.Twiml = nil },
		21210: func(p *api.CreateCallParams) { p.SetFrom("MG0123456789abcdef0123456789abcdef") },
		21217: func(p *api.CreateCallParams) { p.SetTo("12345") },
		21218: func(p *api.CreateCallParams) {
			p.SetTwiml("<Response><Say>" + strings.Repeat("x", 4000) + "</Say></Response>")
		},
		12100: func(p *api.CreateCallParams) { p.SetTwiml("<Response><Say>Room 3 & 4</Say></Response>") },
	} {
		params := &api.CreateCallParams{}
		params.SetTo(guestNumber).SetFrom(houseNumber).SetTwiml(said)
		change(params)
		_, err := w.twilio().Api.CreateCall(params)
		assert.Equal(t, code, twilioFailure(t, err).Code)
	}
	assert.Empty(t, w.Messages(sandbox.MessageFilter{}))
}
