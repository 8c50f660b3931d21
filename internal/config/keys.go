package config

import (
	"guestjourney/internal/codec"
	"guestjourney/internal/identity"
)

// PayloadKeys is embedded by the settings of every program that reads or
// writes payloads.
type PayloadKeys struct {
	PayloadKeys codec.Ring `env:"PAYLOAD_KEYS,required,notEmpty" help:"want <id>:<base64 of 32 bytes>[,...]; a new key: openssl rand -base64 32"`
}

// Ring returns the key ring.
func (k *PayloadKeys) Ring() *codec.Ring { return &k.PayloadKeys }

// IdentityKey makes the HMAC that turns an address into a workflow ID. It never
// rotates: another key would not find the guests of the first.
type IdentityKey struct{ secret []byte }

// UnmarshalText reads the base64 of 32 bytes. Its error shows nothing of it.
func (k *IdentityKey) UnmarshalText(text []byte) (err error) {
	k.secret, err = identity.ParseKey(string(text))
	return err
}

// Bytes returns the key.
func (k IdentityKey) Bytes() []byte { return k.secret }

// String keeps the key out of logs.
func (k IdentityKey) String() string { return "identity key" }

// GoString keeps the key out of %#v.
func (k IdentityKey) GoString() string { return k.String() }

// Identity is embedded by the settings of programs that find guests by address.
type Identity struct {
	IdentityKey IdentityKey `env:"IDENTITY_KEY,required,notEmpty" help:"the same in every program for ever"`
}
