package google_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"guestjourney/activities/calendar/google"
	"guestjourney/activities/failure"
	"guestjourney/activities/provider/oauth"
	"guestjourney/activities/provider/providertest"
)

func unreachable(t *testing.T) *google.Diary {
	t.Helper()
	diary, err := google.New(google.Config{AccessToken: "x"}, newClient(t, "http://127.0.0.1:1", nil))
	require.NoError(t, err)
	return diary
}

// keyFile writes a service account's key as Google hands it out.
func keyFile(t *testing.T) string {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	encoded, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	content, err := json.Marshal(map[string]string{
		"type": "service_account", "client_email": "worker@house.example", "private_key_id": "k1",
		"private_key": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: encoded})),
		"token_uri":   "https://oauth2.googleapis.com/token",
	})
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "key.json")
	require.NoError(t, os.WriteFile(path, content, 0o600))
	return path
}

func token(value string) http.HandlerFunc {
	return providertest.Reply(200, `{"access_token":"`+value+`","token_type":"Bearer","expires_in":3600}`)
}

func TestAServiceAccountSignsInOnce(t *testing.T) {
	diary, script := newDiaryWith(t, google.Config{CredentialsFile: keyFile(t)}, token("ya29.first"), echo, echo)
	for range 2 {
		_, err := diary.Hold(context.Background(), effect(holdKey), entry())
		require.NoError(t, err)
	}
	requests := script.Received()
	require.Len(t, requests, 3, "one sign-in for two calls")
	require.Equal(t, "/google/token", requests[0].Path)
	require.Contains(t, requests[0].Body, "jwt-bearer")
	require.Equal(t, "Bearer ya29.first", requests[1].Header.Get("Authorization"))
	require.Equal(t, "Bearer ya29.first", requests[2].Header.Get("Authorization"))
}

// A failed sign-in never reaches the calendar, so nothing is ambiguous.
func TestAFailedSignIn(t *testing.T) {
	for name, test := range map[string]struct {
		answer http.HandlerFunc
		class  failure.Class
		code   string
	}{
		"refused":   {providertest.Reply(400, `{"error":"invalid_grant","error_description":"worker@house.example"}`), failure.Permanent, "invalid_grant"},
		"throttled": {providertest.Reply(429, `{}`), failure.Throttled, ""},
		"broken":    {providertest.Reply(500, `{}`), failure.NotProcessed, ""},
		"no answer": {providertest.HangUp, failure.NotProcessed, ""},
	} {
		t.Run(name, func(t *testing.T) {
			diary, script := newDiaryWith(t, google.Config{CredentialsFile: keyFile(t)}, test.answer)
			_, err := diary.Hold(context.Background(), effect(holdKey), entry())
			known := requireClass(t, test.class, err)
			require.Equal(t, test.code, known.Code)
			require.NotContains(t, known.Error(), "house.example")
			require.Len(t, script.Received(), 1)
		})
	}
}

func TestNewNamesWhatIsWrong(t *testing.T) {
	client := newClient(t, "http://127.0.0.1:1", nil)
	_, err := google.New(google.Config{}, client)
	require.ErrorContains(t, err, "either")
	_, err = google.New(google.Config{AccessToken: "x", CredentialsFile: "y"}, client)
	require.ErrorContains(t, err, "either")
	_, err = google.New(google.Config{CredentialsFile: filepath.Join(t.TempDir(), "absent.json")}, client)
	require.ErrorIs(t, err, os.ErrNotExist)

	broken := filepath.Join(t.TempDir(), "broken.json")
	require.NoError(t, os.WriteFile(broken, []byte(`{"private_key":"s3cret"`), 0o600))
	_, err = google.New(google.Config{CredentialsFile: broken}, client)
	require.ErrorContains(t, err, "broken.json")
	require.False(t, strings.Contains(err.Error(), "s3cret"))
}

// TestATokenThatIsRefusedIsReplacedOnce: the event is written under the next one,
// in the same attempt, from the same body.
func TestATokenThatIsRefusedIsReplacedOnce(t *testing.T) {
	refused := providertest.Reply(401, `{"error":{"code":401,"errors":[{"reason":"authError"}]}}`)
	diary, script := newDiaryWith(t, google.Config{CredentialsFile: keyFile(t), Tokens: kept{}}, refused, token("ya29.second"), echo)
	_, err := diary.Hold(context.Background(), effect(holdKey), entry())
	require.NoError(t, err)
	requests := script.Received()
	require.Len(t, requests, 3)
	require.Equal(t, "Bearer ya29.kept", requests[0].Header.Get("Authorization"))
	require.Equal(t, "/google/token", requests[1].Path)
	require.Equal(t, "Bearer ya29.second", requests[2].Header.Get("Authorization"))
	require.NotEmpty(t, requests[2].Body)
	require.Equal(t, requests[0].Body, requests[2].Body)
}

// kept is a Keeper with the token of an earlier start.
type kept struct{}

func (kept) Load(string) (oauth.Token, error) {
	return oauth.Token{Access: "ya29.kept", Obtained: time.Now().Add(-time.Minute), Expiry: time.Now().Add(time.Hour)}, nil
}

func (kept) Save(string, oauth.Token) error { return nil }
