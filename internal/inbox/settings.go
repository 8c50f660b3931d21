package inbox

import (
	"context"

	"guestjourney/internal/codec"
	"guestjourney/internal/database"
)

// Settings say where the inbox is. They are embedded by the settings of every
// program that opens it, so that the proxy and the CLI mean the same one.
type Settings struct {
	InboxPath   string `env:"INBOX_PATH" envDefault:"./.data/inbox.db"`
	DatabaseURL string `env:"DATABASE_URL"`
}

// Open opens the inbox there, with the payloads sealed by the key ring. A password may
// be nil: then the URL stands as it is.
func (s Settings) Open(ctx context.Context, ring *codec.Ring, password database.Password) (Store, error) {
	sealing, err := codec.New(ring)
	if err != nil {
		return nil, err
	}
	return Open(ctx, Config{Path: s.InboxPath, URL: s.DatabaseURL, Password: password, Codec: sealing})
}
