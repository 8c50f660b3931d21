package provider_test

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"guestjourney/activities/failure"
	"guestjourney/activities/provider"
)

// TestStatuses holds the general classification of answers.
func TestStatuses(t *testing.T) {
	for _, want := range []struct {
		status int
		class  failure.Class
	}{
		{400, failure.Permanent}, {401, failure.Permanent}, {403, failure.Permanent}, {404, failure.Permanent},
		{405, failure.Permanent}, {409, failure.Permanent}, {410, failure.Permanent}, {413, failure.Permanent},
		{422, failure.Permanent}, {408, failure.Ambiguous}, {425, failure.NotProcessed}, {429, failure.Throttled},
		{500, failure.Ambiguous}, {502, failure.Ambiguous}, {503, failure.Ambiguous}, {504, failure.Ambiguous},
	} {
		t.Run(http.StatusText(want.status), func(t *testing.T) {
			stub := server(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(want.status) })
			c, _ := client(t, stub.URL)
			err := c.Call(t.Context(), provider.Request{Operation: "things.create", Method: "POST", Path: "/things", JSON: 1}, nil)
			var failed *failure.Error
			require.ErrorAs(t, err, &failed)
			assert.Equal(t, want.class, failed.Class)
			assert.Equal(t, want.status, failed.Status)
			assert.Equal(t, "things.create", failed.Operation)
			assert.Equal(t, "stripe", failed.Provider)
		})
	}
}

func TestRetryAfter(t *testing.T) {
	for _, want := range []struct {
		name, header string
		least, most  time.Duration
		status       int
	}{
		{"none", "", 0, 0, 429},
		{"seconds", "7", 7 * time.Second, 7 * time.Second, 429},
		{"fraction", "0.5", 500 * time.Millisecond, 500 * time.Millisecond, 429},
		{"date", time.Now().Add(time.Minute).UTC().Format(http.TimeFormat), 50 * time.Second, time.Minute, 429},
		{"past date", time.Now().Add(-time.Minute).UTC().Format(http.TimeFormat), 0, 0, 429},
		{"too long", "86400", 15 * time.Minute, 15 * time.Minute, 429},
		{"huge", "1e300", 15 * time.Minute, 15 * time.Minute, 429},
		{"negative", "-3", 0, 0, 429},
		{"not a number", "NaN", 0, 0, 429},
		{"nonsense", "soon", 0, 0, 429},
		{"also for 503", "3", 3 * time.Second, 3 * time.Second, 503},
		{"not for 400", "3", 0, 0, 400},
	} {
		t.Run(want.name, func(t *testing.T) {
			stub := server(t, func(w http.ResponseWriter, _ *http.Request) {
				if want.header != "" {
					w.Header().Set("Retry-After", want.header)
				}
				w.WriteHeader(want.status)
			})
			c, _ := client(t, stub.URL)
			var failed *failure.Error
			require.ErrorAs(t, c.Call(t.Context(), provider.Request{Method: "GET", Path: "/"}, nil), &failed)
			assert.GreaterOrEqual(t, failed.RetryAfter, want.least)
			assert.LessOrEqual(t, failed.RetryAfter, want.most)
		})
	}
}

// TestNoAnswer holds what is known when the connection failed: the difference
// between NotProcessed and Ambiguous is whether the request had left.
func TestNoAnswer(t *testing.T) {
	refused := func() string {
		free, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		defer func() { _ = free.Close() }()
		return "http://" + free.Addr().String()
	}
	for _, want := range []struct {
		name    string
		address func(*testing.T) string
		change  func(*provider.Config)
		class   failure.Class
		advice  string
	}{
		{"refused", func(*testing.T) string { return refused() }, nil, failure.NotProcessed, "connection refused"},
		{"host not found", func(*testing.T) string { return "http://nobody.invalid" }, nil, failure.NotProcessed, "host name not found"},
		{"connect timeout", func(*testing.T) string { return "http://connect.test" }, neverConnects, failure.NotProcessed, "timed out"},
		{"reset while connecting securely", func(t *testing.T) string { return secure(listener(t, reset)) }, nil, failure.NotProcessed, ""},
		{"not TLS", func(t *testing.T) string {
			return secure(server(t, func(http.ResponseWriter, *http.Request) {}).URL)
		}, nil, failure.NotProcessed, ""},
		{"unknown certificate", func(t *testing.T) string {
			stub := httptest.NewUnstartedServer(http.NotFoundHandler())
			stub.Config.ErrorLog = nil
			stub.StartTLS()
			t.Cleanup(stub.Close)
			return stub.URL
		}, nil, failure.NotProcessed, "TLS failed"},
		{"read timeout", func(t *testing.T) string { return listener(t, hang) }, short, failure.Ambiguous, "timed out"},
		{"reset after write", func(t *testing.T) string {
			return listener(t, func(connection net.Conn) { readRequest(connection); reset(connection) })
		}, nil, failure.Ambiguous, ""},
		{"closed after write", func(t *testing.T) string { return listener(t, readRequest) }, nil, failure.Ambiguous, "connection closed early"},
		{"half an answer", func(t *testing.T) string {
			return listener(t, func(connection net.Conn) {
				readRequest(connection)
				_, _ = connection.Write([]byte("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"))
			})
		}, nil, failure.Ambiguous, "connection closed early"},
		{"slow body", func(t *testing.T) string {
			return listener(t, func(connection net.Conn) {
				readRequest(connection)
				_, _ = connection.Write([]byte("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"))
				hang(connection)
			})
		}, short, failure.Ambiguous, "timed out"},
		{"slow refusal", func(t *testing.T) string {
			return listener(t, func(connection net.Conn) {
				readRequest(connection)
				_, _ = connection.Write([]byte("HTTP/1.1 400 Bad Request\r\nContent-Length: 100\r\n\r\n{"))
				hang(connection)
			})
		}, short, failure.Ambiguous, "timed out"},
		{"not HTTP", func(t *testing.T) string {
			return listener(t, func(connection net.Conn) {
				readRequest(connection)
				_, _ = connection.Write([]byte("ana@example.com is not HTTP\r\n\r\n"))
			})
		}, nil, failure.Ambiguous, ""},
		{"larger than the limit", func(t *testing.T) string {
			return server(t, func(w http.ResponseWriter, _ *http.Request) {
				block := []byte(strings.Repeat("x", 1<<20))
				for range 9 {
					_, _ = w.Write(block)
				}
			}).URL
		}, nil, failure.Ambiguous, "answer too large"},
	} {
		t.Run(want.name, func(t *testing.T) {
			change := want.change
			if change == nil {
				change = func(*provider.Config) {}
			}
			c, log := client(t, "", change)
			address := want.address(t) + "/things?email=ana@example.com"
			trace, status, err := post(t.Context(), t, c, address)
			require.Error(t, err)
			require.Zero(t, status)
			failed := c.Classify("things.create", status, "", nil, trace, err)
			assert.Equal(t, want.class, failed.Class, "%v", err)
			assert.Contains(t, failed.Advice, want.advice)
			assert.NotContains(t, failed.Error(), "ana@")
			assert.NotContains(t, failed.Unwrap().Error(), "ana@")
			assert.NotContains(t, failed.Unwrap().Error(), "things")
			assert.NotContains(t, log.String(), "ana@")
			require.Len(t, log.lines(t), 1)
			assert.Equal(t, "WARN", log.lines(t)[0]["level"])
		})
	}
}

