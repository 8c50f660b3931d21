package awssecrets_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"guestjourney/activities/failure"
	"guestjourney/activities/options"
	"guestjourney/activities/provider"
	"guestjourney/activities/rotation"
	"guestjourney/activities/rotation/awssecrets"
	"guestjourney/internal/freeport"
	"guestjourney/internal/secrets"
	"guestjourney/internal/secrets/manager"
	"guestjourney/internal/secrets/manager/managertest"
)

const (
	prefix = "guestjourney/test/"
	day    = 24 * time.Hour
	every  = 90 * day
)

var (
	signing = rotation.Secret{Name: string(secrets.JWTSigningKey)}
	stripe  = rotation.Secret{Name: string(secrets.StripeAPIKey)}
	once    = options.Effect{Key: "rotation/jwt_signing_key/0123456789ab/create/0"}
)

// world is a Vault on an account with two secrets.
type world struct {
	*awssecrets.Vault
	account *managertest.Server
	// refusal is what the trial of Stripe's key comes to.
	refusal error
	tried   []string
}

func newWorld(t *testing.T) *world {
	account := managertest.Serve(t)
	w := &world{account: account}
	w.connect(t, account.URL)
	account.Put(prefix+signing.Name, "the key of last quarter", "AWSCURRENT")
	account.Put(prefix+stripe.Name, "sk_old", "AWSCURRENT")
	return w
}

func (w *world) connect(t *testing.T, address string) {
	t.Helper()
	api, err := manager.Connect(t.Context(), manager.Settings{Provider: manager.ProviderAWS, BaseURL: address})
	require.NoError(t, err)
	out, err := provider.New(provider.Config{Name: awssecrets.Name, Logger: slog.New(slog.DiscardHandler), Circuit: provider.Circuit{Failures: 100}})
	require.NoError(t, err)
	t.Cleanup(out.Close)
	w.Vault, err = awssecrets.New(awssecrets.Config{
		API: api, Prefix: prefix, Every: every, Overlap: time.Minute,
		Tries: map[secrets.Name]awssecrets.Try{secrets.StripeAPIKey: func(_ context.Context, text string) error {
			w.tried = append(w.tried, text)
			return w.refusal
		}},
	}, out)
	require.NoError(t, err)
}

// pending puts a text on trial.
func (w *world) pending(secret rotation.Secret, text string) rotation.Version {
	return rotation.Version{Secret: secret.Name, ID: w.account.Put(prefix+secret.Name, text, "AWSPENDING")}
}

func (w *world) texts(secret rotation.Secret) map[string]string {
	return w.account.Texts(prefix + secret.Name)
}

func TestACreationThatIsRepeatedIsOneVersionOnTrial(t *testing.T) {
	w := newWorld(t)
	first, err := w.Create(t.Context(), once, signing)
	require.NoError(t, err)
	text := w.texts(signing)["AWSPENDING"]
	assert.GreaterOrEqual(t, len(text), 43, "32 random bytes")
	again, err := w.Create(t.Context(), once, signing)
	require.NoError(t, err)
	assert.Equal(t, first, again)
	assert.Equal(t, map[string]string{"AWSCURRENT": "the key of last quarter", "AWSPENDING": text}, w.texts(signing))
	assert.Equal(t, 2, w.account.Versions(prefix+signing.Name))
	other, err := w.Create(t.Context(), options.Effect{Key: once.Key + "#2"}, signing)
	require.NoError(t, err)
	assert.NotEqual(t, first, other)
	assert.NotEqual(t, text, w.texts(signing)["AWSPENDING"])
}

func TestWhatAPersonMakesIsNotCreatedHere(t *testing.T) {
	w := newWorld(t)
	_, err := w.Create(t.Context(), once, stripe)
	assert.Equal(t, failure.InvalidInput, classOf(t, err))
	assert.Equal(t, 1, w.account.Versions(prefix+stripe.Name))
}

