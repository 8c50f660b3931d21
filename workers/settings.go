package main

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"guestjourney/activities/health"
	"guestjourney/activities/options"
	"guestjourney/activities/provider/oauth"
	"guestjourney/internal/codec"
	"guestjourney/internal/config"
	"guestjourney/internal/identity"
	"guestjourney/internal/secrets"
	"guestjourney/internal/secrets/manager"
)

// settings is the worker's configuration; its tags are the reference.
type settings struct {
	config.PayloadKeys
	config.Identity
	AllowPlaintext bool   `env:"ALLOW_PLAINTEXT" help:"true accepts inputs that were not encrypted; for trials only"`
	ProgramsDir    string `env:"PROGRAMS_DIR"`
	GuestAppURL    string `env:"GUEST_APP_URL,required,notEmpty" help:"where guests open their pages"`
	PropertyName   string `env:"PROPERTY_NAME" envDefault:"The retreat"`
	PublicURL      string `env:"PUBLIC_URL,required,notEmpty" help:"where providers reach the webhook proxy"`

	StaffPhones []string `env:"STAFF_ALERT_PHONES" help:"numbers with country code, separated by commas, that are texted when a provider goes down and when it is back"`
	StaffEmails []string `env:"STAFF_ALERT_EMAILS" help:"addresses, separated by commas, that are written to when a provider goes down and when it is back"`

	// HealthSMSTo is ours, and no guest's.
	HealthSMSTo    string        `env:"HEALTH_SMS_TO" help:"a number of the house's own, with country code, that is texted to try texts out; empty sends none"`
	HealthSMSEvery time.Duration `env:"HEALTH_SMS_EVERY" envDefault:"12h" help:"how often that is done while it works"`

	StaffFile string `env:"STAFF_FILE" help:"the file of the people who are paged; without it no session is watched here"`
	// Both are needed with StaffFile.
	TelemetryURL    string `env:"TELEMETRY_URL" help:"where the telemetry process takes the worker's calls, such as http://127.0.0.1:8090"`
	TelemetrySecret string `env:"TELEMETRY_SECRET" help:"what signs them: whsec_ and 32 random bytes in base64"`

	RecordsDir string `env:"RECORDS_DIR" envDefault:"./.data/records" help:"a folder, on an encrypted disk, where the records of sessions are kept"`

	// Secrets say where the keys of Stripe and SendGrid are; by default in their
	// own settings below.
	Secrets manager.Settings
	// Overlap is longer than a secret is believed without another look; shorter in
	// tests only.
	RotateEvery time.Duration `env:"SECRETS_ROTATE_EVERY" envDefault:"2160h" help:"how long a secret in AWS Secrets Manager is in force before it is replaced"`
	Overlap     time.Duration `env:"SECRETS_OVERLAP" envDefault:"6m" help:"how long both versions are valid before each step of a rotation"`
	// OAuthDir is no place that workers share: each fetches its own.
	OAuthDir string `env:"OAUTH_DIR" envDefault:"./.data/oauth" help:"a folder where OAuth tokens are kept, sealed, over a restart; empty keeps none"`

	Stripe   stripeSettings   `envPrefix:"STRIPE_"`
	HubSpot  hubspotSettings  `envPrefix:"HUBSPOT_"`
	Twilio   twilioSettings   `envPrefix:"TWILIO_"`
	SendGrid sendgridSettings `envPrefix:"SENDGRID_"`
	Google   googleSettings   `envPrefix:"GOOGLE_"`

	// CircuitOpen is shorter in tests only: a provider that failed needs its rest.
	// callTimeout has no variable: it is for tests. 0 is each provider's own.
	callTimeout time.Duration
	CircuitOpen time.Duration `env:"CIRCUIT_OPEN" help:"how long an open circuit refuses calls; 0 is the provider's own time"`

	StickyCacheSize int           `env:"STICKY_CACHE_SIZE" envDefault:"2000" help:"workflows kept in memory; 0 replays every task"`
	StickyTimeout   time.Duration `env:"STICKY_TIMEOUT" envDefault:"2s" help:"how long a task waits for a worker that died before another one takes it"`
	// StopTimeout is longer than the longest call to a provider, so that a
	// rollout interrupts none.
	StopTimeout time.Duration `env:"STOP_TIMEOUT" envDefault:"40s" help:"how long running activities may finish when the worker stops"`
	MetricsAddr string        `env:"METRICS_ADDR" envDefault:"127.0.0.1:9465" help:"serves /metrics, /healthz and /readyz; empty serves none"`
	// BacklogInterval is shorter in tests only: an alert waits for minutes.
	BacklogInterval time.Duration `env:"BACKLOG_INTERVAL" envDefault:"1m" help:"how often past-due and parked workflows are counted"`
	// ReportInterval is shorter in tests only: a worker that says nothing for three
	// minutes is missed.
	ReportInterval time.Duration `env:"HEALTH_REPORT_INTERVAL" envDefault:"1m" help:"how often a worker tells how its calls to the providers fare"`
	LogLevel       slog.Level    `env:"LOG_LEVEL" envDefault:"info" help:"debug, info, warn or error"`
}

// The rates are calls per second over all workers together, below what the
// vendor allows an account.

type stripeSettings struct {
	SecretKey string  `env:"SECRET_KEY"`
	BaseURL   string  `env:"BASE_URL"`
	Rate      float64 `env:"RATE" envDefault:"80"`
}

type hubspotSettings struct {
	AccessToken string            `env:"ACCESS_TOKEN,required,notEmpty"`
	BaseURL     string            `env:"BASE_URL"`
	APIVersion  string            `env:"API_VERSION" envDefault:"v3"`
	Pipeline    string            `env:"PIPELINE"`
	Stages      map[string]string `env:"STAGES" envKeyValSeparator:"=" help:"want <our stage>=<stage ID>[,...]"`
	Rate        float64           `env:"RATE" envDefault:"10"`
}

