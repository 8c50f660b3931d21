package manager

import (
	"context"
	"log/slog"

	"guestjourney/internal/config"
	"guestjourney/internal/database"
	"guestjourney/internal/secrets"
)

// The values of SECRETS_PROVIDER.
const (
	ProviderEnvironment = "environment"
	ProviderAWS         = "aws"
)

// Settings say where secrets are kept. They are embedded by the settings of every
// program that reads some, so that all mean the same place.
type Settings struct {
	Provider string `env:"SECRETS_PROVIDER" envDefault:"environment" help:"want environment or aws"`
	// Prefix comes before every name: "guestjourney/production/".
	Prefix string `env:"SECRETS_PREFIX" help:"what comes before every name in AWS Secrets Manager, such as guestjourney/production/"`
	// BaseURL sends the requests elsewhere; empty is the region's own endpoint.
	BaseURL string `env:"SECRETS_BASE_URL"`
}

// Managed says whether the secrets are in AWS Secrets Manager, where they rotate.
func (s Settings) Managed() bool { return s.Provider == ProviderAWS }

// Open returns the secrets of the place that is chosen, after a look at those that
// are needed: a program that cannot have them does not start. environment is
// where they are by default. A variable that is wrong is a *config.Error.
func (s Settings) Open(ctx context.Context, environment secrets.Environment, logger *slog.Logger, needed ...secrets.Name) (*secrets.Cache, error) {
	store, err := s.store(ctx, environment)
	if err != nil {
		return nil, err
	}
	cache := secrets.NewCache(store, secrets.Options{Logger: logger})
	var missing config.Error
	for _, name := range needed {
		switch _, err := cache.Get(ctx, name, secrets.Current); {
		case err == nil:
		case s.Managed():
			return nil, err
		default:
			missing.Problems = append(missing.Problems, name.Variable()+": is empty")
		}
	}
	if len(missing.Problems) > 0 {
		return nil, &missing
	}
	return cache, nil
}

// DatabasePassword returns the password of a PostgreSQL URL that has none, if it is in
// AWS Secrets Manager. It is nil where the URL stands as it is.
func (s Settings) DatabasePassword(ctx context.Context, address string, logger *slog.Logger) (database.Password, error) {
	if !s.Managed() || address == "" || database.HasPassword(address) {
		return nil, nil
	}
	cache, err := s.Open(ctx, func(string) string { return "" }, logger, secrets.DatabasePassword)
	if err != nil {
		return nil, err
	}
	return cache.Named(secrets.DatabasePassword), nil
}

func (s Settings) store(ctx context.Context, environment secrets.Environment) (secrets.Store, error) {
	switch s.Provider {
	case "", ProviderEnvironment:
		return environment, nil
	case ProviderAWS:
		store, err := OpenStore(ctx, s)
		if err != nil {
			return nil, config.Invalid("SECRETS_PROVIDER", "aws: "+err.Error())
		}
		return store, nil
	}
	return nil, config.Invalid("SECRETS_PROVIDER", "want environment or aws")
}
