package sandbox_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/sendgrid/rest"
	"github.com/sendgrid/sendgrid-go"
	"github.com/sendgrid/sendgrid-go/helpers/eventwebhook"
	"github.com/sendgrid/sendgrid-go/helpers/mail"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"guestjourney/internal/sandbox"
)

func newMail(op string) *mail.SGMailV3 {
	message := mail.NewSingleEmail(mail.NewEmail("The house", "house@example.com"), "Welcome", mail.NewEmail("Ana", "ana@example.com"), "See https://example.com/pages/offer/1", "")
	message.Personalizations[0].SetCustomArg("op_id", op)
	message.Personalizations[0].SetCustomArg("workflowId", "journey/1")
	message.Content = message.Content[:1]
	return message
}

func (w *world) sendgrid(method rest.Method, key, path string, query map[string]string, body []byte) *rest.Response {
	w.Helper()
	request := sendgrid.GetRequest(key, path, w.base+"/sendgrid")
	request.Method, request.QueryParams, request.Body = method, query, body
	response, err := (&rest.Client{HTTPClient: w.http}).SendWithContext(context.Background(), request)
	require.NoError(w, err)
	return response
}

func (w *world) mail(message *mail.SGMailV3) *rest.Response {
	w.Helper()
	return w.sendgrid(rest.Post, w.secrets.SendGridKey, "/v3/mail/send", nil, mail.GetRequestBody(message))
}

func TestSendGridSendsAndTells(t *testing.T) {
	w := start(t)
	response := w.mail(newMail("journey/1/welcome"))
	require.Equal(t, http.StatusAccepted, response.StatusCode)
	id := http.Header(response.Headers).Get("X-Message-Id")
	require.NotEmpty(t, id)
	assert.Empty(t, response.Body)
	assert.Equal(t, 1, w.Effects()["journey/1/welcome"])

	got := w.await("/webhooks/sendgrid", 1)[0]
	public, err := w.secrets.SendGridPublicKey()
	require.NoError(t, err)
	key, err := eventwebhook.ConvertPublicKeyBase64ToECDSA(public)
	require.NoError(t, err)
	signature, timestamp := got.header.Get(eventwebhook.VerificationHTTPHeader), got.header.Get(eventwebhook.TimestampHTTPHeader)
	valid, err := eventwebhook.VerifySignature(key, []byte(got.body), signature, timestamp)
	require.NoError(t, err)
	assert.True(t, valid)
	valid, err = eventwebhook.VerifySignature(key, []byte(strings.TrimSpace(got.body)), signature, timestamp)
	require.NoError(t, err)
	assert.False(t, valid, "the final CR LF is signed")
	assert.True(t, strings.HasSuffix(got.body, "]\r\n"))

	var events []map[string]any
	require.NoError(t, json.Unmarshal([]byte(got.body), &events))
	require.Len(t, events, 2)
	assert.Equal(t, "processed", events[0]["event"])
	assert.Equal(t, "delivered", events[1]["event"])
	assert.Equal(t, "journey/1", events[0]["workflowId"])
	assert.NotEqual(t, events[0]["sg_event_id"], events[1]["sg_event_id"])
	assert.True(t, strings.HasPrefix(events[0]["sg_message_id"].(string), id))

	messages := w.Messages(sandbox.MessageFilter{To: "ana@example.com"})
	require.Len(t, messages, 1)
	assert.Equal(t, []string{"https://example.com/pages/offer/1"}, messages[0].Links)
	assert.Equal(t, "journey/1/welcome", messages[0].EffectKey)
}

