package twilio_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"guestjourney/activities/failure"
	"guestjourney/activities/provider"
	"guestjourney/activities/provider/providertest"
	"guestjourney/activities/sms/twilio"
)

const accepted = `{"sid":"SM1","status":"queued","body":"x","error_code":null}`

func TestSendAsksTwilioForOneMessage(t *testing.T) {
	sender, script := newSender(t, config(), providertest.Reply(http.StatusCreated, accepted))
	receipt, err := sender.Send(context.Background(), effect(true), text())
	require.NoError(t, err)
	require.Equal(t, "SM1", receipt.ID)

	require.Len(t, script.Received(), 1, "the first try does not search")
	sent := script.Received()[0]
	require.Equal(t, http.MethodPost, sent.Method)
	require.Equal(t, "/twilio/2010-04-01/Accounts/"+account+"/Messages.json", sent.Path)
	require.Equal(t, "SKkey", sent.User)
	require.Equal(t, "k3ySecret", sent.Secret)
	require.Equal(t, guest, sent.Form.Get("To"))
	require.Equal(t, "+15005550006", sent.Form.Get("From"))
	require.Equal(t, text().Body, sent.Form.Get("Body"))
	require.False(t, sent.Form.Has("MessagingServiceSid"))
}

func TestStatusComesBackToTheWorkflow(t *testing.T) {
	sender, script := newSender(t, config(), providertest.Reply(http.StatusCreated, accepted))
	_, err := sender.Send(context.Background(), effect(true), text())
	require.NoError(t, err)

	callback, err := url.Parse(script.Received()[0].Form.Get("StatusCallback"))
	require.NoError(t, err)
	require.Equal(t, "https://hooks.example/webhooks/twilio/status", callback.Scheme+"://"+callback.Host+callback.Path)
	require.Equal(t, "appt/a1", callback.Query().Get("workflow"))
	sum := sha256.Sum256([]byte(key))
	require.Equal(t, hex.EncodeToString(sum[:])[:16], callback.Query().Get("op"))
	require.Equal(t, "rc=5&rp=all", callback.Fragment, "asks for retries")
}

func TestWithoutAPublicURLNoStatusIsAskedFor(t *testing.T) {
	without := config()
	without.PublicURL = ""
	sender, script := newSender(t, without, providertest.Reply(http.StatusCreated, accepted))
	_, err := sender.Send(context.Background(), effect(true), text())
	require.NoError(t, err)
	require.False(t, script.Received()[0].Form.Has("StatusCallback"))
}

func TestAMessagingServiceReplacesTheNumber(t *testing.T) {
	service := config()
	service.From = "MG0123456789abcdef0123456789abcdef"
	sender, script := newSender(t, service, providertest.Reply(http.StatusCreated, accepted))
	_, err := sender.Send(context.Background(), effect(true), text())
	require.NoError(t, err)
	require.Equal(t, service.From, script.Received()[0].Form.Get("MessagingServiceSid"))
	require.False(t, script.Received()[0].Form.Has("From"))
}

func TestATextWithoutItsReferenceIsRefused(t *testing.T) {
	sender, script := newSender(t, config())
	bare := text()
	bare.Body = "Casa Serena: see you soon."
	_, err := sender.Send(context.Background(), effect(true), bare)
	requireClass(t, failure.InvalidInput, err)
	require.Empty(t, script.Received())
}

// page is one page of the message list.
func page(next string, messages ...map[string]any) http.HandlerFunc {
	answer, err := json.Marshal(map[string]any{"messages": messages, "next_page_uri": next})
	if err != nil {
		panic(err)
	}
	return providertest.Reply(http.StatusOK, string(answer))
}

func message(sid, body string, created time.Time) map[string]any {
	return map[string]any{"sid": sid, "body": body, "direction": "outbound-api", "date_created": created.Format(time.RFC1123Z)}
}

