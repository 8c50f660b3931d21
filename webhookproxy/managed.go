package main

import (
	"context"
	"log/slog"
	"os"
	"strings"

	"guestjourney/internal/database"
	kept "guestjourney/internal/secrets"
)

// managed are the secrets that AWS Secrets Manager keeps; nil keeps none.
type managed struct {
	ctx         context.Context
	cache       *kept.Cache
	ownPassword bool // DATABASE_URL has one, which stands
}

// openManaged looks at what the proxy needs of them, if that is where they are.
func openManaged(ctx context.Context, s settings, logger *slog.Logger) (*managed, error) {
	m := &managed{ctx: context.WithoutCancel(ctx), ownPassword: database.HasPassword(s.DatabaseURL)}
	var needed []kept.Name
	if s.Secrets.Managed() {
		needed = append(needed, kept.TwilioAuthToken)
		if s.DatabaseURL != "" && !m.ownPassword {
			needed = append(needed, kept.DatabasePassword)
		}
	}
	cache, err := s.Secrets.Open(ctx, os.Getenv, logger, needed...)
	if err != nil || !s.Secrets.Managed() {
		return nil, err
	}
	m.cache = cache
	return m, nil
}

// environment is the program's own, with what is managed in place of the
// variables. While a token rotates Twilio may sign with the next one already, and
// with the last one still.
func (m *managed) environment(own func(string) string) func(string) string {
	if m == nil {
		return own
	}
	return func(variable string) string {
		if variable != kept.TwilioAuthToken.Variable() {
			return own(variable)
		}
		valid, err := m.cache.Named(kept.TwilioAuthToken).Valid(m.ctx)
		if err != nil {
			return "" // it was there at the start, and what was known stays known
		}
		return strings.Join(valid, ",")
	}
}

// databasePassword is nil where the URL stands as it is.
func (m *managed) databasePassword() database.Password {
	if m == nil || m.ownPassword {
		return nil
	}
	return m.cache.Named(kept.DatabasePassword)
}
