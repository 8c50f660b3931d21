package dev

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// keys are the secrets of this machine's house. They are made once: the data
// in the Temporal database cannot be read without them.
type keys struct {
	Payload    string // PAYLOAD_KEYS
	Identity   string // IDENTITY_KEY
	CodecToken string // CODEC_TOKEN
	Telemetry  string // TELEMETRY_SECRET
	Devices    string // DEVICE_SECRET: the devices' keys are made from it
	StaffToken string // STAFF_TOKEN: the nurse's sign-in
}

const keysHeader = "# Keys of this development data. Removing a line makes the data beside it unreadable.\n"

// loadKeys reads ./.data/keys.env, and makes what is missing in it. The file
// is for its owner only.
func loadKeys(path string) (keys, error) {
	values, err := readEnvFile(path)
	if err != nil {
		return keys{}, err
	}
	made := 0
	for _, one := range madeOnce {
		if values[one.name] == "" {
			values[one.name] = one.generate()
			made++
		}
	}
	if made > 0 {
		if err := writeEnvFile(path, values); err != nil {
			return keys{}, err
		}
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return keys{}, fmt.Errorf("keys: %w", err)
	}
	return keys{
		Payload: values["PAYLOAD_KEYS"], Identity: values["IDENTITY_KEY"], CodecToken: values["CODEC_TOKEN"],
		Telemetry: values["TELEMETRY_SECRET"], Devices: values["DEVICE_SECRET"], StaffToken: values["STAFF_TOKEN"],
	}, nil
}

// madeOnce are the lines of the file, in their order.
var madeOnce = []struct {
	name     string
	generate func() string
}{
	{"PAYLOAD_KEYS", func() string { return "dev:" + base64.StdEncoding.EncodeToString(random(32)) }},
	{"IDENTITY_KEY", func() string { return base64.StdEncoding.EncodeToString(random(32)) }},
	{"CODEC_TOKEN", func() string { return hex.EncodeToString(random(24)) }},
	{"TELEMETRY_SECRET", func() string { return "whsec_" + base64.StdEncoding.EncodeToString(random(32)) }},
	{"DEVICE_SECRET", func() string { return hex.EncodeToString(random(32)) }},
	{"STAFF_TOKEN", func() string { return hex.EncodeToString(random(32)) }},
}

func random(bytes int) []byte {
	data := make([]byte, bytes)
	_, _ = rand.Read(data) // never fails: the runtime ends the program instead
	return data
}

// readEnvFile reads NAME=value lines. A file that is not there is empty.
func readEnvFile(path string) (map[string]string, error) {
	values := map[string]string{}
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return values, nil
	}
	if err != nil {
		return nil, fmt.Errorf("keys: %w", err)
	}
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, value, ok := strings.Cut(line, "=")
		if !ok {
			return nil, fmt.Errorf("keys: %s has a line that is no NAME=value; repair it, or move its whole folder away to begin anew", path)
		}
		values[name] = value
	}
	return values, nil
}

// writeEnvFile replaces the file at once, so that a crash leaves the old keys
// or the new ones.
func writeEnvFile(path string, values map[string]string) error {
	var text strings.Builder
	text.WriteString(keysHeader)
	for _, one := range madeOnce {
		fmt.Fprintf(&text, "%s=%s\n", one.name, values[one.name])
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("keys: %w", err)
	}
	if err := os.WriteFile(path+".new", []byte(text.String()), 0o600); err != nil {
		return fmt.Errorf("keys: %w", err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		return fmt.Errorf("keys: %w", err)
	}
	return nil
}
