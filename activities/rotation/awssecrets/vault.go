// Package awssecrets replaces secrets in AWS Secrets Manager.
//
// Called by the worker, which hands a Vault to the port activities/rotation. It
// owns the translation into Secrets Manager's stages: a new version is at
// AWSPENDING while it is on trial, at AWSCURRENT when it is in force, and the
// former one at AWSPREVIOUS. It promises that a version is made once (its ID is
// the effect's), that a change may be repeated, and that no text of a secret
// leaves it but to Secrets Manager and to the provider that it is for.
package awssecrets

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/aws/smithy-go"

	"guestjourney/activities/failure"
	"guestjourney/activities/options"
	"guestjourney/activities/provider"
	"guestjourney/activities/rotation"
	"guestjourney/internal/secrets"
)

// Name is the provider's in errors, logs and metrics.
const Name = "secretsmanager"

// Try does with a text what its secret is for, and changes nothing. An error is a
// *failure.Error: a permanent one is the provider's refusal of the text.
type Try func(ctx context.Context, text string) error

// Config is what a Vault needs.
type Config struct {
	// API signs the requests; see manager.Connect.
	API *secretsmanager.Client
	// Prefix comes before every name.
	Prefix string
	// Every is how long a version is in force before it is due.
	Every time.Duration
	// Overlap is how long two versions are left valid before the next step.
	Overlap time.Duration
	// Tries are by secret; one without is for a person to judge.
	Tries map[secrets.Name]Try
	// Clock is for tests; nil means time.Now.
	Clock func() time.Time
}

// Vault is a rotation.Vault. It may be used by many goroutines.
type Vault struct {
	config Config
	out    *provider.Client
}

var _ rotation.Vault = (*Vault)(nil)

// New returns a Vault, or an error that says what is missing.
func New(config Config, out *provider.Client) (*Vault, error) {
	switch {
	case config.API == nil:
		return nil, errors.New("awssecrets: no client of AWS")
	case out == nil:
		return nil, errors.New("awssecrets: no provider client")
	case config.Every <= 0 || config.Overlap <= 0:
		return nil, errors.New("awssecrets: want an interval and an overlap of more than 0")
	}
	if config.Clock == nil {
		config.Clock = time.Now
	}
	return &Vault{config: config, out: out}, nil
}

// Plan answers from the port's table.
func (v *Vault) Plan(_ context.Context, secret rotation.Secret) (rotation.Plan, error) {
	plan, known := rotation.PlanOf(secret.Name)
	if !known {
		return rotation.Plan{}, &failure.Error{Provider: Name, Operation: "plan", Class: failure.InvalidInput, Advice: "no secret has this name"}
	}
	plan.Overlap = options.Duration(v.config.Overlap)
	return plan, nil
}

// Due looks at the age of every secret that is there.
func (v *Vault) Due(ctx context.Context) (rotation.Due, error) {
	var due rotation.Due
	for _, name := range secrets.Names() {
		versions, err := v.versions(ctx, string(name))
		if isAbsent(err) {
			continue // a secret that this house does not keep here
		}
		if err != nil {
			return rotation.Due{}, err
		}
		present, found := versions.at(secrets.Current)
		if found && !v.config.Clock().Before(present.created.Add(v.config.Every)) {
			due.Secrets = append(due.Secrets, string(name))
		}
	}
	return due, nil
}

func (v *Vault) id(secret string) *string { return aws.String(v.config.Prefix + secret) }

// send makes one request of the SDK on the one way out.
func send[I, O any](ctx context.Context, v *Vault, operation string, call func(context.Context, I, ...func(*secretsmanager.Options)) (O, error), input I) (O, error) {
	trace := &provider.Trace{Operation: operation}
	answer, err := call(ctx, input, func(o *secretsmanager.Options) { o.HTTPClient = v.out.HTTPClient(ctx, trace) })
	if err != nil {
		return answer, v.failed(operation, trace, err)
	}
	return answer, nil
}

// failed classifies a failure. Secrets Manager refuses for its rate with 400, and
// for trouble of its own as well; the code tells.
func (v *Vault) failed(operation string, trace *provider.Trace, err error) *failure.Error {
	var answer smithy.APIError
	code := ""
	if errors.As(err, &answer) {
		code = answer.ErrorCode()
	}
	failed := v.out.Classify(operation, 0, code, nil, trace, err)
	switch {
	case failed.Status != http.StatusBadRequest:
	case code == "ThrottlingException" || code == "TooManyRequestsException":
		failed.Class = failure.Throttled
	case code == (&types.InternalServiceError{}).ErrorCode():
		failed.Class = failure.Ambiguous
	case code == "ExpiredTokenException" || code == "UnrecognizedClientException" || code == "AccessDeniedException":
		failed.Advice = "check who we are at AWS, and what that role may do"
	}
	return failed
}

// isAbsent says whether a secret, or a version of it, is not there.
func isAbsent(err error) bool { return hasCode(err, (&types.ResourceNotFoundException{}).ErrorCode()) }

func hasCode(err error, code string) bool {
	var known *failure.Error
	return errors.As(err, &known) && known.Code == code
}
