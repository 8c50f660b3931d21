package reading

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"guestjourney/internal/verify"
)

// Signed is a batch with the proof of who sent it.
type Signed struct {
	Batch
	KeyID    string // of the key that signed: the first 8 hex digits of its SHA-256
	SignedAt time.Time
}

// Receive verifies a request and then parses its body. Errors are those of
// internal/verify (ErrNoSecret, ErrHeader, ErrSignature, ErrStale), with the IDs
// of the keys and nothing of the body, or *Refused.
func (k *Keys) Receive(header http.Header, body []byte, now time.Time) (Signed, error) {
	match, err := k.verify(header, body, now)
	if err != nil {
		return Signed{}, err
	}
	batch, err := Parse(body)
	if err != nil {
		return Signed{}, err
	}
	if batch.Device != header.Get(verify.DeviceNameHeader) {
		return Signed{}, &Refused{"device", "want the device that signed"}
	}
	if strconv.FormatUint(batch.Sequence, 10) != header.Get(verify.DeviceSequenceHeader) {
		return Signed{}, &Refused{"sequence", "want the number that was signed"}
	}
	return Signed{Batch: batch, KeyID: match.KeyID, SignedAt: match.SignedAt}, nil
}

// verify judges a device that is not known like one that is, so that neither the
// answer nor its time tells which devices there are.
func (k *Keys) verify(header http.Header, body []byte, now time.Time) (verify.Match, error) {
	if len(k.devices) == 0 {
		return verify.Match{}, fmt.Errorf("%s: %w", KeysVariable, verify.ErrNoSecret)
	}
	known, found := k.devices[header.Get(verify.DeviceNameHeader)]
	if !found {
		known.verifier = k.unknown
	}
	match, err := known.verifier.Verify(verify.Message{Header: header, Body: body}, now)
	switch {
	case err == nil:
		return match, nil
	case match.KeyID != "": // stale
		return match, fmt.Errorf("readings, key %s: %w", match.KeyID, err)
	case found:
		return match, fmt.Errorf("readings, keys %s: %w", strings.Join(known.keyIDs, " "), err)
	}
	return match, fmt.Errorf("readings, no known device: %w", err)
}

// newUnknown makes a verifier with a key that nobody has.
func newUnknown() (verify.Verifier, error) { return verify.NewDevice(rand.Text()) }

// Sign returns the headers of a batch, for what sends one.
func Sign(key string, batch Batch, body []byte, at time.Time) http.Header {
	sequence, stamp := strconv.FormatUint(batch.Sequence, 10), strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(batch.Device + "." + sequence + "." + stamp + "."))
	mac.Write(body)
	header := http.Header{}
	header.Set(verify.DeviceNameHeader, batch.Device)
	header.Set(verify.DeviceSequenceHeader, sequence)
	header.Set(verify.DeviceTimestampHeader, stamp)
	header.Set(verify.DeviceHeader, hex.EncodeToString(mac.Sum(nil)))
	return header
}
