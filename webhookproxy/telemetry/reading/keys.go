package reading

import (
	"errors"
	"fmt"
	"strings"

	"guestjourney/internal/verify"
)

// KeysVariable names the environment variable of the keys.
const KeysVariable = "DEVICE_KEYS"

// KeysHelp says what it should be.
const KeysHelp = "want <device>=<key>[|<key>][,<device>=...]; a new key: openssl rand -base64 32"

// minKey is the least length of a key: 128 bits in base64.
const minKey = 22

// Keys holds the keys of all devices; several of one device are valid at the same
// time while one replaces the other. The zero value has none and accepts nothing.
type Keys struct {
	devices map[string]device
	unknown verify.Verifier // judges in the name of devices that there are not
}

// device is what is known about one.
type device struct {
	verifier verify.Verifier
	keyIDs   []string
}

// UnmarshalText reads "device=key1|key2,device2=...", as it stands in
// DEVICE_KEYS. Its errors show no key.
func (k *Keys) UnmarshalText(text []byte) error {
	devices := map[string]device{}
	for index, entry := range strings.Split(string(text), ",") {
		name, list, _ := strings.Cut(strings.TrimSpace(entry), "=")
		if !verify.DeviceName.MatchString(name) {
			return fmt.Errorf("entry %d: want a device's name of a to z, 0 to 9 and -, then =", index+1)
		}
		if _, twice := devices[name]; twice {
			return fmt.Errorf("entry %d: the device %s is there twice; separate its keys by |", index+1, name)
		}
		made, err := newDevice(strings.Split(list, "|"))
		if err != nil {
			return fmt.Errorf("entry %d, device %s: %w", index+1, name, err)
		}
		devices[name] = made
	}
	unknown, err := newUnknown()
	if err != nil {
		return err
	}
	k.devices, k.unknown = devices, unknown
	return nil
}

var errShortKey = errors.New("want keys of at least 22 characters: openssl rand -base64 32")

func newDevice(keys []string) (device, error) {
	made := device{}
	for _, key := range keys {
		if len(key) < minKey {
			return device{}, errShortKey
		}
		made.keyIDs = append(made.keyIDs, verify.KeyID(key))
	}
	var err error
	made.verifier, err = verify.NewDevice(keys...)
	return made, err
}

// String keeps the keys out of logs.
func (k Keys) String() string { return fmt.Sprintf("keys of %d devices", len(k.devices)) }

// GoString keeps them out of %#v.
func (k Keys) GoString() string { return k.String() }
