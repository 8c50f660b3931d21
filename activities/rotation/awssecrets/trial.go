package awssecrets

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"guestjourney/activities/failure"
	"guestjourney/activities/rotation"
	"guestjourney/internal/secrets"
)

// signingBytes is how long a key that signs is at least: RFC 7518, 3.2 asks for the
// length of the hash, which is SHA-256.
const signingBytes = 32

// randomText is a new signing key.
func randomText() string {
	key := make([]byte, signingBytes)
	_, _ = rand.Read(key) // never fails, it says
	return base64.RawURLEncoding.EncodeToString(key)
}

// Try reads the version's text and tries it. The text that is in force already is
// refused: nothing would have been replaced.
func (v *Vault) Try(ctx context.Context, tried rotation.Version) (rotation.Trial, error) {
	text, err := v.text(ctx, &secretsmanager.GetSecretValueInput{SecretId: v.id(tried.Secret), VersionId: aws.String(tried.ID)})
	if isAbsent(err) {
		return refused(rotation.CodeGone), nil
	}
	if err != nil {
		return rotation.Trial{}, err
	}
	present, err := v.text(ctx, &secretsmanager.GetSecretValueInput{SecretId: v.id(tried.Secret), VersionStage: aws.String(string(secrets.Current))})
	switch {
	case err != nil && !isAbsent(err):
		return rotation.Trial{}, err
	case err == nil && present.id != tried.ID && present.text == text.text:
		return refused(rotation.CodeUnchanged), nil
	}
	return v.judge(ctx, secrets.Name(tried.Secret), text.text)
}

// judge hands the text to whoever can tell.
func (v *Vault) judge(ctx context.Context, name secrets.Name, text string) (rotation.Trial, error) {
	try := v.config.Tries[name]
	switch {
	case name == secrets.JWTSigningKey:
		if len(text) < signingBytes {
			return refused(rotation.CodeWeak), nil
		}
		return rotation.Trial{Result: rotation.Passed}, nil
	case try == nil:
		return rotation.Trial{Result: rotation.Untestable}, nil
	}
	err := try(ctx, text)
	var failed *failure.Error
	switch {
	case err == nil:
		return rotation.Trial{Result: rotation.Passed}, nil
	case errors.As(err, &failed) && !failed.Class.Retryable():
		return refused(failed.Short()), nil
	}
	return rotation.Trial{}, err
}

func refused(code string) rotation.Trial {
	return rotation.Trial{Result: rotation.Refused, Code: code}
}

// known is a version with its text, which goes no further than this file.
type known struct{ id, text string }

func (v *Vault) text(ctx context.Context, input *secretsmanager.GetSecretValueInput) (known, error) {
	answer, err := send(ctx, v, "secret.read", v.config.API.GetSecretValue, input)
	if err != nil {
		return known{}, err
	}
	return known{aws.ToString(answer.VersionId), aws.ToString(answer.SecretString)}, nil
}
