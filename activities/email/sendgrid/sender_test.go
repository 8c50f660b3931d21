package sendgrid_test

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"guestjourney/activities/email"
	"guestjourney/activities/email/sendgrid"
	"guestjourney/activities/failure"
	"guestjourney/activities/provider"
	"guestjourney/activities/provider/providertest"
)

func TestSendWritesTheMailInSendGridsWords(t *testing.T) {
	sender, script := newSender(t, config(true), accept)
	receipt, err := sender.Send(context.Background(), effect(true), message())
	require.NoError(t, err)
	require.Equal(t, email.Receipt{ID: "m1"}, receipt)

	require.Len(t, script.Received(), 1, "the first try does not search")
	sent := script.Received()[0]
	require.Equal(t, http.MethodPost, sent.Method)
	require.Equal(t, "/sendgrid/v3/mail/send", sent.Path)
	require.Equal(t, "Bearer SG.k3y", sent.Header.Get("Authorization"))
	require.JSONEq(t, `{
		"from": {"email": "stay@casa.example", "name": "Casa Serena"},
		"subject": "Welcome, Ana",
		"personalizations": [{
			"to": [{"email": "ana@guest.example", "name": "Ana Prueba"}],
			"custom_args": {"op_id": "`+key+`", "workflowId": "journey/j1"}
		}],
		"content": [{"type": "text/plain", "value": "Hello Ana\n"}],
		"tracking_settings": {
			"click_tracking": {"enable": false, "enable_text": false},
			"open_tracking": {"enable": true},
			"subscription_tracking": {"enable": false}
		}
	}`, sent.Body)
}

func TestASecondTryLooksTheMailUp(t *testing.T) {
	sender, script := newSender(t, config(true), providertest.Reply(200, `{"messages":[{"msg_id":"m1.filter","status":"delivered"}]}`))
	receipt, err := sender.Send(context.Background(), effect(false), message())
	require.NoError(t, err)
	require.Equal(t, email.Receipt{ID: "m1.filter"}, receipt)

	require.Len(t, script.Received(), 1, "found, so nothing is sent")
	search := script.Received()[0]
	require.Equal(t, http.MethodGet, search.Method)
	require.Equal(t, "/sendgrid/v3/messages", search.Path)
	require.Equal(t, `unique_args['op_id']="`+key+`"`, search.Query.Get("query"))
	require.Equal(t, "1", search.Query.Get("limit"))
}

func TestASecondTryThatFindsNothingSends(t *testing.T) {
	sender, script := newSender(t, config(true), providertest.Reply(200, `{"messages":[]}`), accept)
	receipt, err := sender.Send(context.Background(), effect(false), message())
	require.NoError(t, err)
	require.Equal(t, "m1", receipt.ID)
	require.Len(t, script.Received(), 2)
}

func TestAFailedLookUpSendsNothing(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{"refused": providertest.Reply(500, ""), "unreadable": providertest.Reply(200, "<html>")} {
		t.Run(name, func(t *testing.T) {
			sender, script := newSender(t, config(true), answer)
			_, err := sender.Send(context.Background(), effect(false), message())
			require.Equal(t, "messages.list", requireClass(t, failure.Ambiguous, err).Operation)
			require.Len(t, script.Received(), 1)
		})
	}
}

func TestAKeyThatWouldChangeTheSearch(t *testing.T) {
	sender, script := newSender(t, config(true))
	strange := effect(false)
	strange.Key = `x" OR status="delivered`
	_, err := sender.Send(context.Background(), strange, message())
	requireClass(t, failure.InvalidInput, err)
	require.Empty(t, script.Received())
}

func TestWithoutTheLookUpAMailThatMattersIsSentAgain(t *testing.T) {
	sender, script := newSender(t, config(false), accept)
	receipt, err := sender.Send(context.Background(), effect(false), message())
	require.NoError(t, err)
	require.False(t, receipt.Dropped)
	require.Equal(t, "/sendgrid/v3/mail/send", script.Received()[0].Path)
}

func TestMarketingIsNotSentTwice(t *testing.T) {
	marketing := message()
	marketing.Marketing = true
	for _, activity := range []bool{true, false} {
		sender, script := newSender(t, config(activity), providertest.Reply(200, `{"messages":[]}`))
		receipt, err := sender.Send(context.Background(), effect(false), marketing)
		require.NoError(t, err)
		require.True(t, receipt.Dropped)
		for _, request := range script.Received() {
			require.Equal(t, http.MethodGet, request.Method)
		}
	}
}

