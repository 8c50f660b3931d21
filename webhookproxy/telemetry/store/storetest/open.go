// Package storetest opens a store of readings for a test.
//
// Called by the tests of what reads and writes the store, but for the store's own.
// It owns the file and the key of those that name none. It promises that a store
// is closed, and without an error, at the end of its test.
package storetest

import (
	"bytes"
	"encoding/base64"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"guestjourney/internal/codec"
	"guestjourney/webhookproxy/telemetry/store"
)

// Open opens a store. Without a path or URL it is a new one in a file, without a
// codec it has a key of its own.
func Open(t testing.TB, config store.Config) *store.Store {
	t.Helper()
	if config.Path == "" && config.URL == "" {
		config.Path = filepath.Join(t.TempDir(), "telemetry.db")
	}
	if config.Codec == nil {
		config.Codec = Codec(t, 1)
	}
	opened, err := store.Open(t.Context(), config)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, opened.Close()) })
	return opened
}

// Codec seals with a key that is the same byte all through.
func Codec(t testing.TB, key byte) *codec.Codec {
	t.Helper()
	ring, err := codec.ParseRing("k1:" + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{key}, codec.KeySize)))
	require.NoError(t, err)
	sealing, err := codec.New(ring)
	require.NoError(t, err)
	return sealing
}
