package google

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"sync"

	"golang.org/x/oauth2"
	googleauth "golang.org/x/oauth2/google"
	"golang.org/x/oauth2/jwt"
	calendarapi "google.golang.org/api/calendar/v3"

	"guestjourney/activities/failure"
	"guestjourney/activities/provider"
)

// Config is how to sign in. Exactly one of the two is set.
type Config struct {
	// AccessToken is a fixed bearer token, for the sandbox and short trials.
	AccessToken string
	// CredentialsFile is a service account's key, as Google hands it out.
	CredentialsFile string
}

// tokens hands out bearer tokens.
type tokens interface {
	// token returns a valid token. Errors are *failure.Error.
	token(context.Context) (string, error)
}

func newTokens(config Config, client *provider.Client) (tokens, error) {
	if (config.AccessToken == "") == (config.CredentialsFile == "") {
		return nil, errors.New("google: set either an access token or a credentials file")
	}
	if config.AccessToken != "" {
		return fixedToken(config.AccessToken), nil
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
	return &serviceAccount{account: account, client: client}, nil
}

type fixedToken string

func (t fixedToken) token(context.Context) (string, error) { return string(t), nil }

// serviceAccount exchanges its key for tokens and keeps one until it is about
// to expire.
type serviceAccount struct {
	account *jwt.Config
	client  *provider.Client

	mutex  sync.Mutex
	cached *oauth2.Token
}

func (s *serviceAccount) token(ctx context.Context) (string, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.cached.Valid() {
		return s.cached.AccessToken, nil
	}
	var trace provider.Trace
	exchange := context.WithValue(ctx, oauth2.HTTPClient, s.client.HTTPClient(ctx, &trace))
	token, err := s.account.TokenSource(exchange).Token()
	if err != nil {
		return "", s.check(&trace, err)
	}
	s.cached = token
	return token.AccessToken, nil
}

// check classifies a failed exchange. Nothing has reached the calendar, so what
// may pass is NotProcessed, and a refusal needs a person.
func (s *serviceAccount) check(trace *provider.Trace, err error) error {
	failed := s.client.Classify(operationToken, trace.Status(), grantError(err), trace.Header(), trace, err)
	switch {
	case trace.Status()/100 == 4 && trace.Status() != http.StatusTooManyRequests && trace.Status() != http.StatusRequestTimeout:
		failed.Class, failed.Advice = failure.Permanent, "Google refuses the service account; check its key and the clock"
	case failed.Class == failure.Ambiguous:
		failed.Class = failure.NotProcessed
	}
	return failed
}

// grantError returns OAuth's own word for a refusal, "invalid_grant". The
// library leaves it in the body; its description may name the account.
func grantError(err error) string {
	var refused *oauth2.RetrieveError
	var body struct {
		Error string `json:"error"`
	}
	if !errors.As(err, &refused) || json.Unmarshal(refused.Body, &body) != nil {
		return ""
	}
	return safeCode(body.Error)
}