func TestASecondTrySearchesTheRecipientsMessages(t *testing.T) {
	other := message("SM0", "Casa Serena: something else. Ref AAAAAAAA", since)
	answer := message("SM9", text().Body, since)
	answer["direction"] = "inbound" // a guest who quotes us
	sender, script := newSender(t, config(),
		page("/2010-04-01/Accounts/"+account+"/Messages.json?PageSize=100&Page=1&PageToken=PASM1", other, answer),
		page("", message("SM2", "Sent from your Twilio trial account - "+text().Body, since)))
	receipt, err := sender.Send(context.Background(), effect(false), text())
	require.NoError(t, err)
	require.Equal(t, "SM2", receipt.ID)

	requests := script.Received()
	require.Len(t, requests, 2, "found, so nothing is sent")
	require.Equal(t, http.MethodGet, requests[0].Method)
	require.Equal(t, guest, requests[0].Query.Get("To"))
	require.Equal(t, "100", requests[0].Query.Get("PageSize"))
	require.Equal(t, "PASM1", requests[1].Query.Get("PageToken"))
	require.Equal(t, "1", requests[1].Query.Get("Page"))
}

func TestTheSearchEndsBeforeTheStep(t *testing.T) {
	old := message("SM0", "old", since.Add(-25*time.Hour))
	sender, script := newSender(t, config(), page("/more?PageToken=x&Page=1", old), providertest.Reply(http.StatusCreated, accepted))
	receipt, err := sender.Send(context.Background(), effect(false), text())
	require.NoError(t, err)
	require.Equal(t, "SM1", receipt.ID)
	require.Len(t, script.Received(), 2, "one page, then the message")
}

func TestAnEndlessListIsNotTakenForNothing(t *testing.T) {
	var pages []http.HandlerFunc
	for range 10 {
		pages = append(pages, page("/more?PageToken=x&Page=1", message("SM0", "new", since)))
	}
	sender, script := newSender(t, config(), pages...)
	_, err := sender.Send(context.Background(), effect(false), text())
	requireClass(t, failure.Ambiguous, err)
	require.Len(t, script.Received(), 10, "bounded, and nothing is sent")
}

func TestAFailedSearchSendsNothing(t *testing.T) {
	sender, script := newSender(t, config(), providertest.Reply(http.StatusServiceUnavailable, `{}`))
	_, err := sender.Send(context.Background(), effect(false), text())
	requireClass(t, failure.Ambiguous, err)
	require.Len(t, script.Received(), 1)
}

func TestMarketingIsNotSentTwice(t *testing.T) {
	marketing := text()
	marketing.Marketing = true
	sender, script := newSender(t, config(), page(""))
	receipt, err := sender.Send(context.Background(), effect(false), marketing)
	require.NoError(t, err)
	require.True(t, receipt.Dropped)
	require.Len(t, script.Received(), 1, "searched, not sent")
}

func TestOptedOut(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"refused at once":                 providertest.Reply(http.StatusBadRequest, `{"code":21610,"message":"unsubscribed","status":400}`),
		"accepted and refused afterwards": providertest.Reply(http.StatusCreated, `{"sid":"SM1","status":"failed","error_code":21610}`),
	} {
		t.Run(name, func(t *testing.T) {
			sender, _ := newSender(t, config(), answer)
			receipt, err := sender.Send(context.Background(), effect(true), text())
			require.NoError(t, err)
			require.True(t, receipt.Blocked)
		})
	}
}

