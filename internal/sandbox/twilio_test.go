package sandbox_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	twilioclient "github.com/twilio/twilio-go/client"
	api "github.com/twilio/twilio-go/rest/api/v2010"

	"guestjourney/internal/sandbox"
)

const (
	guestNumber = "+15005550010"
	houseNumber = "+15005550009"
)

func (w *world) text(to, body, op string) (*api.ApiV2010Message, error) {
	params := &api.CreateMessageParams{}
	params.SetTo(to).SetFrom(houseNumber).SetBody(body)
	params.SetStatusCallback(w.proxy.URL + "/webhooks/twilio/status?op=" + op + "&workflow=" + url.QueryEscape("journey/1") + "#rc=5&rp=all")
	return w.twilio().Api.CreateMessage(params)
}

func twilioFailure(t require.TestingT, err error) *twilioclient.TwilioRestError {
	var refused *twilioclient.TwilioRestError
	require.ErrorAs(t, err, &refused)
	return refused
}

// verifyTwilio checks a webhook with Twilio's own library.
func (w *world) verifyTwilio(got hook) {
	w.Helper()
	validator := twilioclient.NewRequestValidator(w.secrets.TwilioAuthToken)
	assert.True(w, validator.ValidateBody(got.url, []byte(got.body), got.header.Get("X-Twilio-Signature")))
	assert.False(w, validator.ValidateBody(got.url, []byte(got.body+"&Forged=1"), got.header.Get("X-Twilio-Signature")))
}

func TestTwilioSendsAndTells(t *testing.T) {
	w := start(t)
	sent, err := w.text(guestNumber, "Hello https://example.com/pages/intake/1. Ref abc", "0123456789abcdef")
	require.NoError(t, err)
	assert.Equal(t, "queued", *sent.Status)
	assert.True(t, strings.HasPrefix(*sent.Sid, "SM"))
	assert.Equal(t, 1, w.Effects()["0123456789abcdef"])

	statuses := map[string]bool{}
	for _, got := range w.await("/webhooks/twilio/status", 3) {
		w.verifyTwilio(got)
		assert.NotContains(t, got.url, "#")
		assert.Contains(t, got.url, "workflow=journey%2F1")
		form, err := url.ParseQuery(got.body)
		require.NoError(t, err)
		assert.Equal(t, *sent.Sid, form.Get("MessageSid"))
		statuses[form.Get("MessageStatus")] = true
	}
	assert.Equal(t, map[string]bool{"queued": true, "sent": true, "delivered": true}, statuses)

	read, err := w.twilio().Api.FetchMessage(*sent.Sid, nil)
	require.NoError(t, err)
	assert.Equal(t, "delivered", *read.Status)
	messages := w.Messages(sandbox.MessageFilter{Channel: "sms"})
	require.Len(t, messages, 1)
	assert.Equal(t, []string{"https://example.com/pages/intake/1"}, messages[0].Links)
}

func TestTwilioListsByRecipientAndTime(t *testing.T) {
	w := start(t)
	for i := range 7 {
		_, err := w.text(guestNumber, fmt.Sprintf("text %d", i), "op")
		require.NoError(t, err)
	}
	_, err := w.text("+15005550011", "another guest", "op")
	require.NoError(t, err)

	params := &api.ListMessageParams{}
	params.SetTo(guestNumber).SetDateSentAfter(time.Now().Add(-time.Minute)).SetPageSize(3)
	found, err := w.twilio().Api.ListMessage(params)
	require.NoError(t, err)
	require.Len(t, found, 7, "the pages are followed")
	assert.Equal(t, "text 6", *found[0].Body, "the newest first")

	params.SetDateSentAfter(time.Now().Add(time.Minute))
	found, err = w.twilio().Api.ListMessage(params)
	require.NoError(t, err)
	assert.Empty(t, found)

	first := &api.ListMessageParams{}
	first.SetTo(guestNumber).SetPageSize(5)
	page, err := w.twilio().Api.PageMessage(first, "", "")
	require.NoError(t, err)
	next, err := url.Parse(*page.NextPageUri)
	require.NoError(t, err)
	second, err := w.twilio().Api.PageMessage(first, next.Query().Get("PageToken"), next.Query().Get("Page"))
	require.NoError(t, err)
	assert.Len(t, second.Messages, 2)
	assert.Nil(t, second.NextPageUri)
}

