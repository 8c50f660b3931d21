package main

import (
	"log/slog"

	"guestjourney/activities/calendar"
	"guestjourney/activities/calendar/google"
	"guestjourney/activities/crm"
	"guestjourney/activities/crm/hubspot"
	"guestjourney/activities/email"
	"guestjourney/activities/email/sendgrid"
	"guestjourney/activities/payments"
	"guestjourney/activities/payments/stripe"
	"guestjourney/activities/provider"
	"guestjourney/activities/sms"
	"guestjourney/activities/sms/twilio"
	"guestjourney/internal/config"
)

// adapters are the vendors behind the ports. Another vendor for a capability
// is another folder beside the present one, and one line here.
type adapters struct {
	payments payments.Gateway
	crm      crm.Book
	sms      sms.Sender
	email    email.Sender
	calendar calendar.Diary

	clients []*provider.Client
}

func newAdapters(set settings, logger *slog.Logger) (*adapters, error) {
	a := &adapters{}
	outside := func(name, base string) (*provider.Client, error) {
		client, err := provider.New(provider.Config{Name: name, BaseURL: base, Logger: logger})
		if err == nil {
			a.clients = append(a.clients, client)
		}
		return client, err
	}
	for _, make := range []struct {
		variables, name, base string
		adapter               func(*provider.Client) error
	}{
		{"STRIPE_*", "stripe", set.Stripe.BaseURL, func(out *provider.Client) (err error) {
			a.payments, err = stripe.New(stripe.Config{SecretKey: set.Stripe.SecretKey, ReturnURL: set.GuestAppURL}, out)
			return err
		}},
		{"HUBSPOT_*", "hubspot", set.HubSpot.BaseURL, func(out *provider.Client) (err error) {
			a.crm, err = hubspot.New(hubspot.Config{
				AccessToken: set.HubSpot.AccessToken, Version: set.HubSpot.APIVersion,
				Pipeline: set.HubSpot.Pipeline, Stages: set.HubSpot.Stages,
			}, out)
			return err
		}},
		{"TWILIO_*", "twilio", set.Twilio.BaseURL, func(out *provider.Client) (err error) {
			a.sms, err = twilio.New(twilio.Config{
				AccountSID: set.Twilio.AccountSID, APIKeySID: set.Twilio.APIKeySID, APIKeySecret: set.Twilio.APIKeySecret,
				From: set.Twilio.From, PublicURL: set.PublicURL,
			}, out)
			return err
		}},
		{"SENDGRID_*", "sendgrid", set.SendGrid.BaseURL, func(out *provider.Client) (err error) {
			a.email, err = sendgrid.New(sendgrid.Config{
				APIKey: set.SendGrid.APIKey, From: set.SendGrid.From, FromName: set.SendGrid.FromName,
				EmailActivity: set.SendGrid.EmailActivity,
			}, out)
			return err
		}},
		{"GOOGLE_*", "google", set.Google.BaseURL, func(out *provider.Client) (err error) {
			a.calendar, err = google.New(google.Config{
				AccessToken: set.Google.AccessToken, CredentialsFile: set.Google.CredentialsFile,
			}, out)
			return err
		}},
	} {
		out, err := outside(make.name, make.base)
		if err == nil {
			err = make.adapter(out)
		}
		if err != nil {
			return nil, config.Invalid(make.variables, err.Error())
		}
	}
	return a, nil
}

// close closes the kept connections to the vendors.
func (a *adapters) close() {
	for _, client := range a.clients {
		client.Close()
	}
}
