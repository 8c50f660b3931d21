package provider_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"guestjourney/activities/failure"
	"guestjourney/activities/provider"
)

// key is a Secret that a test turns.
type key struct {
	mutex   sync.Mutex
	current string
	next    string // what a refusal brings
	trouble error
	renewed atomic.Int32
}

func (k *key) Current(context.Context) (string, error) {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	return k.current, k.trouble
}

func (k *key) Renewed(_ context.Context, refused string) (string, error) {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	k.renewed.Add(1)
	if k.next == "away" {
		return "", errors.New("the store is away")
	}
	if k.next != "" && k.current == refused {
		k.current = k.next
	}
	return k.current, nil
}

// lock answers 200 to the one key that fits, and keeps the bodies it was sent.
type lock struct {
	mutex  sync.Mutex
	fits   string
	bodies []string
	keys   []string
}

func (l *lock) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.bodies, l.keys = append(l.bodies, string(body)), append(l.keys, r.Header.Get("Authorization"))
	if r.Header.Get("Authorization") != l.fits {
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = w.Write([]byte(`{"category":"INVALID_AUTHENTICATION"}`))
		return
	}
	_, _ = w.Write([]byte(`{}`))
}

var write = provider.Request{Operation: "things.create", Method: http.MethodPost, Path: "/things", JSON: map[string]string{"a": "b"}}

func TestASecretThatRotatesIsTakenUpInTheSameAttempt(t *testing.T) {
	door := &lock{fits: "Bearer new"}
	stub := server(t, door.ServeHTTP)
	c, log := client(t, stub.URL)
	secret := &key{current: "old", next: "new"}
	signed := c.Signed(provider.Bearer, secret)
	require.NoError(t, signed.Call(t.Context(), write, nil))
	assert.Equal(t, []string{"Bearer old", "Bearer new"}, door.keys)
	assert.Equal(t, []string{`{"a":"b"}`, `{"a":"b"}`}, door.bodies, "the whole body again")
	require.NoError(t, signed.Call(t.Context(), write, nil))
	assert.Len(t, door.keys, 3, "and kept")
	assert.EqualValues(t, 1, secret.renewed.Load())
	assert.NotContains(t, log.String(), "old\"")
	assert.NotContains(t, log.String(), "Bearer")
}

// An SDK's request comes by another way than our own.
func TestAnSDKsRequestIsSignedToo(t *testing.T) {
	door := &lock{fits: "Basic c2lkOm5ldw=="}
	stub := server(t, door.ServeHTTP)
	c, _ := client(t, "")
	var trace provider.Trace
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, stub.URL+"/things", strings.NewReader("a=b"))
	require.NoError(t, err)
	request.SetBasicAuth("sid", provider.SDKKey)
	answer, err := c.Signed(provider.Basic("sid"), &key{current: "old", next: "new"}).HTTPClient(t.Context(), &trace).Do(request)
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	assert.Equal(t, http.StatusOK, answer.StatusCode)
	assert.Equal(t, []string{"a=b", "a=b"}, door.bodies)
	assert.Equal(t, http.StatusOK, trace.Status())
	assert.Empty(t, trace.Code(), "the refusal is forgotten")
}

// A body that cannot be had again is not sent in half.
func TestARequestThatCannotBeRewoundIsSentOnce(t *testing.T) {
	door := &lock{fits: "Bearer new"}
	stub := server(t, door.ServeHTTP)
	c, _ := client(t, "")
	var trace provider.Trace
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, stub.URL+"/things", io.NopCloser(strings.NewReader("a=b")))
	require.NoError(t, err)
	answer, err := c.Signed(provider.Bearer, &key{current: "old", next: "new"}).HTTPClient(t.Context(), &trace).Do(request)
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	assert.Equal(t, http.StatusUnauthorized, answer.StatusCode)
	assert.Len(t, door.bodies, 1)
}

