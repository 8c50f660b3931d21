package provider

import (
	"context"
	"encoding/base64"
	"errors"
	"io"
	"log/slog"
	"net/http"

	"guestjourney/activities/failure"
)

// Secret signs requests in and may be replaced while the program runs: a key
// that rotates, a token that expires. It is asked at every request, so it keeps
// what it knows. It may be used by many goroutines.
type Secret interface {
	// Current returns the value in force. An error that is a *failure.Error
	// keeps its class; any other is NotProcessed, since nothing has left.
	Current(ctx context.Context) (string, error)
	// Renewed returns the value that is in force after the provider has refused
	// one with 401: that one again if there is no other.
	Renewed(ctx context.Context, refused string) (string, error)
}

// Fixed is a Secret that never changes.
type Fixed string

// Current returns it.
func (f Fixed) Current(context.Context) (string, error) { return string(f), nil }

// Renewed returns it again.
func (f Fixed) Renewed(context.Context, string) (string, error) { return string(f), nil }

// String keeps it out of logs.
func (f Fixed) String() string { return "secret" }

// GoString keeps it out of %#v.
func (f Fixed) GoString() string { return f.String() }

// IsMissing says whether there is certainly nothing to sign in with.
func IsMissing(secret Secret) bool { return secret == nil || secret == Fixed("") }

// Scheme writes a secret as the value of the Authorization header.
type Scheme func(secret string) string

// Bearer is the scheme of tokens and most API keys.
func Bearer(secret string) string { return "Bearer " + secret }

// Basic is the scheme of a user with a password.
func Basic(user string) Scheme {
	return func(secret string) string {
		return "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+secret))
	}
}

// SDKKey is what an adapter hands to an SDK that insists on a key of its own:
// Signed replaces it in every request.
const SDKKey = "set-by-the-provider-layer"

// Signed returns a client of the same provider, with the same circuit, rate and
// connections, that signs every request in with the secret of that moment. An
// answer of 401 means that the provider has not acted: if another value is in
// force by then, the request is sent once more with it, in the same attempt.
func (c *Client) Signed(scheme Scheme, secret Secret) *Client {
	signed := *c
	signed.signIn = &signIn{scheme: scheme, secret: secret}
	return &signed
}

// signIn writes the Authorization header of a client's requests.
type signIn struct {
	scheme Scheme
	secret Secret
}

// errUnsigned ends a call that could not be signed in; what came in the way is
// in its trace.
var errUnsigned = errors.New("not signed in")

// secret returns what the request is signed in with; nothing if the SDK does.
func (a *attempt) secret(ctx context.Context) (string, error) {
	if a.client.signIn == nil {
		return "", nil
	}
	secret, err := a.client.signIn.secret.Current(ctx)
	if err != nil {
		a.unsigned(err)
		return "", errUnsigned
	}
	return secret, nil
}

// unsigned records why there is no secret, for Classify: on its way through an
// SDK an error may lose what it wraps.
func (a *attempt) unsigned(err error) {
	var known *failure.Error
	if !errors.As(err, &known) {
		known = &failure.Error{
			Provider: a.client.config.Name, Operation: a.trace.Operation, Class: failure.NotProcessed,
			Advice: "the secret that signs in cannot be read", Err: err,
		}
	}
	own := *known // many calls may share the source's error
	a.trace.set(func() { a.trace.signIn = &own })
}

// renewed returns a refused request and the secret to send it with once more.
// False means that there is nothing else to try, and the refusal stands.
func (a *attempt) renewed(ctx context.Context, request *http.Request, refused string) (again *http.Request, secret string, ok bool) {
	secret, err := a.client.signIn.secret.Renewed(ctx, refused)
	if err != nil {
		// Whether the provider would take the present value is not known.
		a.unsigned(err)
		return nil, "", false
	}
	if secret == refused {
		return nil, "", false
	}
	if again, ok = rewound(request); !ok {
		return nil, "", false
	}
	a.client.config.Logger.LogAttrs(a.ctx, slog.LevelInfo, "the provider has refused a secret that is not in force any more; sending with the present one",
		slog.String("provider", a.client.config.Name), slog.String("operation", a.trace.Operation))
	a.trace.again()
	return again, secret, true
}

// rewound returns the request with its body from the start, if that can be had.
func rewound(request *http.Request) (*http.Request, bool) {
	again := request.Clone(request.Context())
	if request.Body == nil || request.Body == http.NoBody {
		return again, true
	}
	if request.GetBody == nil {
		return nil, false
	}
	body, err := request.GetBody()
	if err != nil {
		return nil, false
	}
	again.Body = body
	return again, true
}

// discard reads a refusal that is not wanted, so that its connection is kept.
func discard(answer *http.Response) {
	_, _ = io.CopyN(io.Discard, answer.Body, failureLimit) // what cannot be read costs a connection only
	_ = answer.Body.Close()
}
