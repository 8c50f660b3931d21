package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"guestjourney/internal/config"
	"guestjourney/internal/inbox"
	"guestjourney/internal/secrets/manager"
	"guestjourney/webhookproxy/gateway"
	"guestjourney/webhookproxy/providers"
	"guestjourney/webhookproxy/secrets"
)

// settings is the proxy's configuration. A provider without a secret is served
// and refuses everything, so that its webhooks are asked to come again.
type settings struct {
	config.PayloadKeys
	config.Identity

	ProxyAddr   string `env:"PROXY_ADDR" envDefault:":8080"`
	MetricsAddr string `env:"METRICS_ADDR" envDefault:"127.0.0.1:9464"`
	PublicURL   string `env:"PUBLIC_URL"`

	SecretsFile string `env:"WEBHOOK_SECRETS_FILE"`

	inbox.Settings

	// Secrets say where Twilio's token and the database's password are; by default
	// in TWILIO_AUTH_TOKEN and DATABASE_URL.
	Secrets manager.Settings

	TrustedProxies []string `env:"TRUSTED_PROXIES"`
	Allowed        []string `env:"ALLOWED_ADDRESSES" help:"ranges of addresses that a provider may call from, such as stripe=3.18.12.63/32"`
	AddressRate    float64  `env:"ADDRESS_RATE" envDefault:"200" help:"requests a second of one client address"`

	providers.StartSettings
	providers.AssistantSettings
}

// loaded is the configuration and what it declares.
type loaded struct {
	settings
	declared []providers.Provider
	secrets  *secrets.Source
	managed  *managed // nil: nothing is
}

// loadSettings reads and checks everything before anything is started.
func loadSettings(ctx context.Context, logger *slog.Logger) (loaded, error) {
	s, err := config.Load[settings]()
	if err != nil {
		return loaded{}, err
	}
	for _, list := range []*[]string{&s.StartForms, &s.StartSources, &s.Allowed} {
		for i, one := range *list {
			(*list)[i] = strings.TrimSpace(one)
		}
	}
	managed, err := openManaged(ctx, s, logger)
	if err != nil {
		return loaded{}, err
	}
	source, err := secrets.Open(s.SecretsFile, managed.environment(os.Getenv), time.Now)
	if err != nil {
		return loaded{}, &config.Error{Problems: []string{err.Error()}}
	}
	assistants, unreadable := s.ReadAssistants()
	declared, err := providers.All(providers.Config{
		Secrets: source.Active, IdentityKey: s.IdentityKey.Bytes(), Starts: s.Rules(), Assistants: assistants, Confirm: confirm,
	})
	wrong := &config.Error{}
	if err != nil {
		wrong.Problems = strings.Split(err.Error(), "\n")
	}
	wrong.Problems = append(wrong.Problems, slices.Concat(s.problems(source, declared), unreadable)...)
	if len(wrong.Problems) > 0 {
		return loaded{}, wrong
	}
	return loaded{settings: s, declared: declared, secrets: source, managed: managed}, nil
}

func (s settings) problems(source *secrets.Source, declared []providers.Provider) (found []string) {
	addresses := []struct{ variable, value string }{{"PROXY_ADDR", s.ProxyAddr}, {"METRICS_ADDR", s.MetricsAddr}}
	for _, address := range addresses {
		if _, _, err := net.SplitHostPort(address.value); err != nil {
			found = append(found, address.variable+": want host:port, such as 127.0.0.1:8080 or :8080")
		}
	}
	signsURL := slices.ContainsFunc(providers.SigningURL(), func(variable string) bool { return len(source.Active(variable)) > 0 })
	if (signsURL || s.PublicURL != "") && !isPublicURL(s.PublicURL) {
		found = append(found, "PUBLIC_URL: want the URL that providers were told to call, without query, such as https://hooks.example.com; Twilio and HubSpot sign it")
	}
	if _, err := gateway.ClientAddress(s.TrustedProxies); err != nil {
		found = append(found, "TRUSTED_PROXIES: "+err.Error())
	}
	found = append(found, s.allowedProblems(declared)...)
	if s.AddressRate <= 0 {
		found = append(found, "ADDRESS_RATE: want more than 0 requests a second")
	}
	rules := s.Rules()
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

// allowedProblems finds a list for a provider that is none: it would let anybody in.
func (s settings) allowedProblems(declared []providers.Provider) (found []string) {
	allowed, err := gateway.ParseAllowed(s.Allowed)
	if err != nil {
		found = append(found, "ALLOWED_ADDRESSES: "+err.Error())
	}
	for _, name := range allowed.Providers() {
		if !slices.ContainsFunc(declared, func(one providers.Provider) bool { return one.Name == name }) {
			found = append(found, fmt.Sprintf("ALLOWED_ADDRESSES: %q is no provider; want the name in its address, /webhooks/<name>", name))
		}
	}
	return found
}

func isPublicURL(text string) bool {
	parsed, err := url.Parse(text)
	return err == nil && (parsed.Scheme == "https" || parsed.Scheme == "http") && parsed.Host != "" && parsed.RawQuery == "" && !parsed.ForceQuery && parsed.Fragment == ""
}
