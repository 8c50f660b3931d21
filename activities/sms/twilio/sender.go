// Package twilio sends text messages through Twilio's Messages API.
//
// Called by the worker, which hands a Sender to the port activities/sms. It
// owns the translation into Twilio's words and codes, and promises that a text
// is sent once: Messages has no idempotency key, so unless an attempt is
// certainly the first, the recipient's messages are searched for the reference
// at the end of the body before anything is sent.
package twilio

import (
	"context"
	"errors"
	"fmt"
	"strings"

	twilioclient "github.com/twilio/twilio-go/client"
	api "github.com/twilio/twilio-go/rest/api/v2010"

	"guestjourney/activities/failure"
	"guestjourney/activities/options"
	"guestjourney/activities/provider"
	"guestjourney/activities/sms"
	"guestjourney/activities/wording"
)

// BaseURL is where Twilio answers.
const BaseURL = "https://api.twilio.com"

// Operations, as errors, metrics and the journal of the sandbox name them.
const (
	operationSend    = "messages.create"
	operationList    = "messages.list"
	operationFetch   = "messages.get"
	operationAccount = "accounts.get"
)

// Config is what an account needs.
type Config struct {
	AccountSID string
	// APIKeySID and APIKeySecret sign in. The account's auth token does not: it
	// verifies webhooks, and a leak of one must not be a leak of both.
	APIKeySID    string
	APIKeySecret string
	// From is a number in E.164 or a messaging service (MG...).
	From string
	// PublicURL is where Twilio reaches the webhook proxy. Empty means that no
	// delivery status comes back.
	PublicURL string
}

// Sender is an sms.Sender.
type Sender struct {
	config Config
	client *provider.Client
}

var _ sms.Sender = (*Sender)(nil)

// New returns a Sender, or an error that names what is missing.
func New(config Config, client *provider.Client) (*Sender, error) {
	for name, value := range map[string]string{
		"account SID": config.AccountSID, "API key SID": config.APIKeySID,
		"API key secret": config.APIKeySecret, "sender number or service": config.From,
	} {
		if value == "" {
			return nil, fmt.Errorf("twilio: the %s is not set", name)
		}
	}
	if client == nil {
		return nil, errors.New("twilio: no provider client")
	}
	return &Sender{config: config, client: client}, nil
}

// Send sends a text exactly once, or at most once if it is marketing.
func (s *Sender) Send(ctx context.Context, effect options.Effect, text sms.Text) (sms.Receipt, error) {
	if !strings.HasSuffix(text.Body, wording.Reference(effect.Key)) {
		// Without the reference a second try could not find the first.
		return sms.Receipt{}, &failure.Error{
			Provider: "twilio", Operation: operationSend, Class: failure.InvalidInput,
			Advice: "the text does not end with the reference of its effect",
		}
	}
	if !effect.FirstTry {
		sent, found, err := s.find(ctx, effect, text)
		if err != nil || found {
			return sent, err
		}
		if text.Marketing {
			return sms.Receipt{Dropped: true}, nil
		}
	}
	return s.create(ctx, effect, text)
}

func (s *Sender) create(ctx context.Context, effect options.Effect, text sms.Text) (sms.Receipt, error) {
	params := &api.CreateMessageParams{}
	params.SetTo(text.To)
	params.SetBody(text.Body)
	if strings.HasPrefix(s.config.From, "MG") {
		params.SetMessagingServiceSid(s.config.From)
	} else {
		params.SetFrom(s.config.From)
	}
	if address := s.statusCallback(effect, text); address != "" {
		params.SetStatusCallback(address)
	}
	var trace provider.Trace
	message, err := s.messages(ctx, &trace).CreateMessage(params)
	if code(err) == codeOptedOut {
		return sms.Receipt{Blocked: true}, nil
	}
	if err := s.check(operationSend, &trace, err); err != nil {
		return sms.Receipt{}, err
	}
	return receipt(message), nil
}

// receipt reads what Twilio says about a message.
func receipt(message *api.ApiV2010Message) sms.Receipt {
	var result sms.Receipt
	if message.Sid != nil {
		result.ID = *message.Sid
	}
	// A messaging service learns only after accepting that the number opted out.
	result.Blocked = message.ErrorCode != nil && *message.ErrorCode == codeOptedOut
	return result
}

// messages returns Twilio's own client for one call. It knows no context and
// only Twilio's own host: both are the provider layer's transport's business.
func (s *Sender) messages(ctx context.Context, trace *provider.Trace) *api.ApiService {
	client := &twilioclient.Client{
		Credentials: twilioclient.NewCredentials(s.config.APIKeySID, s.config.APIKeySecret),
		HTTPClient:  s.client.HTTPClient(ctx, trace),
	}
	client.SetAccountSid(s.config.AccountSID)
	// Not NewRequestHandler, which reads TWILIO_EDGE and TWILIO_REGION behind
	// the back of our own configuration.
	return api.NewApiService(&twilioclient.RequestHandler{Client: client})
}
