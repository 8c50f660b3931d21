// Package oauth signs in at providers that hand out OAuth 2.0 tokens.
//
// Called by the adapters, which give a Tokens to provider.Client.Signed. It owns
// when a token is fetched and where it is kept. It promises that a token is
// fetched before the last one expires, that many who need one at once cause one
// fetch, that a token which was refused is replaced once and not at every refusal,
// that a failed fetch leaves a token in use that is still valid, that a restart
// goes on with the token that was kept, sealed by the key ring, and that no token
// reaches a log line or an error text.
package oauth

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/sync/singleflight"

	"guestjourney/activities/provider"
)

const (
	// margin is how long before its end a token is replaced, but at most a fifth
	// of its life: some live for five minutes only.
	margin = 5 * time.Minute
	// pause is the least time between two fetches, and between a fetch and a
	// refusal that is put down to the token.
	pause = 10 * time.Second
)

// Config says whose tokens they are.
type Config struct {
	// Client makes the requests for tokens; it is not Signed.
	Client *provider.Client
	// Grant is how a token is had.
	Grant Grant
	// Account names what signs in: not secret, and another for another account,
	// key or scope. A kept token of one is never used for another.
	Account string
	// Advice says what a person can do about a refusal.
	Advice string
	// Keeper keeps the token over a restart; nil keeps none.
	Keeper Keeper
	// Now is the clock; nil is time.Now.
	Now func() time.Time
	// Logger is told what is no failure of a call; nil is slog's default.
	Logger *slog.Logger
}

// Tokens is a provider.Secret. It may be used by many goroutines.
type Tokens struct {
	config  Config
	flights singleflight.Group

	mutex  sync.Mutex
	loaded bool
	token  Token
	tried  time.Time // when the last fetch began
}

var _ provider.Secret = (*Tokens)(nil)

// New checks the configuration and fetches nothing.
func New(config Config) (*Tokens, error) {
	if config.Client == nil || config.Grant == nil || config.Account == "" {
		return nil, errors.New("oauth: Config needs a Client, a Grant and an Account")
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	if config.Logger == nil {
		config.Logger = slog.Default()
	}
	return &Tokens{config: config}, nil
}

// Token is one access token and what belongs to it.
type Token struct {
	Access string `json:"access"`
	// Refresh is handed to the next grant; some providers give a new one each time.
	Refresh  string    `json:"refresh,omitempty"`
	Obtained time.Time `json:"obtained"`
	Expiry   time.Time `json:"expiry,omitzero"` // zero: until it is refused
}

// String keeps it out of logs.
func (t Token) String() string { return "token until " + t.Expiry.Format(time.RFC3339) }

// GoString keeps it out of %#v.
func (t Token) GoString() string { return t.String() }

// valid says whether the token may be used.
func (t Token) valid(now time.Time) bool {
	return t.Access != "" && (t.Expiry.IsZero() || now.Before(t.Expiry))
}

// ages says whether the token should be replaced.
func (t Token) ages(now time.Time) bool {
	return !t.Expiry.IsZero() && !now.Before(t.Expiry.Add(-min(margin, t.Expiry.Sub(t.Obtained)/5)))
}

// Current returns a valid token. Errors are *failure.Error.
func (t *Tokens) Current(ctx context.Context) (string, error) {
	token, tried := t.known()
	now := t.config.Now()
	if token.valid(now) && (!token.ages(now) || now.Sub(tried) < pause) {
		return token.Access, nil
	}
	fresh, err := t.fetched(ctx, token.Access)
	if err != nil && token.valid(now) {
		// It ages and still does; the next call after the pause tries again.
		t.config.Logger.Warn("a token cannot be replaced yet; the present one goes on", "provider", t.config.Client.Name(), "until", token.Expiry, "error", err.Error())
		return token.Access, nil
	}
	return fresh, err
}

// Renewed returns another token than the refused one, unless that has just been
// fetched: then the refusal has another cause. Errors are *failure.Error.
func (t *Tokens) Renewed(ctx context.Context, refused string) (string, error) {
	token, _ := t.known()
	now := t.config.Now()
	if token.valid(now) && (token.Access != refused || now.Sub(token.Obtained) < pause) {
		return token.Access, nil
	}
	return t.fetched(ctx, refused)
}

// known returns the present token, at first the one that was kept.
func (t *Tokens) known() (Token, time.Time) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if !t.loaded {
		t.loaded, t.token = true, t.load()
	}
	return t.token, t.tried
}

func (t *Tokens) load() Token {
	if t.config.Keeper == nil {
		return Token{}
	}
	token, err := t.config.Keeper.Load(t.config.Account)
	if err != nil {
		t.config.Logger.Warn("the kept token cannot be used; another is fetched", "provider", t.config.Client.Name(), "error", err.Error())
	}
	return token
}

// fetched replaces a token, once for all who ask meanwhile. None of them ends the
// fetch by leaving: the others still wait.
func (t *Tokens) fetched(ctx context.Context, old string) (string, error) {
	flight := t.flights.DoChan("", func() (any, error) {
		token, err := t.replace(context.WithoutCancel(ctx), old)
		return token.Access, err
	})
	select {
	case <-ctx.Done():
		return "", ctx.Err()
	case landed := <-flight:
		return landed.Val.(string), landed.Err
	}
}

func (t *Tokens) replace(ctx context.Context, old string) (Token, error) {
	present, _ := t.known()
	now := t.config.Now()
	if present.Access != old && present.valid(now) {
		return present, nil // another flight has just landed
	}
	t.mutex.Lock()
	t.tried = now
	t.mutex.Unlock()
	token, err := t.fetch(ctx, present)
	if err != nil {
		return Token{}, err
	}
	t.mutex.Lock()
	t.token = token
	t.mutex.Unlock()
	t.keep(token)
	return token, nil
}

// fetch makes the one request.
func (t *Tokens) fetch(ctx context.Context, present Token) (Token, error) {
	trace := provider.Trace{Operation: operation}
	exchange := context.WithValue(ctx, oauth2.HTTPClient, t.config.Client.HTTPClient(ctx, &trace))
	granted, err := t.config.Grant(exchange, present.Refresh)
	if err == nil && granted.AccessToken == "" {
		err = errors.New("no access token in the answer")
	}
	if err != nil {
		return Token{}, t.failed(&trace, err)
	}
	return Token{Access: granted.AccessToken, Refresh: granted.RefreshToken, Obtained: t.config.Now(), Expiry: granted.Expiry}, nil
}

// keep is no part of the call: a token that is not kept is good all the same.
func (t *Tokens) keep(token Token) {
	if t.config.Keeper == nil {
		return
	}
	if err := t.config.Keeper.Save(t.config.Account, token); err != nil {
		t.config.Logger.Error("a token is not kept for the next start", "provider", t.config.Client.Name(), "error", fmt.Sprint(err))
	}
}
