// Package secrets hands out the secrets that a program runs with, and what
// replaces them while it runs.
//
// Called by the mains, which read their settings' secrets through a Cache: the
// worker's adapters at every call, the proxy when it looks what is valid. It
// owns which secrets there are, where each is kept in the environment, and for
// how long a value is believed; internal/secrets/aws is the other place to keep
// them. It promises that many who ask at once cause one read, that a place which
// cannot be read leaves what was known in force, and that no value reaches a log
// line or an error text.
package secrets

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"
)

// Name is a secret's name in AWS Secrets Manager, after SECRETS_PREFIX.
type Name string

// The secrets. The README's table says how each of them is replaced.
const (
	StripeAPIKey   Name = "stripe_api_key"
	SendGridAPIKey Name = "sendgrid_api_key"
	// TwilioAuthToken verifies webhooks; what signs in at Twilio is an API key.
	TwilioAuthToken Name = "twilio_auth_token"
	// DatabasePassword goes into DATABASE_URL, the inbox that several proxies share.
	DatabasePassword Name = "database_password"
	// JWTSigningKey will sign guest links and staff sign-ins. Nothing reads it yet.
	JWTSigningKey Name = "jwt_signing_key"
)

// variables are where the secrets are in the environment.
var variables = map[Name]string{
	StripeAPIKey:     "STRIPE_SECRET_KEY",
	SendGridAPIKey:   "SENDGRID_API_KEY",
	TwilioAuthToken:  "TWILIO_AUTH_TOKEN",
	DatabasePassword: "DATABASE_PASSWORD",
	JWTSigningKey:    "JWT_SIGNING_KEY",
}

// Names are all of them, in a fixed order.
func Names() []Name {
	return []Name{StripeAPIKey, SendGridAPIKey, TwilioAuthToken, DatabasePassword, JWTSigningKey}
}

// Variable returns the name's environment variable, "" for a name that is none.
func (n Name) Variable() string { return variables[n] }

// Known says whether there is a secret of that name.
func (n Name) Known() bool { return slices.Contains(Names(), n) }

// Stage says which version of a secret is meant. While one rotates several are valid.
type Stage string

// The stages, as AWS calls them.
const (
	Current  Stage = "AWSCURRENT"
	Pending  Stage = "AWSPENDING"  // the next one, on trial
	Previous Stage = "AWSPREVIOUS" // the last one, for those that have not heard
)

// Value is one version of a secret.
type Value struct {
	// Text is the secret itself; a log or %v shows the version only.
	Text string
	// Version names it and tells nothing of it.
	Version string
}

// String names the version.
func (v Value) String() string { return "version " + v.Version }

// GoString names the version.
func (v Value) GoString() string { return v.String() }

// LogValue names the version.
func (v Value) LogValue() slog.Value { return slog.StringValue(v.String()) }

// Version is what may be told of a version: never its text.
type Version struct {
	ID      string
	Stages  []Stage
	Created time.Time
}

// ErrNotFound is wrapped by the error of a secret, or of a stage, that is not there.
var ErrNotFound = errors.New("no such secret")

// Store is where secrets are kept. Its methods may be called by any goroutine.
type Store interface {
	// Read returns the version of a secret that stands at a stage. An error
	// names the secret and what to do; an absent one wraps ErrNotFound.
	Read(ctx context.Context, name Name, stage Stage) (Value, error)
}
