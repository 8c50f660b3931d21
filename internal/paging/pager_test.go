package paging_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"guestjourney/activities/failure"
	"guestjourney/activities/provider/providertest"
	"guestjourney/internal/paging"
	"guestjourney/internal/sandbox"
	"guestjourney/internal/sandbox/sandboxtest"
)

const (
	account = "AC0123456789abcdef0123456789abcdef"
	nurse   = "+14155550134"
	house   = "+15005550006"
)

func config(base string) paging.Config {
	return paging.Config{AccountSID: account, APIKeySID: "SKkey", APIKeySecret: "k3ySecret", From: house, BaseURL: base, Timeout: 5 * time.Second}
}

// scripted returns a pager before a stub that gives these answers.
func scripted(t *testing.T, change func(*paging.Config), answers ...http.HandlerFunc) (*paging.Pager, *providertest.Script) {
	t.Helper()
	script, address := providertest.Serve(t, answers...)
	set := config(address + "/twilio")
	if change != nil {
		change(&set)
	}
	pager, err := paging.New(set)
	require.NoError(t, err)
	return pager, script
}

func twiml(t *testing.T, page paging.Page) string {
	t.Helper()
	pager, script := scripted(t, nil, providertest.Reply(http.StatusCreated, `{"sid":"CA1","status":"queued"}`))
	_, err := pager.Call(t.Context(), nurse, page)
	require.NoError(t, err)
	return script.Received()[0].Form.Get("Twiml")
}

func TestATextIsOneRequest(t *testing.T) {
	pager, script := scripted(t, nil, providertest.Reply(http.StatusCreated, `{"sid":"SM1","status":"queued","error_code":null}`))
	before := time.Now()
	receipt, err := pager.Text(t.Context(), nurse, page())
	require.NoError(t, err)
	require.Equal(t, "SM1", receipt.ID)
	require.False(t, receipt.Undeliverable)
	require.WithinRange(t, receipt.HandedAt, before, time.Now())

	require.Len(t, script.Received(), 1)
	sent := script.Received()[0]
	require.Equal(t, http.MethodPost, sent.Method)
	require.Equal(t, "/twilio/2010-04-01/Accounts/"+account+"/Messages.json", sent.Path)
	require.Equal(t, []string{"SKkey", "k3ySecret"}, []string{sent.User, sent.Secret})
	require.Equal(t, map[string][]string{"To": {nurse}, "From": {house}, "Body": {page().Text()}}, map[string][]string(sent.Form))
}

func TestACallIsOneRequest(t *testing.T) {
	pager, script := scripted(t, func(c *paging.Config) { c.From, c.CallFrom = "MG0123", house }, providertest.Reply(http.StatusCreated, `{"sid":"CA1","status":"queued"}`))
	receipt, err := pager.Call(t.Context(), nurse, page())
	require.NoError(t, err)
	require.Equal(t, "CA1", receipt.ID)
	sent := script.Received()[0]
	require.Equal(t, "/twilio/2010-04-01/Accounts/"+account+"/Calls.json", sent.Path)
	require.Equal(t, []string{nurse, house, "25"}, []string{sent.Form.Get("To"), sent.Form.Get("From"), sent.Form.Get("Timeout")})
}

func TestAMessagingServiceTextsAndANumberCalls(t *testing.T) {
	service := config("http://127.0.0.1:1")
	service.From = "MG0123456789abcdef0123456789abcdef"
	_, err := paging.New(service)
	require.ErrorContains(t, err, "a messaging service cannot call")

	pager, script := scripted(t, func(c *paging.Config) { c.From, c.CallFrom = service.From, house }, providertest.Reply(http.StatusCreated, `{"sid":"SM1"}`))
	_, err = pager.Text(t.Context(), nurse, page())
	require.NoError(t, err)
	require.Equal(t, service.From, script.Received()[0].Form.Get("MessagingServiceSid"))
	require.False(t, script.Received()[0].Form.Has("From"))
}