func TestErrorClasses(t *testing.T) {
	refusal := `{"errors":[{"message":"ana@guest.example is not allowed","field":"personalizations.0.to.0.email"}]}`
	for name, test := range map[string]struct {
		answer http.HandlerFunc
		class  failure.Class
		code   string
	}{
		"400":                {providertest.Reply(400, refusal), failure.Permanent, "personalizations.0.to.0.email"},
		"401":                {providertest.Reply(401, `{"errors":[{"message":"bad key","field":null}]}`), failure.Permanent, ""},
		"403":                {providertest.Reply(403, `{"errors":[{"message":"unverified","field":"from"}]}`), failure.Permanent, "from"},
		"413":                {providertest.Reply(413, ``), failure.Permanent, ""},
		"400, field quoting": {providertest.Reply(400, `{"errors":[{"field":"ana@guest.example"}]}`), failure.Permanent, ""},
		"408":                {providertest.Reply(408, ``), failure.Ambiguous, ""},
		"429":                {providertest.Reply(429, `{"errors":[{"message":"too many requests"}]}`), failure.Throttled, ""},
		"500":                {providertest.Reply(500, `<html>`), failure.Ambiguous, ""},
		"503":                {providertest.Reply(503, ``), failure.Ambiguous, ""},
		"redirect":           {providertest.Reply(302, ``), failure.Permanent, ""},
		"no answer":          {providertest.HangUp, failure.Ambiguous, ""},
	} {
		t.Run(name, func(t *testing.T) {
			sender, script := newSender(t, config(false), test.answer)
			_, err := sender.Send(context.Background(), effect(true), message())
			known := requireClass(t, test.class, err)
			require.Equal(t, "sendgrid", known.Provider)
			require.Equal(t, "mail.send", known.Operation)
			require.Equal(t, test.code, known.Code)
			require.Len(t, script.Received(), 1, "sent once, whatever the answer")
			requireRedacted(t, known)
		})
	}
}

func TestClassesOfEveryCall(t *testing.T) {
	providertest.Classes(t, "sendgrid", nil, func(ctx context.Context, client *provider.Client) error {
		sender, err := sendgrid.New(config(false), client)
		require.NoError(t, err)
		_, err = sender.Send(ctx, effect(true), message())
		return err
	})
}

func TestNobodyAnswers(t *testing.T) {
	sender, err := sendgrid.New(config(false), newClient(t, "http://127.0.0.1:1", nil))
	require.NoError(t, err)
	_, err = sender.Send(context.Background(), effect(true), message())
	requireRedacted(t, requireClass(t, failure.NotProcessed, err))
}

func TestTheRateLimitsResetIsHonoured(t *testing.T) {
	limited := func(reset time.Duration) time.Duration {
		sender, _ := newSender(t, config(false), func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X-RateLimit-Reset", strconv.FormatInt(time.Now().Add(reset).Unix(), 10))
			providertest.Reply(429, ``)(w, r)
		})
		_, err := sender.Send(context.Background(), effect(true), message())
		return requireClass(t, failure.Throttled, err).RetryAfter
	}
	require.InDelta(t, 30, limited(30*time.Second).Seconds(), 5)
	require.Equal(t, 15*time.Minute, limited(24*time.Hour), "capped")
	require.Zero(t, limited(-time.Hour))
}

func TestNewNamesWhatIsMissing(t *testing.T) {
	client := newClient(t, "http://127.0.0.1:1", nil)
	_, err := sendgrid.New(sendgrid.Config{From: "a@b.example"}, client)
	require.ErrorContains(t, err, "API key")
	_, err = sendgrid.New(sendgrid.Config{APIKey: provider.Fixed("x")}, client)
	require.ErrorContains(t, err, "sender's address")
}

func requireClass(t *testing.T, class failure.Class, err error) failure.Error {
	t.Helper()
	var known *failure.Error
	require.ErrorAs(t, err, &known)
	require.Equal(t, class, known.Class, "%v", err)
	return *known
}

// requireRedacted checks that an error says nothing about the guest.
func requireRedacted(t *testing.T, failed failure.Error) {
	t.Helper()
	for _, secret := range []string{"ana", "Ana", "guest.example", "SG.k3y"} {
		require.False(t, strings.Contains(failed.Error(), secret), "%q is in %q", secret, failed.Error())
	}
}
