package main

import (
	"net"
	"net/url"
	"slices"
	"strings"

	"guestjourney/internal/config"
	"guestjourney/webhookproxy/providers"
	"guestjourney/workflows/profile"
)

// settings is the proxy's configuration. A provider without a secret is served
// and refuses everything, so that its webhooks are asked to come again.
type settings struct {
	config.PayloadKeys
	config.Identity

	ProxyAddr   string `env:"PROXY_ADDR" envDefault:":8080"`
	MetricsAddr string `env:"METRICS_ADDR" envDefault:"127.0.0.1:9464"`
	PublicURL   string `env:"PUBLIC_URL"`

	StripeSecrets  []string `env:"STRIPE_WEBHOOK_SECRETS"`
	TwilioTokens   []string `env:"TWILIO_AUTH_TOKEN"`
	SendGridKeys   []string `env:"SENDGRID_WEBHOOK_PUBLIC_KEYS"`
	HubSpotSecrets []string `env:"HUBSPOT_CLIENT_SECRETS"`
	GuestSecrets   []string `env:"GUEST_WEBHOOK_SECRETS"`

	StartForms    []string `env:"HUBSPOT_START_FORMS"`
	StartSources  []string `env:"HUBSPOT_START_SOURCES"`
	StartProgram  string   `env:"HUBSPOT_START_PROGRAM"`
	StartsPerHour int      `env:"HUBSPOT_STARTS_PER_HOUR" envDefault:"20"`
}

// loadSettings reads and checks everything before anything is started.
func loadSettings() (settings, []providers.Provider, error) {
	s, err := config.Load[settings]()
	if err != nil {
		return s, nil, err
	}
	for _, list := range []*[]string{&s.StripeSecrets, &s.TwilioTokens, &s.SendGridKeys, &s.HubSpotSecrets, &s.GuestSecrets, &s.StartForms, &s.StartSources} {
		for i, one := range *list {
			(*list)[i] = strings.TrimSpace(one)
		}
	}
	declared, err := providers.All(providers.Config{
		StripeSecrets: s.StripeSecrets, TwilioTokens: s.TwilioTokens, SendGridKeys: s.SendGridKeys,
		HubSpotSecrets: s.HubSpotSecrets, GuestSecrets: s.GuestSecrets, IdentityKey: s.IdentityKey.Bytes(), Starts: s.starts(),
	})
	wrong := &config.Error{}
	if err != nil {
		wrong.Problems = strings.Split(err.Error(), "\n")
	}
	wrong.Problems = append(wrong.Problems, s.problems()...)
	if len(wrong.Problems) > 0 {
		return s, nil, wrong
	}
	return s, declared, nil
}

// starts are the rules for new contacts; nil if none can start a journey.
func (s settings) starts() *profile.StartRules {
	if len(s.StartForms) == 0 && len(s.StartSources) == 0 {
		return nil
	}
	return &profile.StartRules{Forms: s.StartForms, Sources: s.StartSources, Program: s.StartProgram, PerHour: s.StartsPerHour}
}

func (s settings) problems() (found []string) {
	addresses := []struct{ variable, value string }{{"PROXY_ADDR", s.ProxyAddr}, {"METRICS_ADDR", s.MetricsAddr}}
	for _, address := range addresses {
		if _, _, err := net.SplitHostPort(address.value); err != nil {
			found = append(found, address.variable+": want host:port, such as 127.0.0.1:8080 or :8080")
		}
	}
	signsURL := len(s.TwilioTokens) > 0 || len(s.HubSpotSecrets) > 0
	if (signsURL || s.PublicURL != "") && !isPublicURL(s.PublicURL) {
		found = append(found, "PUBLIC_URL: want the URL that providers were told to call, without query, such as https://hooks.example.com; Twilio and HubSpot sign it")
	}
	rules := s.starts()
	if rules != nil && rules.Program == "" {
		found = append(found, "HUBSPOT_START_PROGRAM: is not set; HUBSPOT_START_FORMS or HUBSPOT_START_SOURCES need the program that their contacts start")
	}
	if s.StartsPerHour < 1 {
		found = append(found, "HUBSPOT_STARTS_PER_HOUR: want 1 or more; without HUBSPOT_START_FORMS and HUBSPOT_START_SOURCES nothing is started")
	}
	if slices.ContainsFunc(slices.Concat(s.StartForms, s.StartSources), func(name string) bool { return name == "" }) {
		found = append(found, "HUBSPOT_START_FORMS, HUBSPOT_START_SOURCES: an entry is empty; remove the extra comma")
	}
	return found
}

func isPublicURL(text string) bool {
	parsed, err := url.Parse(text)
	return err == nil && (parsed.Scheme == "https" || parsed.Scheme == "http") && parsed.Host != "" && parsed.RawQuery == "" && !parsed.ForceQuery && parsed.Fragment == ""
}