func TestPromotionMakesTheFormerVersionThePreviousOnce(t *testing.T) {
	w := newWorld(t)
	version := w.pending(stripe, "sk_new")
	found, err := w.Pending(t.Context(), stripe)
	require.NoError(t, err)
	require.Equal(t, version, found)
	for range 2 {
		promoted, err := w.Promote(t.Context(), once, version)
		require.NoError(t, err)
		assert.Equal(t, version, promoted)
		assert.Equal(t, map[string]string{"AWSCURRENT": "sk_new", "AWSPREVIOUS": "sk_old"}, w.texts(stripe))
	}
	none, err := w.Pending(t.Context(), stripe)
	require.NoError(t, err)
	assert.Empty(t, none.ID)
}

func TestAVersionThatIsNotOnTrialIsNotPromoted(t *testing.T) {
	w := newWorld(t)
	version := w.pending(stripe, "sk_new")
	w.pending(stripe, "sk_of_somebody_else")
	_, err := w.Promote(t.Context(), once, version)
	assert.Equal(t, failure.Permanent, classOf(t, err))
	assert.ErrorContains(t, err, "not_pending")
	assert.Equal(t, "sk_old", w.texts(stripe)["AWSCURRENT"])
}

func TestWithdrawalEndsTheTrialOfItsOwnVersionOnly(t *testing.T) {
	w := newWorld(t)
	version := w.pending(stripe, "sk_new")
	for range 2 {
		_, err := w.Withdraw(t.Context(), once, version)
		require.NoError(t, err)
		assert.Equal(t, map[string]string{"AWSCURRENT": "sk_old"}, w.texts(stripe))
	}
	w.pending(stripe, "sk_of_somebody_else")
	_, err := w.Withdraw(t.Context(), once, version)
	require.NoError(t, err)
	assert.Equal(t, "sk_of_somebody_else", w.texts(stripe)["AWSPENDING"])
}

func TestWithdrawalOfTheVersionInForcePutsTheFormerOneBack(t *testing.T) {
	w := newWorld(t)
	version := w.pending(stripe, "sk_new")
	_, err := w.Promote(t.Context(), once, version)
	require.NoError(t, err)
	for range 2 {
		_, err := w.Withdraw(t.Context(), once, version)
		require.NoError(t, err)
		assert.Equal(t, map[string]string{"AWSCURRENT": "sk_old", "AWSPREVIOUS": "sk_new"}, w.texts(stripe))
	}
}

func TestAVersionIsTriedForWhatItIsFor(t *testing.T) {
	w := newWorld(t)
	try := func(version rotation.Version) rotation.Trial {
		trial, err := w.Try(t.Context(), version)
		require.NoError(t, err)
		return trial
	}
	passed := rotation.Trial{Result: rotation.Passed}
	refused := func(code string) rotation.Trial { return rotation.Trial{Result: rotation.Refused, Code: code} }

	version := w.pending(stripe, "sk_new")
	assert.Equal(t, passed, try(version))
	assert.Equal(t, []string{"sk_new"}, w.tried)
	w.refusal = &failure.Error{Provider: "stripe", Class: failure.Permanent, Status: 401, Code: "api_key_expired"}
	assert.Equal(t, refused("api_key_expired"), try(version))
	w.refusal = &failure.Error{Provider: "stripe", Class: failure.NotProcessed}
	_, err := w.Try(t.Context(), version)
	assert.Equal(t, failure.NotProcessed, classOf(t, err), "a provider that cannot be asked has refused nothing")

	w.refusal = nil
	assert.Equal(t, refused(rotation.CodeUnchanged), try(w.pending(stripe, "sk_old")))
	assert.Equal(t, refused(rotation.CodeGone), try(rotation.Version{Secret: stripe.Name, ID: "6ba7b810-9dad-41d1-80b4-00c04fd430c8"}))
	assert.Equal(t, refused(rotation.CodeWeak), try(w.pending(signing, "too short")))
	created, err := w.Create(t.Context(), once, signing)
	require.NoError(t, err)
	assert.Equal(t, passed, try(created))
	w.account.Put(prefix+string(secrets.DatabasePassword), "old", "AWSCURRENT")
	assert.Equal(t, rotation.Trial{Result: rotation.Untestable}, try(w.pending(rotation.Secret{Name: string(secrets.DatabasePassword)}, "new")))
}

