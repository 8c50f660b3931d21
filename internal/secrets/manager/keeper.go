package manager

import (
	"context"
	"errors"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"guestjourney/activities/failure"
	"guestjourney/internal/secrets"
)

// Keeper replaces the versions of a Store's secrets, step by step: put on trial,
// promote, or withdraw. Every change may be repeated. An error is a *failure.Error.
type Keeper struct{ *Store }

// Pending returns the version on trial.
func (k Keeper) Pending(ctx context.Context, name secrets.Name) (secrets.Value, error) {
	value, err := k.Read(ctx, name, secrets.Pending)
	if err != nil {
		return secrets.Value{}, classified(err)
	}
	return value, nil
}

// Versions lists those that are at a stage, without a text.
func (k Keeper) Versions(ctx context.Context, name secrets.Name) ([]secrets.Version, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	answer, err := k.api.ListSecretVersionIds(ctx, &secretsmanager.ListSecretVersionIdsInput{SecretId: k.id(name)})
	if err != nil {
		return nil, classified(k.failed("list", name, err))
	}
	var list []secrets.Version
	for _, entry := range answer.Versions {
		version := secrets.Version{ID: aws.ToString(entry.VersionId), Created: aws.ToTime(entry.CreatedDate).UTC()}
		for _, stage := range entry.VersionStages {
			version.Stages = append(version.Stages, secrets.Stage(stage))
		}
		list = append(list, version)
	}
	return list, nil
}

// Put stores a text as the version on trial, under an ID of the caller's. A
// version of that ID that is there already stays what it is.
func (k Keeper) Put(ctx context.Context, name secrets.Name, id, text string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	_, err := k.api.PutSecretValue(ctx, &secretsmanager.PutSecretValueInput{
		SecretId: k.id(name), ClientRequestToken: aws.String(id), SecretString: aws.String(text), VersionStages: []string{string(secrets.Pending)},
	})
	var exists *types.ResourceExistsException
	if err == nil || errors.As(err, &exists) {
		return nil
	}
	return classified(k.failed("put", name, err))
}

// Promote puts a version that is on trial in force, which makes the former one the
// previous, and ends its trial.
func (k Keeper) Promote(ctx context.Context, name secrets.Name, id string) error {
	versions, err := k.Versions(ctx, name)
	if err != nil {
		return err
	}
	present, pending := at(versions, secrets.Current), at(versions, secrets.Pending)
	if present != id && pending != id {
		return &failure.Error{
			Provider: provider, Operation: "promote", Class: failure.Permanent, Code: "not_pending",
			Advice: "another version was stored meanwhile",
		}
	}
	if present != id {
		if err := k.move(ctx, name, secrets.Current, id, present); err != nil {
			return err
		}
	}
	return k.Withdraw(ctx, name, id)
}

// Withdraw ends the trial of a version. One that is not on trial is left alone.
func (k Keeper) Withdraw(ctx context.Context, name secrets.Name, id string) error {
	versions, err := k.Versions(ctx, name)
	if err != nil || at(versions, secrets.Pending) != id {
		return err
	}
	return k.move(ctx, name, secrets.Pending, "", id)
}

// move moves a stage from one version to another; "" is none.
func (k Keeper) move(ctx context.Context, name secrets.Name, stage secrets.Stage, to, from string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	input := &secretsmanager.UpdateSecretVersionStageInput{SecretId: k.id(name), VersionStage: aws.String(string(stage))}
	if to != "" {
		input.MoveToVersionId = aws.String(to)
	}
	if from != "" {
		input.RemoveFromVersionId = aws.String(from)
	}
	if _, err := k.api.UpdateSecretVersionStage(ctx, input); err != nil {
		return classified(k.failed("move "+string(stage), name, err))
	}
	return nil
}

// at is the version that stands at a stage, "" if none does.
func at(versions []secrets.Version, stage secrets.Stage) string {
	for _, version := range versions {
		if slices.Contains(version.Stages, stage) {
			return version.ID
		}
	}
	return ""
}

const provider = "secrets_manager"

// throttled and unknown are AWS's codes that time heals; every other is a
// person's to mend.
var (
	throttled = []string{"ThrottlingException", "TooManyRequestsException"}
	unknown   = []string{"", "InternalServiceError", "ServiceUnavailable", "RequestTimeout"}
)

func classified(err error) *failure.Error {
	failed := &failure.Error{Provider: provider, Operation: "read", Class: failure.Permanent, Err: err}
	var answer *Error
	if errors.As(err, &answer) {
		failed.Operation, failed.Code = answer.Doing, answer.Code
		switch {
		case slices.Contains(throttled, answer.Code):
			failed.Class = failure.Throttled
		case slices.Contains(unknown, answer.Code):
			failed.Class = failure.Ambiguous
		}
	}
	return failed
}