// neverConnects stands for a host that drops packets: its dial ends with the
// context only.
func neverConnects(config *provider.Config) {
	short(config)
	config.Transport = &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}}
}

func secure(address string) string { return "https" + strings.TrimPrefix(address, "http") }

func TestCancelledBeforeAndAfterTheRequestLeft(t *testing.T) {
	before, cancel := context.WithCancel(t.Context())
	cancel()
	stub := server(t, func(http.ResponseWriter, *http.Request) { t.Error("the request left") })
	c, _ := client(t, "")
	trace, _, err := post(before, t, c, stub.URL)
	require.ErrorIs(t, err, context.Canceled)
	assert.Equal(t, failure.NotProcessed, c.Classify("x", 0, "", nil, trace, err).Class)

	after, cancel := context.WithCancel(t.Context())
	defer cancel()
	address := listener(t, func(connection net.Conn) { readRequest(connection); cancel(); hang(connection) })
	trace, _, err = post(after, t, c, address)
	require.ErrorIs(t, err, context.Canceled)
	failed := c.Classify("x", 0, "", nil, trace, err)
	assert.Equal(t, failure.Ambiguous, failed.Class)
	assert.ErrorIs(t, failed, context.Canceled)
}

func TestProvidersOwnRules(t *testing.T) {
	stub := server(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "20")
		w.WriteHeader(http.StatusTooManyRequests)
		_, _ = w.Write([]byte("DAILY"))
	})
	c, _ := client(t, stub.URL, func(config *provider.Config) {
		config.Code = func(body []byte) string { return string(body) }
		config.Rule = func(status int, code string, _ http.Header) (provider.Rule, bool) {
			return provider.Rule{Class: failure.Permanent, Advice: "wait for tomorrow"}, status == 429 && code == "DAILY"
		}
	})
	var failed *failure.Error
	require.ErrorAs(t, c.Call(t.Context(), provider.Request{Method: "GET", Path: "/"}, nil), &failed)
	assert.Equal(t, failure.Permanent, failed.Class)
	assert.Equal(t, "DAILY", failed.Code)
	assert.Equal(t, "wait for tomorrow", failed.Advice)
	assert.Zero(t, failed.RetryAfter, "nothing is tried again")

	other := c.Classify("x", 429, "SECONDLY", nil, nil, nil)
	assert.Equal(t, failure.Throttled, other.Class, "the rule is for one code only")
}

func TestNothingIsKnownWithoutATrace(t *testing.T) {
	c, _ := client(t, "")
	assert.Equal(t, failure.Ambiguous, c.Classify("x", 0, "", nil, nil, errors.New("?")).Class)
	assert.Equal(t, failure.Ambiguous, c.Classify("x", 0, "", nil, nil, &tls.CertificateVerificationError{}).Class)
}

// TestTheStatusOfAnSDKThatHidesIt: an SDK that cannot read an error page makes
// an error without a status; the trace knows it.
func TestTheStatusOfAnSDKThatHidesIt(t *testing.T) {
	stub := server(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		_, _ = w.Write([]byte("<html>ana@example.com"))
	})
	c, _ := client(t, "")
	trace, _, err := post(t.Context(), t, c, stub.URL)
	require.NoError(t, err)
	failed := c.Classify("x", 0, "", nil, trace, errors.New("cannot parse <html>ana@example.com"))
	assert.Equal(t, failure.Permanent, failed.Class)
	assert.Equal(t, http.StatusForbidden, failed.Status)
	assert.NoError(t, failed.Unwrap(), "the SDK's error quotes the answer")
}
