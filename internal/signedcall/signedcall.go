// Package signedcall binds a Standard Webhooks message to the call that carries it.
//
// Standard Webhooks signs ID, time and body, and neither method nor path: a signed
// message could be sent again to another path within its five minutes. Here the ID
// begins with a hash of both, so that its signature is for one call only. Called by
// the worker's adapter of the telemetry process and by that process.
package signedcall

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"strings"
)

// ID returns a new message ID for a call.
func ID(method, path string) string { return bound(method, path) + "-" + rand.Text() }

// Matches says whether an ID was made for a call.
func Matches(id, method, path string) bool {
	hash, _, whole := strings.Cut(id, "-")
	return whole && subtle.ConstantTimeCompare([]byte(hash), []byte(bound(method, path))) == 1
}

// bound is the hash that begins an ID.
func bound(method, path string) string {
	sum := sha256.Sum256([]byte(method + " " + path))
	return hex.EncodeToString(sum[:])
}