func TestARefusalStandsIfThereIsNoOtherSecret(t *testing.T) {
	door := &lock{fits: "Bearer never"}
	stub := server(t, door.ServeHTTP)
	for name, secret := range map[string]provider.Secret{"fixed": provider.Fixed("old"), "no other": &key{current: "old"}} {
		c, _ := client(t, stub.URL)
		before := len(door.keys)
		failed := failedWith(t, c.Signed(provider.Bearer, secret).Call(t.Context(), write, nil))
		assert.Equal(t, failure.Permanent, failed.Class, name)
		assert.Equal(t, http.StatusUnauthorized, failed.Status)
		assert.Equal(t, "INVALID_AUTHENTICATION", failed.Code)
		assert.Len(t, door.keys, before+1)
	}
	c, _ := client(t, stub.URL)
	secret := &key{current: "old", next: "newer"}
	failed := failedWith(t, c.Signed(provider.Bearer, secret).Call(t.Context(), write, nil))
	assert.Equal(t, failure.Permanent, failed.Class, "the present one is refused as well")
	assert.EqualValues(t, 1, secret.renewed.Load(), "it is renewed once an attempt")
}

// Whether the present secret would do is not known: no person need look yet.
func TestARefusalWhileThePresentSecretCannotBeRead(t *testing.T) {
	stub := server(t, (&lock{fits: "Bearer new"}).ServeHTTP)
	c, _ := client(t, stub.URL)
	failed := failedWith(t, c.Signed(provider.Bearer, &key{current: "old", next: "away"}).Call(t.Context(), write, nil))
	assert.Equal(t, failure.NotProcessed, failed.Class)
	assert.ErrorContains(t, failed, "the secret that signs in cannot be read")
	assert.NotContains(t, failed.Error(), "away")
}

func TestWithoutASecretNothingIsSent(t *testing.T) {
	door := &lock{}
	stub := server(t, door.ServeHTTP)
	c, _ := client(t, stub.URL, func(config *provider.Config) { config.Circuit.Failures = 1 })
	signed := c.Signed(provider.Bearer, &key{trouble: errors.New("the store is away")})
	failed := failedWith(t, signed.Call(t.Context(), write, nil))
	assert.Equal(t, failure.NotProcessed, failed.Class)
	assert.Equal(t, "things.create", failed.Operation)

	refused := &failure.Error{Provider: "google", Operation: "token", Class: failure.Permanent, Code: "invalid_grant"}
	failed = failedWith(t, c.Signed(provider.Bearer, &key{trouble: refused}).Call(t.Context(), write, nil))
	assert.Equal(t, *refused, *failed, "one that is classed keeps its class")

	var trace provider.Trace
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, stub.URL, http.NoBody)
	require.NoError(t, err)
	_, err = signed.HTTPClient(t.Context(), &trace).Do(request) //nolint:bodyclose // there is none
	require.Error(t, err)
	classed := c.Classify("things.read", 0, "", nil, &trace, errors.New("an SDK's own words"))
	assert.Equal(t, failure.NotProcessed, classed.Class, "whatever the SDK made of it")

	assert.Empty(t, door.keys)
	assert.Equal(t, provider.CircuitClosed, c.Circuit(), "the provider has not failed")
}

// A connection that breaks after the refusal is judged by itself.
func TestASecondSendingThatFailsBeforeItLeaves(t *testing.T) {
	door := &lock{fits: "Bearer new"}
	stub := server(t, door.ServeHTTP)
	first := true
	c, _ := client(t, stub.URL, func(config *provider.Config) {
		config.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
			if !first {
				return nil, errors.New("refused")
			}
			first = false
			return http.DefaultTransport.RoundTrip(r)
		})
	})
	t.Cleanup(http.DefaultTransport.(*http.Transport).CloseIdleConnections)
	failed := failedWith(t, c.Signed(provider.Bearer, &key{current: "old", next: "new"}).Call(t.Context(), write, nil))
	assert.Equal(t, failure.NotProcessed, failed.Class, "the refused request has done nothing")
}

func TestAHundredCallsWhileTheSecretRotates(t *testing.T) {
	door := &lock{fits: "Bearer new"}
	stub := server(t, door.ServeHTTP)
	c, _ := client(t, stub.URL)
	signed := c.Signed(provider.Bearer, &key{current: "old", next: "new"})
	var all sync.WaitGroup
	for range 100 {
		all.Go(func() { assert.NoError(t, signed.Call(t.Context(), write, nil)) })
	}
	all.Wait()
}

type roundTrip func(*http.Request) (*http.Response, error)

func (r roundTrip) RoundTrip(request *http.Request) (*http.Response, error) { return r(request) }

func failedWith(t *testing.T, err error) *failure.Error {
	t.Helper()
	var known *failure.Error
	require.ErrorAs(t, err, &known)
	return known
}
