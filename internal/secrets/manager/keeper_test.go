package manager_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"guestjourney/activities/failure"
	"guestjourney/internal/freeport"
	"guestjourney/internal/secrets"
	"guestjourney/internal/secrets/manager"
	"guestjourney/internal/secrets/manager/managertest"
)

const (
	signing = prefix + string(secrets.JWTSigningKey)
	someID  = "6ba7b810-9dad-41d1-80b4-00c04fd430c8"
)

func keeper(t *testing.T) (manager.Keeper, *managertest.Server) {
	server := managertest.Serve(t)
	server.Put(signing, "old", "AWSCURRENT")
	return manager.Keeper{Store: open(t, server.URL)}, server
}

func TestAVersionThatIsPutTwiceIsOne(t *testing.T) {
	k, server := keeper(t)
	require.NoError(t, k.Put(t.Context(), secrets.JWTSigningKey, someID, "new"))
	require.NoError(t, k.Put(t.Context(), secrets.JWTSigningKey, someID, "another text of the second try"))
	assert.Equal(t, 2, server.Versions(signing))
	assert.Equal(t, "new", server.At(signing, "AWSPENDING"))
	assert.Equal(t, "old", server.At(signing, "AWSCURRENT"))
	pending, err := k.Pending(t.Context(), secrets.JWTSigningKey)
	require.NoError(t, err)
	assert.Equal(t, secrets.Value{Text: "new", Version: someID}, pending)
}

func TestPromotionMakesTheFormerVersionThePreviousOnce(t *testing.T) {
	k, server := keeper(t)
	require.NoError(t, k.Put(t.Context(), secrets.JWTSigningKey, someID, "new"))
	for range 2 {
		require.NoError(t, k.Promote(t.Context(), secrets.JWTSigningKey, someID))
		assert.Equal(t, "new", server.At(signing, "AWSCURRENT"))
		assert.Equal(t, "old", server.At(signing, "AWSPREVIOUS"))
		assert.Empty(t, server.At(signing, "AWSPENDING"))
	}
}

func TestAVersionThatIsNotOnTrialIsNotPromoted(t *testing.T) {
	k, server := keeper(t)
	server.Put(signing, "of somebody else", "AWSPENDING")
	var failed *failure.Error
	require.ErrorAs(t, k.Promote(t.Context(), secrets.JWTSigningKey, someID), &failed)
	assert.Equal(t, failure.Permanent, failed.Class)
	assert.Equal(t, "not_pending", failed.Code)
	assert.Equal(t, "old", server.At(signing, "AWSCURRENT"))
}

func TestWithdrawalEndsTheTrialOfItsOwnVersionOnly(t *testing.T) {
	k, server := keeper(t)
	require.NoError(t, k.Put(t.Context(), secrets.JWTSigningKey, someID, "new"))
	for range 2 {
		require.NoError(t, k.Withdraw(t.Context(), secrets.JWTSigningKey, someID))
		assert.Empty(t, server.At(signing, "AWSPENDING"))
		assert.Equal(t, "old", server.At(signing, "AWSCURRENT"))
	}
	server.Put(signing, "of somebody else", "AWSPENDING")
	require.NoError(t, k.Withdraw(t.Context(), secrets.JWTSigningKey, someID))
	assert.Equal(t, "of somebody else", server.At(signing, "AWSPENDING"))
}

func TestVersionsAreToldWithoutTheirTexts(t *testing.T) {
	k, server := keeper(t)
	id := server.Put(signing, "new", "AWSPENDING")
	versions, err := k.Versions(t.Context(), secrets.JWTSigningKey)
	require.NoError(t, err)
	require.Len(t, versions, 2)
	for _, version := range versions {
		assert.WithinDuration(t, time.Now(), version.Created, time.Minute)
		assert.Equal(t, version.ID == id, version.Stages[0] == secrets.Pending)
	}
	assert.Zero(t, server.Calls("GetSecretValue"))
}

func TestFailuresOfAKeeperAreClassified(t *testing.T) {
	k, server := keeper(t)
	for code, class := range map[string]failure.Class{
		"ThrottlingException": failure.Throttled, "InternalServiceError": failure.Ambiguous,
		"AccessDeniedException": failure.Permanent, "ResourceNotFoundException": failure.Permanent,
	} {
		server.Fail(400, code)
		_, read := k.Pending(t.Context(), secrets.JWTSigningKey)
		for _, err := range []error{
			read, k.Put(t.Context(), secrets.JWTSigningKey, someID, "new"), k.Promote(t.Context(), secrets.JWTSigningKey, someID),
			k.Withdraw(t.Context(), secrets.JWTSigningKey, someID),
		} {
			var failed *failure.Error
			require.True(t, errors.As(err, &failed), "%v", err)
			assert.Equal(t, class, failed.Class, "%v", err)
			assert.NotContains(t, err.Error(), "may quote")
		}
	}
	away := manager.Keeper{Store: open(t, "http://"+freeport.Address(t))}
	_, err := away.Versions(t.Context(), secrets.JWTSigningKey)
	var failed *failure.Error
	require.ErrorAs(t, err, &failed)
	assert.Equal(t, failure.Ambiguous, failed.Class, "nobody there")
}