func TestSendGridRefusesWhatSendGridRefuses(t *testing.T) {
	w := start(t)
	response := w.sendgrid(rest.Get, "SG.wrong", "/v3/scopes", nil, nil)
	assert.Equal(t, http.StatusUnauthorized, response.StatusCode)
	assert.Contains(t, response.Body, "authorization grant is invalid")
	assert.Equal(t, http.StatusOK, w.sendgrid(rest.Get, w.secrets.SendGridKey, "/v3/scopes", nil, nil).StatusCode)

	for name, check := range map[string]struct {
		change func(*mail.SGMailV3)
		field  string
	}{
		"nobody":       {func(m *mail.SGMailV3) { m.Personalizations = nil }, "personalizations"},
		"no recipient": {func(m *mail.SGMailV3) { m.Personalizations[0].To = nil }, "personalizations.0.to"},
		"bad address":  {func(m *mail.SGMailV3) { m.Personalizations[0].To[0].Address = "ana" }, "personalizations.0.to.0.email"},
		"twice":        {func(m *mail.SGMailV3) { m.Personalizations[0].AddTos(mail.NewEmail("", "ANA@example.com")) }, "personalizations.0"},
		"bad sender":   {func(m *mail.SGMailV3) { m.From.Address = "" }, "from.email"},
		"no subject":   {func(m *mail.SGMailV3) { m.Subject, m.Personalizations[0].Subject = "", "" }, "subject"},
		"no content":   {func(m *mail.SGMailV3) { m.Content = nil }, "content"},
		"empty":        {func(m *mail.SGMailV3) { m.Content[0].Value = "" }, "content.0.value"},
		"order": {func(m *mail.SGMailV3) {
			m.Content = []*mail.Content{mail.NewContent("text/html", "x"), mail.NewContent("text/plain", "x")}
		}, "content"},
		"arguments": {func(m *mail.SGMailV3) { m.SetCustomArg("big", strings.Repeat("x", 10_000)) }, "custom_args"},
	} {
		t.Run(name, func(t *testing.T) {
			message := newMail(name)
			check.change(message)
			response := w.mail(message)
			assert.Equal(t, http.StatusBadRequest, response.StatusCode)
			var body struct {
				Errors []struct{ Message, Field string }
			}
			require.NoError(t, json.Unmarshal([]byte(response.Body), &body))
			require.Len(t, body.Errors, 1)
			assert.Equal(t, check.field, body.Errors[0].Field)
		})
	}
	assert.Empty(t, w.Messages(sandbox.MessageFilter{}))
}

func TestSendGridActivityIsAnExtra(t *testing.T) {
	query := map[string]string{"limit": "1", "query": `unique_args['op_id']="journey/1/welcome"`}
	w := start(t)
	assert.Equal(t, http.StatusForbidden, w.sendgrid(rest.Get, w.secrets.SendGridKey, "/v3/messages", query, nil).StatusCode)

	paid := start(t, func(c *sandbox.Config) { c.EmailActivity = true })
	find := func(query map[string]string) (int, []map[string]any) {
		response := paid.sendgrid(rest.Get, paid.secrets.SendGridKey, "/v3/messages", query, nil)
		var body struct {
			Messages []map[string]any `json:"messages"`
		}
		require.NoError(t, json.Unmarshal([]byte(response.Body), &body))
		return response.StatusCode, body.Messages
	}
	_, found := find(query)
	assert.Empty(t, found)
	response := paid.mail(newMail("journey/1/welcome"))
	paid.mail(newMail("journey/2/welcome"))
	_, found = find(query)
	require.Len(t, found, 1)
	assert.True(t, strings.HasPrefix(found[0]["msg_id"].(string), http.Header(response.Headers).Get("X-Message-Id")))
	status, _ := find(map[string]string{"query": "everything"})
	assert.Equal(t, http.StatusBadRequest, status)
}

func TestSendGridEventsByHand(t *testing.T) {
	w := start(t, func(c *sandbox.Config) { c.ManualDelivery = true })
	w.mail(newMail("a"))
	id := w.Messages(sandbox.MessageFilter{})[0].ID
	require.NoError(t, w.EmailEvent(id, "bounce", "550 unknown"))
	got := w.await("/webhooks/sendgrid", 1)[0]
	assert.Contains(t, got.body, `"reason":"550 unknown"`)
	require.ErrorIs(t, w.EmailEvent("none", "open", ""), sandbox.ErrNotFound)
	require.Error(t, w.EmailEvent(id, "burnt", ""))
}
