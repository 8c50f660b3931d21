package google

import (
	"errors"
	"fmt"
	"os"

	googleauth "golang.org/x/oauth2/google"
	calendarapi "google.golang.org/api/calendar/v3"

	"guestjourney/activities/provider"
	"guestjourney/activities/provider/oauth"
)

// Config is how to sign in. Exactly one of the first two is set.
type Config struct {
	// AccessToken is a fixed bearer token, for the sandbox and short trials.
	AccessToken string
	// CredentialsFile is a service account's key, as Google hands it out.
	CredentialsFile string
	// Tokens keeps the service account's token over a restart; nil keeps none.
	Tokens oauth.Keeper
}

const adviceRefused = "Google refuses the service account; check its key and the clock"

func newSecret(config Config, client *provider.Client) (provider.Secret, error) {
	if (config.AccessToken == "") == (config.CredentialsFile == "") {
		return nil, errors.New("google: set either an access token or a credentials file")
	}
	if config.AccessToken != "" {
		return provider.Fixed(config.AccessToken), nil
	}
	// The file's content is a key: errors name the file only.
	key, err := os.ReadFile(config.CredentialsFile)
	if err != nil {
		return nil, fmt.Errorf("google: read the credentials file: %w", err)
	}
	account, err := googleauth.JWTConfigFromJSON(key, calendarapi.CalendarEventsScope)
	if err != nil {
		return nil, fmt.Errorf("google: %s is not a service account's key file", config.CredentialsFile)
	}
	return oauth.New(oauth.Config{
		Client: client, Grant: oauth.JWTBearer(account), Keeper: config.Tokens, Advice: adviceRefused,
		Account: fmt.Sprintf("google %s %s %v", account.Email, account.PrivateKeyID, account.Scopes),
	})
}
