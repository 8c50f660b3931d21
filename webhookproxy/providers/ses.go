package providers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"time"

	"guestjourney/internal/verify"
)

const snsConfirmation = "SubscriptionConfirmation"

// ses: bounces and complaints of Amazon's mail service, one a post, in an
// envelope of its notification service (SNS), whose raw delivery must be off. A
// new subscription has to be confirmed by getting an address that the envelope
// names; only topics of ours are verified, so only theirs are.
func ses(config Config) Provider {
	certificates := config.Certificates
	if certificates == nil {
		// Kept from one set of secrets to the next.
		certificates = verify.NewCertificates(nil, nil)
	}
	return Provider{
		Name: "ses", BodyLimit: 512 * kilobyte, Budget: 8 * time.Second, Remember: rememberDay,
		Schemes: []Scheme{signs("SNS_TOPIC_ARNS", func(topics ...string) (*verify.SNS, error) {
			return verify.NewSNSWith(certificates, topics...)
		})},
		Routes: []Route{{
			Path: "/webhooks/ses", Events: one(snsMessage.event),
			Handshake: func(ctx context.Context, delivery Delivery) (*Answer, error) {
				return snsConfirmed(ctx, config, delivery)
			},
		}},
	}
}

// snsMessage is the part of an envelope that is read. SubscribeURL and Token
// are signed in a confirmation only.
type snsMessage struct {
	Type         string
	MessageID    string `json:"MessageId"`
	TopicArn     string
	Message      string
	SubscribeURL string
	Token        string
}

// event: the type is that of the mail's event, which a topic of notifications
// and a configuration set name differently; without one it is the envelope's.
func (s snsMessage) event(delivery Delivery) Event {
	event := Event{Account: s.TopicArn, ID: idOr(s.MessageID, delivery.Body), Type: s.Type}
	var mail struct {
		NotificationType text `json:"notificationType"`
		EventType        text `json:"eventType"`
	}
	if s.Type != "Notification" || parse([]byte(s.Message), &mail) != nil {
		return event
	}
	if kind := mail.NotificationType + mail.EventType; kind != "" {
		event.Type = string(kind)
	}
	return event
}

// snsConfirmed confirms a subscription. It may come again; twice does nothing.
func snsConfirmed(ctx context.Context, config Config, delivery Delivery) (*Answer, error) {
	var told snsMessage
	if err := parse(delivery.Body, &told); err != nil {
		return nil, err
	}
	if told.Type != snsConfirmation {
		return nil, nil
	}
	if !isSubscribeURL(told.SubscribeURL, told.TopicArn, told.Token) {
		return nil, errors.New("SubscribeURL: is no address of Amazon's that confirms this topic")
	}
	if config.Confirm == nil {
		return nil, errors.New("a subscription of SNS cannot be confirmed here: confirm it with its SubscribeURL in the AWS console")
	}
	if err := config.Confirm(ctx, told.SubscribeURL); err != nil {
		return nil, fmt.Errorf("confirming a subscription of SNS: %w", withoutURL(err))
	}
	answer, err := json.Marshal(map[string]string{"status": "confirmed"})
	return &Answer{ContentType: jsonText, Body: string(answer)}, err
}

// withoutURL drops the address that net/http puts into its errors: the token in
// it is nobody's business, and this one is logged.
func withoutURL(err error) error {
	var failed *url.Error
	if errors.As(err, &failed) {
		return failed.Err
	}
	return err
}

var snsHost = regexp.MustCompile(`^sns\.[a-z0-9-]{3,32}\.amazonaws\.com(\.cn)?$`)

// isSubscribeURL holds an address to everything that it should be: who gets an
// address because a message says so gets it from inside our network.
func isSubscribeURL(address, topic, token string) bool {
	parsed, err := url.Parse(address)
	if err != nil || parsed.Scheme != "https" || parsed.User != nil || !snsHost.MatchString(parsed.Host) || parsed.Path != "/" || parsed.Fragment != "" {
		return false
	}
	query, err := url.ParseQuery(parsed.RawQuery)
	if err != nil || len(query) != 3 || topic == "" || token == "" {
		return false
	}
	for name, want := range map[string]string{"Action": "ConfirmSubscription", "TopicArn": topic, "Token": token} {
		if len(query[name]) != 1 || query.Get(name) != want {
			return false
		}
	}
	return true
}
