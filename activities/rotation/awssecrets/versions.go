package awssecrets

import (
	"context"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/google/uuid"

	"guestjourney/activities/failure"
	"guestjourney/activities/options"
	"guestjourney/activities/rotation"
	"guestjourney/internal/secrets"
)

// version is what is known of one without its text.
type version struct {
	id      string
	stages  []string
	created time.Time
}

type versions []version

// at finds the version that stands at a stage.
func (v versions) at(stage secrets.Stage) (version, bool) {
	found := slices.IndexFunc(v, func(one version) bool { return slices.Contains(one.stages, string(stage)) })
	if found < 0 {
		return version{}, false
	}
	return v[found], true
}

// stands says whether it is this version that stands at a stage.
func (v versions) stands(id string, stage secrets.Stage) bool {
	one, found := v.at(stage)
	return found && one.id == id
}

// versions lists those that stand at some stage.
func (v *Vault) versions(ctx context.Context, secret string) (versions, error) {
	answer, err := send(ctx, v, "secret.versions", v.config.API.ListSecretVersionIds, &secretsmanager.ListSecretVersionIdsInput{SecretId: v.id(secret)})
	if err != nil {
		return nil, err
	}
	var list versions
	for _, entry := range answer.Versions {
		list = append(list, version{aws.ToString(entry.VersionId), entry.VersionStages, aws.ToTime(entry.CreatedDate)})
	}
	return list, nil
}

// Create puts a random text on trial, under an ID made of the effect's key. A
// second try has another text, which Secrets Manager refuses: the first stands.
func (v *Vault) Create(ctx context.Context, effect options.Effect, secret rotation.Secret) (rotation.Version, error) {
	if plan, known := rotation.PlanOf(secret.Name); !known || plan.By != rotation.ByAPI {
		return rotation.Version{}, &failure.Error{Provider: Name, Operation: "secret.put", Class: failure.InvalidInput, Advice: "a person makes this secret"}
	}
	id := uuid.NewSHA1(versionSpace, []byte(effect.Key)).String()
	_, err := send(ctx, v, "secret.put", v.config.API.PutSecretValue, &secretsmanager.PutSecretValueInput{
		SecretId: v.id(secret.Name), ClientRequestToken: aws.String(id), SecretString: aws.String(randomText()),
		VersionStages: []string{string(secrets.Pending)},
	})
	if err != nil && !hasCode(err, (&types.ResourceExistsException{}).ErrorCode()) {
		return rotation.Version{}, err
	}
	return rotation.Version{Secret: secret.Name, ID: id}, nil
}

// versionSpace keeps the IDs of versions apart from other UUIDs made of names.
var versionSpace = uuid.MustParse("6f1d6d0e-4f0e-4b6b-9d0c-3d5f2f0f7a51")

// Pending finds the version at AWSPENDING.
func (v *Vault) Pending(ctx context.Context, secret rotation.Secret) (rotation.Version, error) {
	list, err := v.versions(ctx, secret.Name)
	if err != nil {
		return rotation.Version{}, err
	}
	pending, _ := list.at(secrets.Pending)
	return rotation.Version{Secret: secret.Name, ID: pending.id}, nil
}

// Promote moves AWSCURRENT to the version, and ends its trial.
func (v *Vault) Promote(ctx context.Context, _ options.Effect, promoted rotation.Version) (rotation.Version, error) {
	list, err := v.versions(ctx, promoted.Secret)
	if err != nil {
		return rotation.Version{}, err
	}
	pending := list.stands(promoted.ID, secrets.Pending)
	if !list.stands(promoted.ID, secrets.Current) {
		if !pending {
			return rotation.Version{}, &failure.Error{
				Provider: Name, Operation: "secret.promote", Class: failure.Permanent, Code: "not_pending",
				Advice: "it is not on trial any more: another version was stored meanwhile; cancel this rotation",
			}
		}
		present, _ := list.at(secrets.Current)
		if err := v.move(ctx, promoted.Secret, secrets.Current, promoted.ID, present.id); err != nil {
			return rotation.Version{}, err
		}
	}
	if pending {
		err = v.move(ctx, promoted.Secret, secrets.Pending, "", promoted.ID)
	}
	return promoted, err
}

// Withdraw takes the version out of the stage at which it stands.
func (v *Vault) Withdraw(ctx context.Context, _ options.Effect, withdrawn rotation.Version) (rotation.Version, error) {
	list, err := v.versions(ctx, withdrawn.Secret)
	if err != nil {
		return rotation.Version{}, err
	}
	former, kept := list.at(secrets.Previous)
	if list.stands(withdrawn.ID, secrets.Current) && kept && former.id != withdrawn.ID {
		err = v.move(ctx, withdrawn.Secret, secrets.Current, former.id, withdrawn.ID)
	}
	if err == nil && list.stands(withdrawn.ID, secrets.Pending) {
		err = v.move(ctx, withdrawn.Secret, secrets.Pending, "", withdrawn.ID)
	}
	return withdrawn, err
}

// move moves a stage from one version to another; "" is none. What the list said
// a moment ago is part of the request, so that nobody else's change is undone.
func (v *Vault) move(ctx context.Context, secret string, stage secrets.Stage, to, from string) error {
	input := &secretsmanager.UpdateSecretVersionStageInput{SecretId: v.id(secret), VersionStage: aws.String(string(stage))}
	if to != "" {
		input.MoveToVersionId = aws.String(to)
	}
	if from != "" {
		input.RemoveFromVersionId = aws.String(from)
	}
	_, err := send(ctx, v, "secret.stage", v.config.API.UpdateSecretVersionStage, input)
	return err
}