type twilioSettings struct {
	AccountSID   string  `env:"ACCOUNT_SID,required,notEmpty"`
	APIKeySID    string  `env:"API_KEY_SID,required,notEmpty"`
	APIKeySecret string  `env:"API_KEY_SECRET,required,notEmpty"`
	From         string  `env:"FROM,required,notEmpty" help:"a number in E.164 or a messaging service"`
	CallFrom     string  `env:"CALL_FROM" help:"the number in E.164 that calls staff; empty is FROM, unless that is a messaging service"`
	BaseURL      string  `env:"BASE_URL"`
	Rate         float64 `env:"RATE" envDefault:"20"`
}

type sendgridSettings struct {
	APIKey        string  `env:"API_KEY"`
	From          string  `env:"FROM,required,notEmpty" help:"a verified sender"`
	FromName      string  `env:"FROM_NAME"`
	EmailActivity bool    `env:"EMAIL_ACTIVITY" help:"true if the account has the Email Activity add-on"`
	BaseURL       string  `env:"BASE_URL"`
	Rate          float64 `env:"RATE" envDefault:"50"`
}

type googleSettings struct {
	AccessToken     string  `env:"ACCESS_TOKEN"`
	CredentialsFile string  `env:"CREDENTIALS_FILE"`
	BaseURL         string  `env:"CALENDAR_BASE_URL"`
	Rate            float64 `env:"RATE" envDefault:"8"`
}

// check looks at what the types of the fields cannot say.
func (s settings) check() error {
	for name, rate := range map[string]float64{
		"STRIPE_RATE": s.Stripe.Rate, "HUBSPOT_RATE": s.HubSpot.Rate, "TWILIO_RATE": s.Twilio.Rate,
		"SENDGRID_RATE": s.SendGrid.Rate, "GOOGLE_RATE": s.Google.Rate,
	} {
		if rate <= 0 {
			return config.Invalid(name, "want more than 0 calls per second")
		}
	}
	for name, value := range map[string]time.Duration{
		"STICKY_TIMEOUT": s.StickyTimeout, "STOP_TIMEOUT": s.StopTimeout, "BACKLOG_INTERVAL": s.BacklogInterval,
		"HEALTH_SMS_EVERY": s.HealthSMSEvery, "HEALTH_REPORT_INTERVAL": s.ReportInterval,
		"SECRETS_ROTATE_EVERY": s.RotateEvery, "SECRETS_OVERLAP": s.Overlap,
	} {
		if value <= 0 {
			return config.Invalid(name, "want more than 0")
		}
	}
	if s.StaffFile != "" && s.TelemetryURL == "" {
		return config.Invalid("TELEMETRY_URL", "is empty; with STAFF_FILE sessions are watched, and this is where")
	}
	if s.CircuitOpen < 0 {
		return config.Invalid("CIRCUIT_OPEN", "want 0 or more")
	}
	if s.StickyCacheSize < 0 {
		return config.Invalid("STICKY_CACHE_SIZE", "want 0 or more")
	}
	if _, err := s.desk(); err != nil {
		return err
	}
	if (s.Google.AccessToken == "") == (s.Google.CredentialsFile == "") {
		return config.Invalid("GOOGLE_ACCESS_TOKEN, GOOGLE_CREDENTIALS_FILE", "set one of the two")
	}
	return nil
}

// desk is the house's own addresses, each in the form that is texted or written
// to. An error says which entry is wrong and does not quote it.
func (s settings) desk() (health.Desk, error) {
	phones, err := canonical("STAFF_ALERT_PHONES", s.StaffPhones, phone)
	if err != nil {
		return health.Desk{}, err
	}
	emails, err := canonical("STAFF_ALERT_EMAILS", s.StaffEmails, identity.Email)
	if err != nil {
		return health.Desk{}, err
	}
	desk := health.Desk{Staff: health.Recipients{Phones: phones, Emails: emails}, Text: health.TextPlan{Every: options.Duration(s.HealthSMSEvery)}}
	if s.HealthSMSTo == "" {
		return desk, nil
	}
	if desk.Text.To, err = phone(s.HealthSMSTo); err != nil {
		return health.Desk{}, config.Invalid("HEALTH_SMS_TO", err.Error())
	}
	return desk, nil
}

func phone(text string) (string, error) { return identity.Phone("", text) }

func canonical(variable string, texts []string, read func(string) (string, error)) (all []string, err error) {
	for at, text := range texts {
		one, err := read(text)
		if err != nil {
			return nil, config.Invalid(variable, fmt.Sprintf("entry %d: %s", at+1, err))
		}
		all = append(all, one)
	}
	return all, nil
}

// tokens keeps OAuth tokens sealed by the worker's own ring.
func (s settings) tokens() (oauth.Keeper, error) {
	if s.OAuthDir == "" {
		return nil, nil
	}
	sealing, err := codec.New(s.Ring())
	if err != nil {
		return nil, err
	}
	return oauth.NewFolder(s.OAuthDir, sealing), nil
}

// openSecrets returns what signs in at the vendors and may rotate while the
// worker runs. All of it is there, or that is the error.
func (s settings) openSecrets(ctx context.Context, logger *slog.Logger) (*secrets.Cache, error) {
	own := map[string]string{
		secrets.StripeAPIKey.Variable():   s.Stripe.SecretKey,
		secrets.SendGridAPIKey.Variable(): s.SendGrid.APIKey,
	}
	return s.Secrets.Open(ctx, func(variable string) string { return own[variable] }, logger, secrets.StripeAPIKey, secrets.SendGridAPIKey)
}
