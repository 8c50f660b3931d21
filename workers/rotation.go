package main

import (
	"context"

	"guestjourney/activities/email/sendgrid"
	"guestjourney/activities/health"
	"guestjourney/activities/payments/stripe"
	"guestjourney/activities/provider"
	"guestjourney/activities/rotation"
	"guestjourney/activities/rotation/awssecrets"
	"guestjourney/activities/sms/twilio"
	"guestjourney/internal/secrets"
	"guestjourney/internal/secrets/manager"
)

// openVault returns where the secrets are replaced, with what tries a new text.
func (s settings) openVault(ctx context.Context, tries map[secrets.Name]awssecrets.Try, out *provider.Client) (rotation.Vault, error) {
	api, err := manager.Connect(ctx, s.Secrets)
	if err != nil {
		return nil, err
	}
	return awssecrets.New(awssecrets.Config{API: api, Prefix: s.Secrets.Prefix, Every: s.RotateEvery, Overlap: s.Overlap, Tries: tries}, out)
}

// trials try a text as its vendor's adapter would use it, with a ping: an adapter
// for one text, on the client of the one that works.
func (a *adapters) trials(set settings) map[secrets.Name]awssecrets.Try {
	try := func(vendor string, adapter func(text string, out *provider.Client) (health.Provider, error)) awssecrets.Try {
		return func(ctx context.Context, text string) error {
			pinged, err := adapter(text, a.client(vendor))
			if err != nil {
				return err
			}
			return pinged.Ping(ctx)
		}
	}
	return map[secrets.Name]awssecrets.Try{
		secrets.StripeAPIKey: try("stripe", func(text string, out *provider.Client) (health.Provider, error) {
			return stripe.New(stripe.Config{SecretKey: provider.Fixed(text), ReturnURL: set.GuestAppURL}, out)
		}),
		secrets.SendGridAPIKey: try("sendgrid", func(text string, out *provider.Client) (health.Provider, error) {
			return sendgrid.New(sendgrid.Config{APIKey: provider.Fixed(text), From: set.SendGrid.From}, out)
		}),
		// The account's auth token signs in as its key does.
		secrets.TwilioAuthToken: try("twilio", func(text string, out *provider.Client) (health.Provider, error) {
			return twilio.New(twilio.Config{
				AccountSID: set.Twilio.AccountSID, APIKeySID: set.Twilio.AccountSID, APIKeySecret: text, From: set.Twilio.From,
			}, out)
		}),
	}
}

// client is the one of a vendor that the adapters were made with.
func (a *adapters) client(vendor string) *provider.Client {
	for _, client := range a.clients {
		if client.Name() == vendor {
			return client
		}
	}
	return nil
}