func refusal(status, code int) http.HandlerFunc {
	return providertest.Reply(status, fmt.Sprintf(`{"code":%d,"message":"The number %s is wrong","status":%d}`, code, nurse, status))
}

// TestUndeliverableIsAnAnswer: the ladder goes on at once.
func TestUndeliverableIsAnAnswer(t *testing.T) {
	for name, test := range map[string]struct {
		answer http.HandlerFunc
		reason string
	}{
		"opted out":                  {refusal(400, 21610), "21610"},
		"no valid number":            {refusal(400, 21211), "21211"},
		"no mobile":                  {refusal(400, 21614), "21614"},
		"a country not texted":       {refusal(400, 21408), "21408"},
		"a number that nobody calls": {refusal(400, 21217), "21217"},
		"accepted and opted out":     {providertest.Reply(201, `{"sid":"SM1","status":"failed","error_code":21610}`), "21610"},
		"accepted and failed":        {providertest.Reply(201, `{"sid":"SM1","status":"failed","error_code":30007}`), "30007"},
		"accepted and cancelled":     {providertest.Reply(201, `{"sid":"CA1","status":"canceled"}`), "canceled"},
	} {
		t.Run(name, func(t *testing.T) {
			pager, script := scripted(t, nil, test.answer)
			receipt, err := pager.Text(t.Context(), nurse, page())
			require.NoError(t, err)
			require.True(t, receipt.Undeliverable)
			require.Equal(t, test.reason, receipt.Reason)
			require.Zero(t, receipt.HandedAt)
			require.Len(t, script.Received(), 1)
		})
	}
}

func TestErrorClasses(t *testing.T) {
	for name, test := range map[string]struct {
		answer http.HandlerFunc
		class  failure.Class
		status int
		code   string
	}{
		"too many requests":           {refusal(429, 20429), failure.Throttled, 429, "20429"},
		"20429 whatever the status":   {refusal(400, 20429), failure.Throttled, 400, "20429"},
		"429 that is no JSON":         {providertest.Reply(429, "slow down"), failure.Throttled, 429, ""},
		"wrong key":                   {refusal(401, 20003), failure.Permanent, 401, "20003"},
		"no such account":             {refusal(404, 20404), failure.Permanent, 404, "20404"},
		"500":                         {refusal(500, 20500), failure.Ambiguous, 500, "20500"},
		"503 that is no JSON":         {providertest.Reply(503, "<html>busy</html>"), failure.Ambiguous, 503, ""},
		"redirect":                    {providertest.Reply(302, "{}"), failure.Permanent, 302, ""},
		"accepted, but cut off":       {providertest.Reply(201, `{"sid":"SM`), failure.Ambiguous, 0, ""},
		"no answer after the request": {providertest.HangUp, failure.Ambiguous, 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			for _, send := range []func(*paging.Pager) (paging.Receipt, error){
				func(p *paging.Pager) (paging.Receipt, error) { return p.Text(t.Context(), nurse, page()) },
				func(p *paging.Pager) (paging.Receipt, error) { return p.Call(t.Context(), nurse, page()) },
			} {
				pager, script := scripted(t, nil, test.answer)
				_, err := send(pager)
				known := requireClass(t, test.class, err)
				assert.Equal(t, "twilio", known.Provider)
				assert.Equal(t, test.status, known.Status)
				assert.Equal(t, test.code, known.Code)
				assert.Len(t, script.Received(), 1, "one call is one attempt")
			}
		})
	}
}

func TestALongWaitIsCut(t *testing.T) {
	for asked, want := range map[string]time.Duration{"1": time.Second, "900": 2 * time.Second, "99999999999999999": 2 * time.Second, "99999999999999999999": 0, "soon": 0, "-1": 0} {
		pager, _ := scripted(t, nil, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Retry-After", asked)
			refusal(429, 20429)(w, r)
		})
		_, err := pager.Text(t.Context(), nurse, page())
		require.Equal(t, want, requireClass(t, failure.Throttled, err).RetryAfter, asked)
	}
}

