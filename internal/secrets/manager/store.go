// Package manager keeps secrets in AWS Secrets Manager.
//
// Called by the mains where SECRETS_PROVIDER is aws, which read through a
// secrets.Cache. It owns the translation into Secrets Manager's words. It promises
// that one call is one request (the SDK's own retries are off: the cache asks
// again), that a request ends after five seconds, and that an error names the
// secret and AWS's code and never a value.
//
// Who we are is the SDK's own chain (environment, profile, role of the container
// or machine), so is the region.
package manager

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/logging"

	"guestjourney/internal/secrets"
)

// patience bounds one request, with what the SDK does to learn who we are.
const patience = 5 * time.Second

// Store is a secrets.Store. It may be used by many goroutines.
type Store struct {
	prefix string
	api    *secretsmanager.Client
}

var _ secrets.Store = (*Store)(nil)

// OpenStore prepares the client and sends nothing. An error is Connect's.
func OpenStore(ctx context.Context, set Settings) (*Store, error) {
	api, err := Connect(ctx, set)
	if err != nil {
		return nil, err
	}
	return &Store{prefix: set.Prefix, api: api}, nil
}

// Connect prepares a client of Secrets Manager, which sends once, and sends
// nothing. An error says what the environment or the profile of AWS lacks.
func Connect(ctx context.Context, set Settings) (*secretsmanager.Client, error) {
	loaded, err := config.LoadDefaultConfig(ctx, config.WithRetryer(func() aws.Retryer { return aws.NopRetryer{} }), config.WithLogger(logging.Nop{}))
	if err != nil {
		return nil, fmt.Errorf("the configuration of AWS cannot be read: %w", err)
	}
	if loaded.Region == "" {
		return nil, errors.New("no region of AWS: set AWS_REGION")
	}
	return secretsmanager.NewFromConfig(loaded, func(o *secretsmanager.Options) {
		if set.BaseURL != "" {
			o.BaseEndpoint = aws.String(strings.TrimRight(set.BaseURL, "/"))
		}
	}), nil
}

// Read returns the version at a stage.
func (s *Store) Read(ctx context.Context, name secrets.Name, stage secrets.Stage) (secrets.Value, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	answer, err := s.api.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: s.id(name), VersionStage: aws.String(string(stage))})
	if err != nil {
		return secrets.Value{}, s.failed("read", name, err)
	}
	text := aws.ToString(answer.SecretString)
	if text == "" {
		return secrets.Value{}, fmt.Errorf("%w: %s%s has no text at %s; store the secret as plain text", secrets.ErrNotFound, s.prefix, name, stage)
	}
	return secrets.Value{Text: text, Version: aws.ToString(answer.VersionId)}, nil
}

func (s *Store) id(name secrets.Name) *string { return aws.String(s.prefix + string(name)) }

// Error is a failed request to Secrets Manager.
type Error struct {
	Doing string // "read"
	Name  string // with the prefix
	Code  string // AWS's own, empty if there was no answer
	err   error
}

// Error names the secret, and the code or that nothing answered.
func (e *Error) Error() string {
	if e.Code == "" {
		return fmt.Sprintf("%s %s: AWS Secrets Manager does not answer, or who we are is not known to AWS", e.Doing, e.Name)
	}
	return fmt.Sprintf("%s %s: AWS Secrets Manager refuses with %s", e.Doing, e.Name, e.Code)
}

// Unwrap returns the cause, whose text may quote the request.
func (e *Error) Unwrap() error { return e.err }

// Is makes an absent secret, or stage, a secrets.ErrNotFound.
func (e *Error) Is(target error) bool {
	return target == secrets.ErrNotFound && e.Code == (&types.ResourceNotFoundException{}).ErrorCode()
}

func (s *Store) failed(doing string, name secrets.Name, err error) error {
	failed := &Error{Doing: doing, Name: s.prefix + string(name), err: err}
	var answer smithy.APIError
	if errors.As(err, &answer) {
		failed.Code = answer.ErrorCode()
	}
	return failed
}