func TestTwilioRefusesWhatTwilioRefuses(t *testing.T) {
	w := start(t)
	_, err := w.twilioAs(w.secrets.TwilioKeySID, "wrong").Api.FetchMessage("SM1", nil)
	refused := twilioFailure(t, err)
	assert.Equal(t, http.StatusUnauthorized, refused.Status)
	assert.Equal(t, 20003, refused.Code)
	_, err = w.twilioAs(w.secrets.TwilioAccountSID, w.secrets.TwilioAuthToken).Api.FetchMessage("SM1", nil)
	assert.Equal(t, 20404, twilioFailure(t, err).Code, "the account's own token is good too")

	for code, change := range map[int]func(*api.CreateMessageParams){
		21604: func(p *api.CreateMessageParams) { p.To = nil },
		21603: func(p *api.CreateMessageParams) { p.From = nil },
		21602: func(p *api.CreateMessageParams) { p.Body = nil },
		21211: func(p *api.CreateMessageParams) { p.SetTo("12345") },
		21212: func(p *api.CreateMessageParams) { p.SetFrom("house") },
		21617: func(p *api.CreateMessageParams) { p.SetBody(strings.Repeat("x", 1601)) },
		21609: func(p *api.CreateMessageParams) { p.SetStatusCallback("not a url") },
		21266: func(p *api.CreateMessageParams) { p.SetTo(houseNumber) },
	} {
		params := &api.CreateMessageParams{}
		params.SetTo(guestNumber).SetFrom(houseNumber).SetBody("hello")
		change(params)
		_, err := w.twilio().Api.CreateMessage(params)
		refused := twilioFailure(t, err)
		assert.Equal(t, code, refused.Code)
		assert.Equal(t, http.StatusBadRequest, refused.Status)
		assert.Contains(t, refused.MoreInfo, fmt.Sprint(code))
	}
	assert.Empty(t, w.Messages(sandbox.MessageFilter{}))
}

func TestTwilioHonoursStopAndStart(t *testing.T) {
	w := start(t)
	_, err := w.text(guestNumber, "hello", "a")
	require.NoError(t, err)
	sid, err := w.ReplySMS(guestNumber, " stop ")
	require.NoError(t, err)
	inbound := w.await("/webhooks/twilio/inbound", 1)[0]
	w.verifyTwilio(inbound)
	form, err := url.ParseQuery(inbound.body)
	require.NoError(t, err)
	assert.Equal(t, sid, form.Get("MessageSid"))
	assert.Equal(t, houseNumber, form.Get("To"), "the reply goes to the number that texted")
	assert.Equal(t, "STOP", form.Get("OptOutType"))

	_, err = w.text(guestNumber, "are you there?", "b")
	refused := twilioFailure(t, err)
	assert.Equal(t, 21610, refused.Code)
	assert.Zero(t, w.Effects()["b"])

	_, err = w.ReplySMS(guestNumber, "START")
	require.NoError(t, err)
	_, err = w.text(guestNumber, "welcome back", "c")
	require.NoError(t, err)

	_, err = w.ReplySMS(guestNumber, "please stop the noise")
	require.NoError(t, err)
	_, err = w.text(guestNumber, "sorry", "d")
	require.NoError(t, err, "a sentence is no keyword")
}

func TestTwilioStatusByHand(t *testing.T) {
	w := start(t, func(c *sandbox.Config) { c.ManualDelivery = true })
	sent, err := w.text(guestNumber, "hello", "a")
	require.NoError(t, err)
	require.NoError(t, w.SMSStatus(*sent.Sid, "undelivered", 30003))
	form, err := url.ParseQuery(w.await("/webhooks/twilio/status", 1)[0].body)
	require.NoError(t, err)
	assert.Equal(t, "undelivered", form.Get("MessageStatus"))
	assert.Equal(t, "30003", form.Get("ErrorCode"))
	require.ErrorIs(t, w.SMSStatus("SM0", "sent", 0), sandbox.ErrNotFound)
	require.Error(t, w.SMSStatus(*sent.Sid, "lost", 0))
}

func TestTwilioRetriesOnlyWhenAsked(t *testing.T) {
	w := start(t, func(c *sandbox.Config) { c.ManualDelivery = true })
	w.proxy.answer(func(hook, int) int { return http.StatusServiceUnavailable })
	for fragment, attempts := range map[string]int{"": 1, "#rc=2&rp=all": 3, "#rc=2&rp=ct": 1, "#rc=2&rp=5xx": 3, "#rc=2&rp=4xx,rt": 1, "#rc=9&rp=all": 6} {
		params := &api.CreateMessageParams{}
		params.SetTo(guestNumber).SetFrom(houseNumber).SetBody("hello").SetStatusCallback(w.proxy.URL + "/webhooks/twilio/status" + fragment)
		sent, err := w.twilio().Api.CreateMessage(params)
		require.NoError(t, err)
		require.NoError(t, w.SMSStatus(*sent.Sid, "sent", 0))
		w.settled()
		records := w.Webhooks("twilio")
		last := records[len(records)-1]
		assert.Equal(t, sandbox.WebhookFailed, last.State, fragment)
		assert.Equal(t, attempts, last.Attempts, fragment)
	}
}