func TestErrorClasses(t *testing.T) {
	coded := func(status, code int) http.HandlerFunc {
		return providertest.Reply(status, fmt.Sprintf(`{"code":%d,"message":"The number %s is wrong","status":%d}`, code, guest, status))
	}
	for name, test := range map[string]struct {
		answer http.HandlerFunc
		class  failure.Class
		code   string
		after  time.Duration
	}{
		"20429 too many requests":       {coded(429, 20429), failure.Throttled, "20429", 0},
		"20429 whatever the status":     {coded(400, 20429), failure.Throttled, "20429", 0},
		"45780 Flex rate":               {coded(429, 45780), failure.Throttled, "45780", 0},
		"21211 invalid number":          {coded(400, 21211), failure.Permanent, "21211", 0},
		"21614 not a mobile number":     {coded(400, 21614), failure.Permanent, "21614", 0},
		"20003 wrong key":               {coded(401, 20003), failure.Permanent, "20003", 0},
		"20404 no such resource":        {coded(404, 20404), failure.Permanent, "20404", 0},
		"60200 invalid parameter":       {coded(400, 60200), failure.Permanent, "60200", 0},
		"60202 verify: too many checks": {coded(429, 60202), failure.Throttled, "60202", 10 * time.Minute},
		"60203 verify: too many sends":  {coded(429, 60203), failure.Throttled, "60203", 10 * time.Minute},
		"45780 whatever the status":     {coded(400, 45780), failure.Throttled, "45780", 0},
		"20003, forbidden":              {coded(403, 20003), failure.Permanent, "20003", 0},
		"408":                           {coded(408, 0), failure.Ambiguous, "", 0},
		"500":                           {coded(500, 20500), failure.Ambiguous, "20500", 0},
		"503 that is no JSON":           {providertest.Reply(503, "<html>busy</html>"), failure.Ambiguous, "", 0},
		"403 that is no JSON":           {providertest.Reply(403, "<html>no</html>"), failure.Permanent, "", 0},
		"429 that is no JSON":           {providertest.Reply(429, "slow down"), failure.Throttled, "", 0},
		"redirect, the SDK's success":   {providertest.Reply(302, "{}"), failure.Permanent, "", 0},
		"accepted, but cut off":         {providertest.Reply(201, `{"sid":"SM`), failure.Ambiguous, "", 0},
		"no answer after the request":   {providertest.HangUp, failure.Ambiguous, "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			sender, script := newSender(t, config(), test.answer)
			_, err := sender.Send(context.Background(), effect(true), text())
			known := requireClass(t, test.class, err)
			require.Equal(t, "twilio", known.Provider)
			require.Equal(t, "messages.create", known.Operation)
			require.Equal(t, test.code, known.Code)
			require.Equal(t, test.after, known.RetryAfter)
			require.Len(t, script.Received(), 1, "sent once, whatever the answer")
			requireRedacted(t, known)
		})
	}
}

func TestClassesOfEveryCall(t *testing.T) {
	providertest.Classes(t, "twilio", nil, func(ctx context.Context, client *provider.Client) error {
		sender, err := twilio.New(config(), client)
		require.NoError(t, err)
		_, err = sender.Send(ctx, effect(true), text())
		return err
	})
}

func TestNobodyAnswers(t *testing.T) {
	sender, err := twilio.New(config(), newClient(t, "http://127.0.0.1:1", nil))
	require.NoError(t, err)
	_, err = sender.Send(context.Background(), effect(true), text())
	requireRedacted(t, requireClass(t, failure.NotProcessed, err))
}

func TestARetryAfterIsKept(t *testing.T) {
	sender, _ := newSender(t, config(), func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Retry-After", "7")
		providertest.Reply(429, `{"code":20429,"status":429}`)(w, r)
	})
	_, err := sender.Send(context.Background(), effect(true), text())
	require.Equal(t, 7*time.Second, requireClass(t, failure.Throttled, err).RetryAfter)
}

func TestACancelledCallEnds(t *testing.T) {
	sender, _ := newSender(t, config(), providertest.Reply(http.StatusCreated, accepted))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := sender.Send(ctx, effect(true), text())
	require.ErrorIs(t, err, context.Canceled, "the SDK knows no context; the transport does")
}

func TestACredentialThatTheSDKRefuses(t *testing.T) {
	wrong := config()
	wrong.APIKeySecret = "has a space"
	sender, script := newSender(t, wrong)
	_, err := sender.Send(context.Background(), effect(true), text())
	require.Equal(t, "21224", requireClass(t, failure.Permanent, err).Code)
	require.Empty(t, script.Received())
}

func TestNewNamesWhatIsMissing(t *testing.T) {
	client := newClient(t, "http://127.0.0.1:1", nil)
	for name, empty := range map[string]func(*twilio.Config){
		"account SID":    func(c *twilio.Config) { c.AccountSID = "" },
		"API key SID":    func(c *twilio.Config) { c.APIKeySID = "" },
		"API key secret": func(c *twilio.Config) { c.APIKeySecret = "" },
		"sender number":  func(c *twilio.Config) { c.From = "" },
	} {
		incomplete := config()
		empty(&incomplete)
		_, err := twilio.New(incomplete, client)
		require.ErrorContains(t, err, name)
	}
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
	for _, secret := range []string{"4155550134", "see you soon", "k3ySecret"} {
		require.False(t, strings.Contains(failed.Error(), secret), "%q is in %q", secret, failed.Error())
	}
}
