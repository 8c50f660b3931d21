package provider_test

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/time/rate"

	"guestjourney/activities/failure"
	"guestjourney/activities/options"
	"guestjourney/activities/provider"
)

func TestASecondRequestIsRefused(t *testing.T) {
	var requests atomic.Int32
	stub := server(t, func(http.ResponseWriter, *http.Request) { requests.Add(1) })
	c, _ := client(t, "")
	trace := &provider.Trace{}
	sdk := c.HTTPClient(t.Context(), trace)
	answer, err := sdk.Get(stub.URL)
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())

	_, err = sdk.Post(stub.URL, "text/plain", strings.NewReader("again"))
	require.ErrorIs(t, err, provider.ErrSecondAttempt)
	assert.EqualValues(t, 1, requests.Load())
	assert.Equal(t, failure.Ambiguous, c.Classify("x", 0, "", nil, trace, err).Class, "the first one did leave")
}

// TestNetHTTPDoesNotRepeat breaks a kept connection under a request that
// net/http would send again by itself, because it has an Idempotency-Key.
func TestNetHTTPDoesNotRepeat(t *testing.T) {
	for name, content := range map[string]io.Reader{"with body": strings.NewReader("{}"), "without body": nil} {
		t.Run(name, func(t *testing.T) {
			var writes atomic.Int32
			address := listener(t, func(connection net.Conn) {
				readRequest(connection)
				_, _ = connection.Write([]byte("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"))
				part := make([]byte, 4096)
				if n, _ := connection.Read(part); n > 0 {
					writes.Add(1)
				}
				reset(connection)
			})
			c, _ := client(t, "")
			answer, err := c.HTTPClient(t.Context(), &provider.Trace{}).Get(address)
			require.NoError(t, err)
			_, err = io.ReadAll(answer.Body)
			require.NoError(t, err)
			require.NoError(t, answer.Body.Close())

			trace := &provider.Trace{}
			request, err := http.NewRequest(http.MethodPost, address, content)
			require.NoError(t, err)
			request.Header.Set("Idempotency-Key", "key")
			_, err = c.HTTPClient(t.Context(), trace).Do(request)
			require.Error(t, err)
			assert.True(t, trace.Written())
			assert.LessOrEqual(t, writes.Load(), int32(1))
		})
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	target := server(t, func(http.ResponseWriter, *http.Request) { t.Error("followed") })
	stub := server(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, target.URL+"?token=secret", http.StatusTemporaryRedirect)
	})
	c, log := client(t, "")
	trace, _, err := post(t.Context(), t, c, stub.URL)
	require.ErrorIs(t, err, provider.ErrRedirected)
	failed := c.Classify("things.create", 0, "", nil, trace, err)
	assert.Equal(t, failure.Permanent, failed.Class)
	assert.Equal(t, 307, failed.Status)
	assert.NotContains(t, log.String(), "secret")
}

func TestRequestsGoToTheBaseURL(t *testing.T) {
	var got url.URL
	var host string
	stub := server(t, func(_ http.ResponseWriter, r *http.Request) { got, host = *r.URL, r.Host })
	c, _ := client(t, stub.URL+"/stripe/")
	for address, want := range map[string]string{
		"https://api.stripe.com/v1/customers?limit=1":     "/stripe/v1/customers?limit=1",
		"https://api.stripe.com/v1/customers/a%2Fb":       "/stripe/v1/customers/a%2Fb",
		stub.URL + "/stripe/v1/already/there":             "/stripe/v1/already/there",
		"https://api.stripe.com/stripe/v1/somewhere-else": "/stripe/stripe/v1/somewhere-else",
	} {
		_, status, err := post(t.Context(), t, c, address)
		require.NoError(t, err)
		require.Equal(t, 200, status)
		assert.Equal(t, want, got.RequestURI(), address)
		assert.Equal(t, strings.TrimPrefix(stub.URL, "http://"), host)
	}
}

func TestTheContextIsCarriedEvenWhereTheSDKHasNone(t *testing.T) {
	address := listener(t, hang)
	c, _ := client(t, "")
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, _, err := post(ctx, t, c, address)
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

func TestTheRequestsOwnContextEndsItToo(t *testing.T) {
	own, cancel := context.WithCancel(t.Context())
	address := listener(t, func(connection net.Conn) { readRequest(connection); cancel(); hang(connection) })
	c, _ := client(t, "")
	request, err := http.NewRequestWithContext(own, http.MethodGet, address, nil)
	require.NoError(t, err)
	_, err = c.HTTPClient(t.Context(), &provider.Trace{}).Do(request)
	require.ErrorIs(t, err, context.Canceled)
}

func TestErrorBodiesReachTheSDK(t *testing.T) {
	stub := server(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusPaymentRequired)
		_, _ = w.Write([]byte(`{"error":{"code":"card_declined"}}`))
	})
	c, _ := client(t, "")
	answer, err := c.HTTPClient(t.Context(), &provider.Trace{}).Get(stub.URL)
	require.NoError(t, err)
	text, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	assert.JSONEq(t, `{"error":{"code":"card_declined"}}`, string(text))
}

