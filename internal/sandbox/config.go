package sandbox

import (
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"time"
)

// Points at which Config.OnCall is told of a call.
const (
	// PointBeforeWrite: the call is read, authenticated and not yet executed.
	PointBeforeWrite = "before_write"
	// PointAfterWrite: the effect is stored, the answer has not been sent.
	PointAfterWrite = "after_write_before_answer"
	// PointAfterAnswer: the answer has been handed to the connection.
	PointAfterAnswer = "after_answer"
)

// Config is what a sandbox needs. Only Secrets has no default.
type Config struct {
	// Dir keeps state.jsonl and journal.jsonl; empty means memory only.
	Dir string
	// BaseURL is where the sandbox itself is reached; it is part of payment links.
	BaseURL string
	// ProxyURL is where webhooks go; empty keeps them queued until SetProxyURL.
	ProxyURL string
	Secrets  Secrets
	// HubSpotPortal is the CRM account's number; 0 means 4242.
	HubSpotPortal int64
	// TwilioNumber receives texts of guests who were never texted; empty means
	// Twilio's own test number.
	TwilioNumber string
	// EmailActivity says whether the SendGrid account has paid for the look-up.
	EmailActivity bool
	// ManualDelivery stops the automatic delivery events of texts and mails; a
	// test then sends them with SMSStatus and EmailEvent.
	ManualDelivery bool
	// StatusGap is the pause between two delivery events of one message; 0
	// means 20 ms.
	StatusGap time.Duration
	// Webhooks says how often and how fast a refused webhook is tried again.
	Webhooks WebhookPolicy
	Logger   *slog.Logger
	// Clock replaces time.Now in tests.
	Clock func() time.Time
	// OnCall is told of every call at the points above, on the call's own
	// goroutine and without a lock: it may block, or kill the caller. At
	// PointBeforeWrite it may panic with http.ErrAbortHandler; the connection is
	// then closed and the effect does not happen. The entry is complete from
	// PointAfterWrite on.
	OnCall func(point string, call JournalEntry)
}

// WebhookPolicy bounds the retries of webhooks. Zero fields take the defaults.
type WebhookPolicy struct {
	Attempts int           // 0 means 40
	First    time.Duration // 0 means 250 ms; doubles
	Max      time.Duration // 0 means 10 s
	Timeout  time.Duration // of one attempt; 0 means 10 s
	Parallel int           // posts under way at the same time; 0 means 4
}

// withDefaults fills what is empty and checks what is not.
func (c Config) withDefaults() (Config, error) {
	c.BaseURL = strings.TrimRight(c.BaseURL, "/")
	c.ProxyURL = strings.TrimRight(c.ProxyURL, "/")
	if c.HubSpotPortal == 0 {
		c.HubSpotPortal = 4242
	}
	if c.TwilioNumber == "" {
		c.TwilioNumber = "+15005550006"
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Clock == nil {
		c.Clock = time.Now
	}
	setDefault(&c.StatusGap, 20*time.Millisecond)
	setDefault(&c.Webhooks.Attempts, 40)
	setDefault(&c.Webhooks.First, 250*time.Millisecond)
	setDefault(&c.Webhooks.Max, 10*time.Second)
	setDefault(&c.Webhooks.Timeout, 10*time.Second)
	setDefault(&c.Webhooks.Parallel, 4)
	if c.OnCall == nil {
		c.OnCall = func(string, JournalEntry) {}
	}
	return c, errors.Join(checkURL("BaseURL", c.BaseURL), checkURL("ProxyURL", c.ProxyURL), c.Secrets.check())
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

func checkURL(field, text string) error {
	if text == "" {
		return nil
	}
	parsed, err := url.Parse(text)
	if err != nil || parsed.Host == "" || (parsed.Scheme != "http" && parsed.Scheme != "https") {
		return fmt.Errorf("sandbox: %s %q is no http(s) URL", field, text)
	}
	return nil
}
