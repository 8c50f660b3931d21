package dev

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	people "guestjourney/internal/staff"
)

// maxMonitors is how many simulated monitors have a key.
const maxMonitors = 100

// monitor is the name of a simulated monitor, from 1.
func monitor(number int) string { return fmt.Sprintf("sim-%d", number) }

// deviceKey is the key of a monitor, made from this data's secret.
func deviceKey(secret, device string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(device))
	return hex.EncodeToString(mac.Sum(nil))
}

// deviceKeys are those of all simulated monitors, as DEVICE_KEYS has them.
func deviceKeys(secret string) string {
	var pairs []string
	for number := range maxMonitors {
		device := monitor(number + 1)
		pairs = append(pairs, device+"="+deviceKey(secret, device))
	}
	return strings.Join(pairs, ",")
}

// Who is paged here: the sandbox has their telephones.
const (
	nurse     = "p-nora"
	nurseTo   = "+14155550151"
	physician = "p-med"
	failsafe  = "p-desk"
)

// covered is how long the shifts of a new staff file reach.
const covered = 30 * 24 * time.Hour

// writeStaffFile writes who is paged, from now on around the clock, and returns the
// file's place.
func writeStaffFile(path, token string, now time.Time) (string, error) {
	person := func(code, role, to string, tokens ...string) map[string]any {
		one := map[string]any{"code": code, "roles": []string{role}, "contact": []map[string]string{{"channel": "sms", "to": to}, {"channel": "voice", "to": to}}}
		if len(tokens) > 0 {
			one["tokens"] = tokens
		}
		return one
	}
	text, err := json.MarshalIndent(map[string]any{
		"zone": "UTC",
		"people": []any{
			person(nurse, "nurse", nurseTo, people.HashToken(token)), person(physician, people.Physician, "+14155550152"), person(failsafe, "manager", "+14155550153"),
		},
		"shifts":      []any{map[string]any{"person": nurse, "days": []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}, "from": "00:00", "to": "00:00"}},
		"coversUntil": now.Add(covered).Format(time.DateOnly),
		"failsafe":    failsafe,
	}, "", "  ")
	if err != nil {
		return "", fmt.Errorf("staff file: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return "", fmt.Errorf("staff file: %w", err)
	}
	if err := os.WriteFile(path, append(text, '\n'), 0o600); err != nil {
		return "", fmt.Errorf("staff file: %w", err)
	}
	return path, nil
}
