package ingest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"guestjourney/internal/reload"
	"guestjourney/webhookproxy/telemetry/reading"
)

// KeyFileVariable names the file of device keys, which is read again when it changes.
const KeyFileVariable = "DEVICE_KEYS_FILE"

// KeyFile is a file of device keys: the form of DEVICE_KEYS, or an entry a line.
type KeyFile struct {
	path string
	keys atomic.Pointer[reading.Keys]
}

// OpenKeys reads the file. Its errors name the variable and show no key.
func OpenKeys(path string) (*KeyFile, error) {
	f := &KeyFile{path: path}
	return f, f.reload()
}

// Keys are those in force.
func (f *KeyFile) Keys() *reading.Keys { return f.keys.Load() }

// Watch reads the file every so often until the context ends. What cannot be used is
// logged, once a state, and changes nothing.
func (f *KeyFile) Watch(ctx context.Context, every time.Duration, logger *slog.Logger) {
	reload.Watch(ctx, every, f.reload, func(err error) {
		logger.Error("device keys cannot be taken over; those known before stay in force", "error", err.Error())
	})
}

func (f *KeyFile) reload() error {
	text, err := os.ReadFile(f.path)
	if err != nil {
		return fmt.Errorf("%s: cannot be read: %w", KeyFileVariable, errors.Unwrap(err))
	}
	keys := new(reading.Keys)
	entries := strings.FieldsFunc(string(text), func(r rune) bool { return r == '\n' || r == '\r' || r == ',' })
	if err := keys.UnmarshalText([]byte(strings.Join(entries, ","))); err != nil {
		return fmt.Errorf("%s: %w; %s", KeyFileVariable, err, reading.KeysHelp)
	}
	f.keys.Store(keys)
	return nil
}