// The version in force is tried again after its promotion, where it is no repeat
// of itself.
func TestTheVersionInForceIsTriedToo(t *testing.T) {
	w := newWorld(t)
	version := w.pending(stripe, "sk_new")
	_, err := w.Promote(t.Context(), once, version)
	require.NoError(t, err)
	trial, err := w.Try(t.Context(), version)
	require.NoError(t, err)
	assert.Equal(t, rotation.Passed, trial.Result)
}

func TestWhatIsInForceForLongIsDue(t *testing.T) {
	w := newWorld(t)
	due := func() []string {
		due, err := w.Due(t.Context())
		require.NoError(t, err, "a secret that is not kept here is no trouble")
		return due.Secrets
	}
	assert.Empty(t, due())
	w.account.Age(prefix+signing.Name, every-time.Hour)
	assert.Empty(t, due())
	w.account.Age(prefix+signing.Name, 2*time.Hour)
	assert.Equal(t, []string{signing.Name}, due())
	_, err := w.Create(t.Context(), once, signing)
	require.NoError(t, err)
	assert.Equal(t, []string{signing.Name}, due(), "one on trial changes nothing")
	_, err = w.Promote(t.Context(), once, rotation.Version{Secret: signing.Name, ID: must(w.Pending(t.Context(), signing)).ID})
	require.NoError(t, err)
	assert.Empty(t, due())
	assert.Zero(t, w.account.Calls("GetSecretValue"), "an age is told without the text")
}

func TestEverySecretHasAPlan(t *testing.T) {
	w := newWorld(t)
	for _, name := range secrets.Names() {
		plan, err := w.Plan(t.Context(), rotation.Secret{Name: string(name)})
		require.NoError(t, err)
		assert.Contains(t, []string{rotation.ByAPI, rotation.ByPerson}, plan.By, name)
		assert.Equal(t, plan.By == rotation.ByPerson, plan.Make != "" && plan.Retire != "", "%s: what a person does", name)
		assert.Equal(t, options.Duration(time.Minute), plan.Overlap)
	}
	_, err := w.Plan(t.Context(), rotation.Secret{Name: "hubspot_access_token"})
	assert.Equal(t, failure.InvalidInput, classOf(t, err))
}

func TestFailuresAreClassified(t *testing.T) {
	w := newWorld(t)
	for code, class := range map[string]failure.Class{
		"ThrottlingException": failure.Throttled, "InternalServiceError": failure.Ambiguous,
		"AccessDeniedException": failure.Permanent, "ExpiredTokenException": failure.Permanent,
	} {
		w.account.Fail(400, code)
		for _, err := range w.everyCall(t.Context()) {
			assert.Equal(t, class, classOf(t, err), "%v", err)
			assert.NotContains(t, err.Error(), "may quote")
		}
	}
	w.connect(t, "http://"+freeport.Address(t))
	for _, err := range w.everyCall(t.Context()) {
		assert.Equal(t, failure.NotProcessed, classOf(t, err), "nobody there: %v", err)
	}
}

func (w *world) everyCall(ctx context.Context) []error {
	_, due := w.Due(ctx)
	_, created := w.Create(ctx, once, signing)
	_, pending := w.Pending(ctx, signing)
	_, tried := w.Try(ctx, rotation.Version{Secret: signing.Name, ID: "6ba7b810-9dad-41d1-80b4-00c04fd430c8"})
	_, promoted := w.Promote(ctx, once, rotation.Version{Secret: signing.Name, ID: "x"})
	_, withdrawn := w.Withdraw(ctx, once, rotation.Version{Secret: signing.Name, ID: "x"})
	return []error{due, created, pending, tried, promoted, withdrawn}
}

func classOf(t *testing.T, err error) failure.Class {
	t.Helper()
	var failed *failure.Error
	require.True(t, errors.As(err, &failed), "%v", err)
	return failed.Class
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}