func TestNobodyAnswers(t *testing.T) {
	for way, class := range map[string]failure.Class{
		providertest.Refused: failure.NotProcessed, providertest.DNSFailure: failure.NotProcessed, providertest.ConnectTimeout: failure.NotProcessed,
	} {
		set := config(providertest.Nowhere(t, way))
		set.Timeout = 200 * time.Millisecond
		pager, err := paging.New(set)
		require.NoError(t, err)
		_, err = pager.Text(t.Context(), nurse, page())
		requireClass(t, class, err)
	}
}

func TestAPageEnds(t *testing.T) {
	silent := func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	pager, _ := scripted(t, func(c *paging.Config) { c.Timeout = 50 * time.Millisecond }, silent)
	_, err := pager.Text(t.Context(), nurse, page())
	require.ErrorIs(t, err, context.DeadlineExceeded, "with its own timeout")
	requireClass(t, failure.Ambiguous, err)

	pager, _ = scripted(t, nil, silent)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err = pager.Call(ctx, nurse, page())
	requireClass(t, failure.Ambiguous, err)
	require.ErrorIs(t, err, context.DeadlineExceeded, "with the caller's context")
}

func TestAHugeAnswerIsNotRead(t *testing.T) {
	pager, _ := scripted(t, nil, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusCreated)
		_, _ = w.Write(make([]byte, 300<<10))
	})
	_, err := pager.Text(t.Context(), nurse, page())
	requireClass(t, failure.Ambiguous, err)
}

func TestNewNamesWhatIsMissing(t *testing.T) {
	for name, empty := range map[string]func(*paging.Config){
		"account SID":    func(c *paging.Config) { c.AccountSID = "" },
		"API key SID":    func(c *paging.Config) { c.APIKeySID = "" },
		"API key secret": func(c *paging.Config) { c.APIKeySecret = "" },
		"sender number":  func(c *paging.Config) { c.From = "" },
		"base URL":       func(c *paging.Config) { c.BaseURL = "nowhere" },
	} {
		incomplete := config("")
		empty(&incomplete)
		_, err := paging.New(incomplete)
		require.ErrorContains(t, err, name)
	}
}

// TestTheSandboxIsPaged goes through the stand-in of Twilio, without Temporal and
// without the provider layer, as a fallback page does.
func TestTheSandboxIsPaged(t *testing.T) {
	server := sandboxtest.Open(t, sandbox.Config{})
	pager, err := paging.New(paging.Config{
		AccountSID: server.Secrets.TwilioAccountSID, APIKeySID: server.Secrets.TwilioKeySID, APIKeySecret: server.Secrets.TwilioKeySecret,
		From: house, BaseURL: server.URL + "/twilio",
	})
	require.NoError(t, err)
	marked := page()
	marked.Fallback = true
	texted, err := pager.Text(t.Context(), nurse, marked)
	require.NoError(t, err)
	called, err := pager.Call(t.Context(), nurse, marked)
	require.NoError(t, err)
	messages := server.Messages(sandbox.MessageFilter{To: nurse})
	require.Len(t, messages, 2)
	assert.Equal(t, []string{texted.ID, called.ID}, []string{messages[0].ID, messages[1].ID})
	assert.Equal(t, marked.Text(), messages[0].Body)
	assert.Contains(t, messages[1].Body, "Fallback page.")
}

// requireClass checks an error's class, and that it tells nobody anything.
func requireClass(t *testing.T, class failure.Class, err error) failure.Error {
	t.Helper()
	var known *failure.Error
	require.ErrorAs(t, err, &known)
	require.Equal(t, class, known.Class, "%v", err)
	for _, secret := range []string{"4155550134", "HR-LOW", "Room", "k3ySecret"} {
		require.NotContains(t, fmt.Sprintf("%v %+v %#v", err, *known, known.Err), secret)
	}
	return *known
}
