package main

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"guestjourney/internal/config"
	"guestjourney/internal/database"
	"guestjourney/internal/paging"
	"guestjourney/internal/secrets/manager"
	"guestjourney/internal/staff"
	"guestjourney/internal/verify"
	"guestjourney/webhookproxy/gateway"
	"guestjourney/webhookproxy/telemetry/ingest"
	"guestjourney/webhookproxy/telemetry/reading"
	"guestjourney/webhookproxy/telemetry/store"
)

// telemetrySettings is the configuration of `webhookproxy telemetry`; its tags are the
// reference.
type telemetrySettings struct {
	config.PayloadKeys

	Address     string `env:"TELEMETRY_ADDRESS" envDefault:"127.0.0.1:8090"`
	MetricsAddr string `env:"METRICS_ADDR" envDefault:"127.0.0.1:9466"`
	// StaffAddress is for people: beyond loopback something with TLS stands before it.
	StaffAddress string `env:"STAFF_ADDRESS" envDefault:"127.0.0.1:8092"`
	// TrustedProxies are ranges of addresses; see gateway.ClientAddress.
	TrustedProxies []string `env:"TRUSTED_PROXIES"`

	Path        string           `env:"TELEMETRY_PATH" envDefault:"./.data/telemetry.db"`
	DatabaseURL string           `env:"DATABASE_URL"`
	Managed     manager.Settings // where the password of DATABASE_URL is

	DeviceKeys     reading.Keys `env:"DEVICE_KEYS" help:"want <device>=<key>[|<key>][,<device>=...]; a new key: openssl rand -base64 32"`
	DeviceKeysFile string       `env:"DEVICE_KEYS_FILE" help:"a file in the form of DEVICE_KEYS, read again when it changes"`
	Secret         []string     `env:"TELEMETRY_SECRET"`
	StaffFile      string       `env:"STAFF_FILE"`

	Twilio telemetryTwilio `envPrefix:"TWILIO_"`

	Keep keepSettings `envPrefix:"TELEMETRY_KEEP_"`
}

// telemetryTwilio is the account of the worker's pages.
type telemetryTwilio struct {
	AccountSID   string `env:"ACCOUNT_SID,required,notEmpty"`
	APIKeySID    string `env:"API_KEY_SID,required,notEmpty"`
	APIKeySecret string `env:"API_KEY_SECRET,required,notEmpty"`
	From         string `env:"FROM,required,notEmpty" help:"a number in E.164 or a messaging service"`
	CallFrom     string `env:"CALL_FROM" help:"the number in E.164 that calls staff; empty is FROM, unless that is a messaging service"`
	BaseURL      string `env:"BASE_URL"`
}

// keepSettings are in days. Clinical records are commonly kept for seven years; ask
// the law of the place.
type keepSettings struct {
	Readings    int `env:"READINGS" envDefault:"2557" help:"days for which readings are kept; 0 is for good"`
	ECG         int `env:"ECG" envDefault:"2557" help:"days for which ECG is kept; 0 is for good"`
	Transitions int `env:"TRANSITIONS" envDefault:"2557" help:"days for which transitions of alarms are kept, 2557 or more; 0 is for good"`
}

// leastTransitions are seven years in days.
const leastTransitions = 2557

func (k keepSettings) retention() store.Retention {
	const day = 24 * time.Hour
	return store.Retention{
		Readings: time.Duration(k.Readings) * day, ECG: time.Duration(k.ECG) * day, Transitions: time.Duration(k.Transitions) * day,
	}
}

// telemetryLoaded is the configuration and what it declares.
type telemetryLoaded struct {
	telemetrySettings
	verifier verify.Verifier
	people   *staff.File
	pager    *paging.Pager
	keyFile  *ingest.KeyFile // nil: DEVICE_KEYS stand
	password database.Password
	client   func(*http.Request) string // where a request comes from
}

// loadTelemetry reads and checks everything before anything is started.
func loadTelemetry(ctx context.Context, logger *slog.Logger) (telemetryLoaded, error) {
	s, err := config.Load[telemetrySettings]()
	if err != nil {
		return telemetryLoaded{}, err
	}
	loaded := telemetryLoaded{telemetrySettings: s}
	wrong := &config.Error{Problems: s.problems()}
	note := func(err error) {
		if err != nil {
			wrong.Problems = append(wrong.Problems, err.Error())
		}
	}
	note(loaded.openFiles())
	note(loaded.openPager())
	loaded.verifier, err = verify.NewStandard(s.Secret...)
	if err != nil {
		wrong.Problems = append(wrong.Problems, "TELEMETRY_SECRET: "+err.Error())
	}
	loaded.client, err = gateway.ClientAddress(s.TrustedProxies)
	if err != nil {
		wrong.Problems = append(wrong.Problems, "TRUSTED_PROXIES: "+err.Error())
	}
	if len(wrong.Problems) > 0 {
		return telemetryLoaded{}, wrong
	}
	loaded.password, err = s.Managed.DatabasePassword(ctx, s.DatabaseURL, logger)
	return loaded, err
}

func (s telemetrySettings) problems() (found []string) {
	for _, address := range []struct{ variable, value string }{{"TELEMETRY_ADDRESS", s.Address}, {"METRICS_ADDR", s.MetricsAddr}, {"STAFF_ADDRESS", s.StaffAddress}} {
		if _, _, err := net.SplitHostPort(address.value); err != nil {
			found = append(found, address.variable+": want host:port, such as 127.0.0.1:8090 or :8090")
		}
	}
	if len(s.Secret) == 0 {
		found = append(found, "TELEMETRY_SECRET: is not set; want whsec_ and base64 of 24 to 64 bytes, the same as the worker's")
	}
	if s.StaffFile == "" {
		found = append(found, staff.FileVariable+": is not set; want the file of the people who are paged")
	}
	if s.DeviceKeysFile == "" && os.Getenv(reading.KeysVariable) == "" {
		found = append(found, reading.KeysVariable+": is not set; "+reading.KeysHelp)
	}
	if s.Keep.Readings < 0 || s.Keep.ECG < 0 || s.Keep.Transitions < 0 || s.Keep.Transitions > 0 && s.Keep.Transitions < leastTransitions {
		found = append(found, "TELEMETRY_KEEP_*: want days, 0 for good; TELEMETRY_KEEP_TRANSITIONS at least 2557, which is seven years")
	}
	return found
}

func (l *telemetryLoaded) openFiles() (err error) {
	if l.StaffFile != "" {
		if l.people, err = staff.Open(l.StaffFile, time.Now); err != nil {
			return err // it names the variable
		}
	}
	if l.DeviceKeysFile != "" {
		l.keyFile, err = ingest.OpenKeys(l.DeviceKeysFile)
	}
	return err
}

func (l *telemetryLoaded) openPager() (err error) {
	set := l.Twilio
	l.pager, err = paging.New(paging.Config{
		AccountSID: set.AccountSID, APIKeySID: set.APIKeySID, APIKeySecret: set.APIKeySecret, From: set.From, CallFrom: set.CallFrom, BaseURL: set.BaseURL,
	})
	if err != nil {
		return config.Invalid("TWILIO_*", strings.TrimPrefix(err.Error(), "paging: "))
	}
	return nil
}

// keys are the device keys that are valid now.
func (l *telemetryLoaded) keys() *reading.Keys {
	if l.keyFile != nil {
		return l.keyFile.Keys()
	}
	return &l.DeviceKeys
}
