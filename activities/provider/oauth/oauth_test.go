package oauth_test

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"

	"guestjourney/activities/failure"
	"guestjourney/activities/provider/oauth"
	"guestjourney/activities/provider/providertest"
)

func TestATokenIsReplacedBeforeItEnds(t *testing.T) {
	for name, test := range map[string]struct{ life, margin time.Duration }{
		"of an hour":      {time.Hour, 5 * time.Minute},
		"of five minutes": {5 * time.Minute, time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.life = test.life
			assert.Equal(t, "access-1", w.current(t))
			w.ahead = test.life - test.margin - 5*time.Second
			assert.Equal(t, "access-1", w.current(t))
			assert.Len(t, w.requests(), 1)
			w.ahead = test.life - test.margin + 5*time.Second
			assert.Equal(t, "access-2", w.current(t))
			assert.Len(t, w.requests(), 2)
		})
	}
}

func TestAHundredCallsFetchOneToken(t *testing.T) {
	w := newWorld(t)
	w.gate = make(chan struct{})
	hundred := func(ask func(context.Context) (string, error), want string, requests int, fetches bool) {
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() {
				token, err := ask(t.Context())
				assert.NoError(t, err)
				assert.Equal(t, want, token)
			})
		}
		if fetches {
			require.Eventually(t, func() bool { return len(w.requests()) == requests }, 30*time.Second, time.Millisecond)
			close(w.gate)
		}
		all.Wait()
		assert.Len(t, w.requests(), requests)
	}
	hundred(w.tokens.Current, "access-1", 1, true)

	w.gate, w.ahead = make(chan struct{}), time.Minute
	renew := func(ctx context.Context) (string, error) { return w.tokens.Renewed(ctx, "access-1") }
	hundred(renew, "access-2", 2, true)
	hundred(renew, "access-2", 2, false)
}

func TestARefusedTokenIsReplacedOnce(t *testing.T) {
	w := newWorld(t)
	assert.Equal(t, "access-1", w.current(t))
	again, err := w.tokens.Renewed(t.Context(), "access-1")
	require.NoError(t, err)
	assert.Equal(t, "access-1", again, "a token of this moment is refused for another cause")
	assert.Len(t, w.requests(), 1)

	w.ahead = 10 * time.Second
	again, err = w.tokens.Renewed(t.Context(), "access-1")
	require.NoError(t, err)
	assert.Equal(t, "access-2", again)
	again, err = w.tokens.Renewed(t.Context(), "access-2")
	require.NoError(t, err)
	assert.Equal(t, "access-2", again)
	assert.Len(t, w.requests(), 2)
}

func TestAnIssuerThatIsAwayLeavesATokenThatStillDoes(t *testing.T) {
	w := newWorld(t)
	assert.Equal(t, "access-1", w.current(t))
	w.answers(providertest.Reply(http.StatusServiceUnavailable, `{}`))
	w.ahead = 56 * time.Minute
	assert.Equal(t, "access-1", w.current(t))
	assert.Equal(t, "access-1", w.current(t))
	assert.Len(t, w.requests(), 2, "the issuer is left alone for a while")
	assert.Contains(t, w.log.String(), "cannot be replaced yet")

	_, err := w.tokens.Renewed(t.Context(), "access-1")
	require.Error(t, err, "one that was refused does not")
	w.ahead = 61 * time.Minute
	_, err = w.tokens.Current(t.Context())
	require.Error(t, err, "nor does one that has ended")

	w.answers(nil)
	assert.Equal(t, "access-5", w.current(t))
	w.quiet(t)
}

