package watch

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"guestjourney/webhookproxy/telemetry/detector"
	"guestjourney/webhookproxy/telemetry/store"
)

// noDevice is for a session that has lost its device and goes on: no device can be
// called so, and the silence is an alarm.
const noDevice = "(none)"

var errProtocol = errors.New("the protocol of the session is none of this version")

// ConfigOf is how the detector watches by an assignment, for owners and for the live
// view. With an error it is by the defaults.
func ConfigOf(a store.Assignment, now time.Time) (detector.Config, error) {
	config := detector.Config{Device: a.Device, Protocol: detector.Default()}
	if a.Session == store.Unassigned {
		return config, nil
	}
	if a.Device == "" {
		config.Device = noDevice
	}
	if a.Unreadable != nil {
		return config, fmt.Errorf("watched by the default limits: %w", a.Unreadable)
	}
	wanted := config
	wanted.Baseline = a.Settings.QTcBaseline
	if len(a.Settings.Protocol) > 0 && json.Unmarshal(a.Settings.Protocol, &wanted.Protocol) != nil {
		return config, fmt.Errorf("watched by the default limits: %w", errProtocol)
	}
	if _, err := detector.New(wanted, now); err != nil {
		return config, fmt.Errorf("watched by the default limits: %w", err)
	}
	return wanted, nil
}

// same says whether two assignments are watched by in the same way.
func same(a, b store.Assignment) bool {
	return a.Device == b.Device && a.Since.Equal(b.Since) && (a.Unreadable == nil) == (b.Unreadable == nil) &&
		a.Settings.QTcBaseline == b.Settings.QTcBaseline && bytes.Equal(a.Settings.Protocol, b.Settings.Protocol)
}
