// Package sendgrid sends e-mail through SendGrid's v3 API.
//
// Called by the worker, which hands a Sender to the port activities/email. It
// owns the translation into SendGrid's words and codes. SendGrid has no
// idempotency key: with the paid Email Activity add-on a mail is looked up
// before a second try (exactly once); without it a mail that matters is sent
// again (at least once), and marketing never is (at most once).
package sendgrid

import (
	"context"
	"errors"
	"net/http"

	"github.com/sendgrid/rest"
	sdk "github.com/sendgrid/sendgrid-go"
	"github.com/sendgrid/sendgrid-go/helpers/mail"

	"guestjourney/activities/email"
	"guestjourney/activities/options"
	"guestjourney/activities/provider"
)

// BaseURL is where SendGrid answers.
const BaseURL = "https://api.sendgrid.com"

// Operations, as errors, metrics and the journal of the sandbox name them.
const (
	operationSend   = "mail.send"
	operationList   = "messages.list"
	operationScopes = "scopes.get"
)

// Custom arguments, which SendGrid repeats in every event of the mail.
const (
	argOperation = "op_id"
	argWorkflow  = "workflowId"
)

// Config is what an account needs.
type Config struct {
	APIKey   provider.Secret
	From     string // a verified sender
	FromName string
	// EmailActivity says that the account has the add-on of that name.
	EmailActivity bool
}

// Sender is an email.Sender.
type Sender struct {
	config Config
	client *provider.Client
}

var _ email.Sender = (*Sender)(nil)

// New returns a Sender, or an error that names what is missing.
func New(config Config, client *provider.Client) (*Sender, error) {
	if provider.IsMissing(config.APIKey) {
		return nil, errors.New("sendgrid: the API key is not set")
	}
	if config.From == "" {
		return nil, errors.New("sendgrid: the sender's address is not set")
	}
	if client == nil {
		return nil, errors.New("sendgrid: no provider client")
	}
	return &Sender{config: config, client: client.Signed(provider.Bearer, config.APIKey)}, nil
}

// Send sends a mail; see the package comment for how often.
func (s *Sender) Send(ctx context.Context, effect options.Effect, message email.Mail) (email.Receipt, error) {
	if !effect.FirstTry {
		if s.config.EmailActivity {
			sent, found, err := s.find(ctx, effect)
			if err != nil || found {
				return sent, err
			}
		}
		if message.Marketing {
			return email.Receipt{Dropped: true}, nil
		}
	}
	request := sdk.GetRequest(provider.SDKKey, "/v3/mail/send", BaseURL)
	request.Method = rest.Post
	request.Body = mail.GetRequestBody(s.compose(effect, message))
	response, err := s.call(ctx, operationSend, request)
	if err != nil {
		return email.Receipt{}, err
	}
	return email.Receipt{ID: http.Header(response.Headers).Get("X-Message-Id")}, nil
}

// compose writes the mail in SendGrid's words. Tracking is set on each mail,
// off included: else the account's own setting would decide.
func (s *Sender) compose(effect options.Effect, message email.Mail) *mail.SGMailV3 {
	recipient := mail.NewPersonalization()
	recipient.AddTos(mail.NewEmail(message.Name, message.To))
	recipient.SetCustomArg(argOperation, effect.Key)
	recipient.SetCustomArg(argWorkflow, message.WorkflowID)

	tracking := mail.NewTrackingSettings().
		SetClickTracking(mail.NewClickTrackingSetting().SetEnable(message.Tracking.Clicks).SetEnableText(message.Tracking.Clicks)).
		SetOpenTracking(mail.NewOpenTrackingSetting().SetEnable(message.Tracking.Opens)).
		// Its footer would unsubscribe a guest at SendGrid behind our back.
		SetSubscriptionTracking(mail.NewSubscriptionTrackingSetting().SetEnable(false))

	composed := mail.NewV3Mail().
		SetFrom(mail.NewEmail(s.config.FromName, s.config.From)).
		AddPersonalizations(recipient).
		AddContent(mail.NewContent("text/plain", message.Text)).
		SetTrackingSettings(tracking)
	composed.Subject = message.Subject
	return composed
}

// call makes one SDK call. A client per call: the SDK's own is a package
// global without our transport, and sharing one is a data race.
func (s *Sender) call(ctx context.Context, operation string, request rest.Request) (*rest.Response, error) {
	var trace provider.Trace
	client := &rest.Client{HTTPClient: s.client.HTTPClient(ctx, &trace)}
	response, err := client.SendWithContext(ctx, request)
	if err := s.check(operation, &trace, response, err); err != nil {
		return nil, err
	}
	return response, nil
}