func TestAFailedFetchIsClassed(t *testing.T) {
	for name, test := range map[string]struct {
		answer http.HandlerFunc
		class  failure.Class
		code   string
	}{
		"refused":            {providertest.Reply(400, `{"error":"invalid_grant","error_description":"ana@house.example"}`), failure.Permanent, "invalid_grant"},
		"wrong secret":       {providertest.Reply(401, `{"error":"invalid_client"}`), failure.Permanent, "invalid_client"},
		"throttled":          {providertest.Reply(429, `{}`), failure.Throttled, ""},
		"slow":               {providertest.Reply(408, `{}`), failure.NotProcessed, ""},
		"broken":             {providertest.Reply(500, `{}`), failure.NotProcessed, ""},
		"garbage":            {providertest.Reply(200, `<html>`), failure.NotProcessed, ""},
		"nothing in it":      {providertest.Reply(200, `{"token_type":"Bearer"}`), failure.NotProcessed, ""},
		"no answer":          {providertest.HangUp, failure.NotProcessed, ""},
		"a text, not a code": {providertest.Reply(400, `{"error":"ana@house.example is not known"}`), failure.Permanent, ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.answers(test.answer)
			_, err := w.tokens.Current(t.Context())
			var failed *failure.Error
			require.ErrorAs(t, err, &failed)
			assert.Equal(t, test.class, failed.Class)
			assert.Equal(t, test.code, failed.Code)
			assert.Equal(t, "token", failed.Operation)
			assert.NotContains(t, failed.Error(), "house.example")
			if test.class == failure.Permanent {
				assert.Equal(t, "check the app's secret", failed.Advice)
			}
			assert.Len(t, w.requests(), 1, "one attempt")
		})
	}
}

func TestWhoLeavesDoesNotEndTheFetchOfTheOthers(t *testing.T) {
	w := newWorld(t)
	w.gate = make(chan struct{})
	ctx, leave := context.WithCancel(t.Context())
	left := make(chan error, 1)
	go func() {
		_, err := w.tokens.Current(ctx)
		left <- err
	}()
	require.Eventually(t, func() bool { return len(w.requests()) == 1 }, 30*time.Second, time.Millisecond)
	stayed := make(chan string, 1)
	go func() {
		token, err := w.tokens.Current(t.Context())
		assert.NoError(t, err)
		stayed <- token
	}()
	leave()
	require.ErrorIs(t, <-left, context.Canceled)
	close(w.gate)
	assert.Equal(t, "access-1", <-stayed)
}

func TestClientCredentialsShowIDAndSecret(t *testing.T) {
	w := newWorld(t)
	w.current(t)
	assert.Equal(t, "client_credentials", w.requests()[0].Get("grant_type"))
}

// TestARefreshTokenIsReplacedByItsSuccessor: some providers take each once.
func TestARefreshTokenIsReplacedByItsSuccessor(t *testing.T) {
	w := newWorld(t, func(config *oauth.Config) {
		config.Grant = oauth.RefreshToken(&oauth2.Config{
			ClientID: "a1", ClientSecret: "s3cret",
			Endpoint: oauth2.Endpoint{TokenURL: "https://oura.example/token", AuthStyle: oauth2.AuthStyleInParams},
		}, "refresh-0")
	})
	assert.Equal(t, "access-1", w.current(t))
	w.ahead = time.Hour
	assert.Equal(t, "access-2", w.current(t))
	// One that gives no new one means the old one to be used again.
	w.answers(providertest.Reply(http.StatusOK, `{"access_token":"access-3","token_type":"Bearer","expires_in":60}`))
	w.ahead = 2 * time.Hour
	assert.Equal(t, "access-3", w.current(t))
	w.answers(nil)
	w.ahead = 3 * time.Hour
	assert.Equal(t, "access-4", w.current(t))
	var shown []string
	for _, request := range w.requests() {
		assert.Equal(t, "refresh_token", request.Get("grant_type"))
		shown = append(shown, request.Get("refresh_token"))
	}
	assert.Equal(t, []string{"refresh-0", "refresh-1", "refresh-2", "refresh-2"}, shown)
}

func TestNewNamesWhatIsMissing(t *testing.T) {
	_, err := oauth.New(oauth.Config{})
	require.ErrorContains(t, err, "needs a Client, a Grant and an Account")
}