func TestOneLogLineWithoutAnythingPrivate(t *testing.T) {
	status := http.StatusOK
	stub := server(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Request-Id", "req_1")
		w.Header().Set("Set-Cookie", "ana@example.com")
		w.WriteHeader(status)
		_, _ = w.Write([]byte(`ana@example.com is "secret"`))
	})
	code := "rate_limit"
	c, log := client(t, stub.URL, func(config *provider.Config) { config.Code = func([]byte) string { return code } })
	request := provider.Request{
		Operation: "things.find", Method: "POST", Path: "/things/ana@example.com",
		Query: url.Values{"email": {"ana@example.com"}}, JSON: map[string]string{"email": "ana@example.com"},
		Header: http.Header{"Authorization": {"Bearer secret"}},
	}
	require.NoError(t, c.Call(t.Context(), request, nil))
	status = http.StatusTooManyRequests
	require.Error(t, c.Call(t.Context(), request, nil))
	code = "no customer ana@example.com"
	err := c.Call(t.Context(), request, nil)
	require.Error(t, err)

	lines := log.lines(t)
	require.Len(t, lines, 3)
	for _, line := range lines {
		for _, text := range []string{"ana@", "secret", "Bearer"} {
			encoded, err := json.Marshal(line)
			require.NoError(t, err)
			assert.NotContains(t, string(encoded), text)
		}
		delete(line, "time")
		assert.NotZero(t, line["duration"])
		delete(line, "duration")
	}
	assert.Equal(t, map[string]any{"level": "DEBUG", "msg": "provider call", "provider": "stripe", "operation": "things.find", "status": 200.0, "requestId": "req_1"}, lines[0])
	assert.Equal(t, map[string]any{"level": "WARN", "msg": "provider call", "provider": "stripe", "operation": "things.find", "status": 429.0, "requestId": "req_1", "code": "rate_limit"}, lines[1])
	assert.NotContains(t, lines[2], "code")
	assert.Equal(t, "stripe things.find: Throttled, status 429", err.Error())
}

func TestCall(t *testing.T) {
	type thing struct{ Name string }
	stub := server(t, func(w http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		switch r.URL.Path {
		case "/base/json":
			assert.JSONEq(t, `{"Name":"a"}`, string(text))
			assert.Equal(t, "application/json", r.Header.Get("Content-Type"))
			assert.Equal(t, "Bearer key", r.Header.Get("Authorization"))
			_, _ = w.Write([]byte(`{"Name":"b"}`))
		case "/base/form":
			assert.Equal(t, "a=1", string(text))
			assert.Equal(t, "application/x-www-form-urlencoded", r.Header.Get("Content-Type"))
			w.WriteHeader(http.StatusNoContent)
		case "/base/base/a/b":
			assert.Equal(t, "/base/base/a%2Fb?q=1", r.RequestURI)
		default:
			_, _ = w.Write([]byte("<html>ana@example.com"))
		}
	})
	c, _ := client(t, stub.URL+"/base")
	var out thing
	require.NoError(t, c.Call(t.Context(), provider.Request{Method: "POST", Path: "/json", JSON: thing{"a"}, Header: http.Header{"authorization": {"Bearer key"}}}, &out))
	assert.Equal(t, "b", out.Name)
	require.NoError(t, c.Call(t.Context(), provider.Request{Method: "POST", Path: "/form", Form: url.Values{"a": {"1"}}}, &out))
	require.NoError(t, c.Call(t.Context(), provider.Request{Method: "GET", Path: "/base/a%2Fb", Query: url.Values{"q": {"1"}}}, nil))

	err := c.Call(t.Context(), provider.Request{Operation: "x", Method: "POST", Path: "/html"}, &out)
	var failed *failure.Error
	require.ErrorAs(t, err, &failed)
	assert.Equal(t, failure.Ambiguous, failed.Class, "it was done, but nobody can read what")
	assert.Equal(t, 200, failed.Status)
	assert.NotContains(t, failed.Unwrap().Error(), "ana@")

	for _, bad := range []provider.Request{{Method: "B AD"}, {Method: "GET", Path: "/%zz"}, {Method: "POST", JSON: func() {}}} {
		require.ErrorAs(t, c.Call(t.Context(), bad, nil), &failed)
		assert.Equal(t, failure.InvalidInput, failed.Class)
	}
	without, _ := client(t, "")
	require.ErrorAs(t, without.Call(t.Context(), provider.Request{Method: "GET"}, nil), &failed)
	assert.ErrorContains(t, failed.Unwrap(), "BaseURL is empty")
}

func TestTheRateIsKept(t *testing.T) {
	stub := server(t, func(http.ResponseWriter, *http.Request) {})
	c, _ := client(t, stub.URL, func(config *provider.Config) { config.Rate = rate.Every(time.Hour); short(config) })
	request := provider.Request{Operation: "x", Method: "POST", Path: "/"}
	require.NoError(t, c.Call(t.Context(), request, nil))
	var failed *failure.Error
	require.ErrorAs(t, c.Call(t.Context(), request, nil), &failed)
	assert.Equal(t, failure.NotProcessed, failed.Class)
	assert.Equal(t, "waited too long for the call rate", failed.Advice)
}

func TestConfigurationIsChecked(t *testing.T) {
	for text, config := range map[string]provider.Config{
		"Name is empty":  {},
		"no timeout":     {Name: "unknown"},
		"base URL":       {Name: "stripe", BaseURL: "localhost:8080"},
		"the base URL":   {Name: "stripe", BaseURL: "ftp://host"},
		"base URL is":    {Name: "stripe", BaseURL: "https://user:secret@host"},
		"base URL is no": {Name: "stripe", BaseURL: "https://host?secret=1"},
		"Config.Rate":    {Name: "stripe", Rate: -1},
		"Config.Circuit": {Name: "stripe", Circuit: provider.Circuit{Open: -1}},
	} {
		_, err := provider.New(config)
		require.ErrorContains(t, err, text)
		assert.NotContains(t, err.Error(), "secret")
	}
	for _, name := range []string{"google", "hubspot", "sendgrid", "stripe", "twilio", "whatsapp"} {
		made, err := provider.New(provider.Config{Name: name})
		require.NoError(t, err)
		made.Close()
		assert.Less(t, made.Timeout(), options.Outside.StartToClose)
	}
}
