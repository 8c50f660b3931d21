package main

import (
	"context"
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/metric"
	"golang.org/x/time/rate"

	"guestjourney/activities/calendar"
	"guestjourney/activities/calendar/google"
	"guestjourney/activities/crm"
	"guestjourney/activities/crm/hubspot"
	"guestjourney/activities/email"
	"guestjourney/activities/email/sendgrid"
	"guestjourney/activities/health"
	"guestjourney/activities/paging"
	"guestjourney/activities/payments"
	"guestjourney/activities/payments/stripe"
	"guestjourney/activities/provider"
	"guestjourney/activities/records/folder"
	"guestjourney/activities/rotation"
	"guestjourney/activities/rotation/awssecrets"
	"guestjourney/activities/sms"
	"guestjourney/activities/sms/twilio"
	"guestjourney/activities/watching/telemetry"
	"guestjourney/internal/config"
	"guestjourney/internal/secrets"
)

// adapters are the vendors behind the ports. Another vendor for a capability
// is another folder beside the present one, and one line here.
type adapters struct {
	payments interface {
		payments.Gateway
		health.Provider
	}
	crm interface {
		crm.Book
		health.Provider
	}
	sms interface {
		sms.Sender
		health.Provider
	}
	email interface {
		email.Sender
		health.Provider
	}
	calendar interface {
		calendar.Diary
		health.Provider
	}

	// vault is where the secrets are replaced.
	vault rotation.Vault
	// pagers page staff; none without a staff file.
	pagers map[paging.Channel]paging.Pager
	// telemetry is where readings are watched; nil without a staff file.
	telemetry *telemetry.Desk
	// records write the records of sessions, and filing keeps them.
	records *telemetry.Source
	filing  *folder.Folder

	clients []*provider.Client
}

func newAdapters(ctx context.Context, set settings, keys *secrets.Cache, logger *slog.Logger, meter metric.Meter) (*adapters, error) {
	a := &adapters{}
	outside := func(name, base string, callRate float64) (*provider.Client, error) {
		client, err := provider.New(provider.Config{
			Name: name, BaseURL: base, Logger: logger, Meter: meter, Rate: rate.Limit(callRate), Timeout: set.callTimeout, Circuit: provider.Circuit{Open: set.CircuitOpen},
		})
		if err == nil {
			a.clients = append(a.clients, client)
		}
		return client, err
	}
	for _, make := range []struct {
		variables, name, base string
		rate                  float64
		adapter               func(*provider.Client) error
	}{
		{"STRIPE_*", "stripe", set.Stripe.BaseURL, set.Stripe.Rate, func(out *provider.Client) (err error) {
			a.payments, err = stripe.New(stripe.Config{SecretKey: keys.Named(secrets.StripeAPIKey), ReturnURL: set.GuestAppURL}, out)
			return err
		}},
		{"HUBSPOT_*", "hubspot", set.HubSpot.BaseURL, set.HubSpot.Rate, func(out *provider.Client) (err error) {
			a.crm, err = hubspot.New(hubspot.Config{
				AccessToken: set.HubSpot.AccessToken, Version: set.HubSpot.APIVersion,
				Pipeline: set.HubSpot.Pipeline, Stages: set.HubSpot.Stages,
			}, out)
			return err
		}},
		{"TWILIO_*", "twilio", set.Twilio.BaseURL, set.Twilio.Rate, func(out *provider.Client) (err error) {
			a.sms, err = twilio.New(twilio.Config{
				AccountSID: set.Twilio.AccountSID, APIKeySID: set.Twilio.APIKeySID, APIKeySecret: set.Twilio.APIKeySecret,
				From: set.Twilio.From, PublicURL: set.PublicURL,
			}, out)
			return err
		}},
		{"SENDGRID_*", "sendgrid", set.SendGrid.BaseURL, set.SendGrid.Rate, func(out *provider.Client) (err error) {
			a.email, err = sendgrid.New(sendgrid.Config{
				APIKey: keys.Named(secrets.SendGridAPIKey), From: set.SendGrid.From, FromName: set.SendGrid.FromName,
				EmailActivity: set.SendGrid.EmailActivity,
			}, out)
			return err
		}},
		{"GOOGLE_*", "google", set.Google.BaseURL, set.Google.Rate, func(out *provider.Client) (err error) {
			kept, err := set.tokens()
			if err != nil {
				return err
			}
			a.calendar, err = google.New(google.Config{
				AccessToken: set.Google.AccessToken, CredentialsFile: set.Google.CredentialsFile, Tokens: kept,
			}, out)
			return err
		}},
	} {
		out, err := outside(make.name, make.base, make.rate)
		if err == nil {
			err = make.adapter(out)
		}
		if err != nil {
			return nil, config.Invalid(make.variables, err.Error())
		}
	}
	if set.StaffFile != "" {
		if err := a.openPagers(set, keys, outside); err != nil {
			return nil, err
		}
		out, err := outside(telemetry.Name, set.TelemetryURL, 0)
		if err == nil {
			a.telemetry, err = telemetry.New(set.TelemetrySecret, out)
		}
		if err == nil {
			err = a.openRecords(set, logger, meter)
		}
		if err != nil {
			return nil, config.Invalid("TELEMETRY_*", err.Error())
		}
	}
	a.vault = rotation.Unmanaged{}
	if set.Secrets.Managed() {
		out, err := outside(awssecrets.Name, "", 0)
		if err == nil {
			a.vault, err = set.openVault(ctx, a.trials(set), out)
		}
		if err != nil {
			return nil, config.Invalid("SECRETS_*", err.Error())
		}
	}
	return a, nil
}

// circuits is a gauge for each provider's circuit.
func (a *adapters) circuits() []prometheus.Collector {
	var gauges []prometheus.Collector
	for _, client := range a.clients {
		gauges = append(gauges, prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "guestjourney_circuit_state", Help: "0 calls are made, 1 a few are, to try the provider out, 2 they are refused; pages are made in any case.",
			ConstLabels: prometheus.Labels{"provider": client.Name()},
		}, func() float64 { return float64(client.Circuit()) }))
	}
	return gauges
}

// close closes the kept connections to the vendors.
func (a *adapters) close() {
	for _, client := range a.clients {
		client.Close()
	}
	if a.filing != nil {
		_ = a.filing.Close() // nothing is written at its closing
	}
}
