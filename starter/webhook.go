package main

import (
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"guestjourney/internal/config"
	"guestjourney/webhookproxy/providers"
	"guestjourney/webhookproxy/secrets"
)

func webhookCommand() *cobra.Command {
	command := &cobra.Command{
		Use:   "webhook",
		Short: "Judge a captured webhook, send a sample, replay an event that was kept",
		Args:  cobra.NoArgs,
		RunE:  func(*cobra.Command, []string) error { return usagef("want webhook verify, send or replay") },
	}
	command.AddCommand(webhookVerifyCommand(), webhookSendCommand(), webhookReplayCommand())
	return command
}

// WebhookSettings are those of the proxy's that decide about a webhook.
type WebhookSettings struct {
	providers.StartSettings
	PublicURL   string `env:"PUBLIC_URL"`
	SecretsFile string `env:"WEBHOOK_SECRETS_FILE"`
}

// secretsAt are the secrets that the proxy had, or will have, at a time.
func (s WebhookSettings) secretsAt(at time.Time) (*secrets.Source, error) {
	source, err := secrets.Open(s.SecretsFile, os.Getenv, func() time.Time { return at })
	if err != nil {
		return nil, &config.Error{Problems: []string{err.Error()}}
	}
	return source, nil
}

// providerNames are those that --provider takes.
func providerNames() []string {
	declared, err := providers.All(providers.Config{})
	if err != nil {
		return nil // without secrets none can be wrong
	}
	names := make([]string, len(declared))
	for i, provider := range declared {
		names[i] = provider.Name
	}
	return names
}

// declare returns one provider with its secrets. Those of the others are not
// looked at: one that cannot be used is no reason to judge nothing.
func declare(name string, with providers.Config) (providers.Provider, error) {
	bare, err := providerOf(name, providers.Config{})
	if err != nil {
		return providers.Provider{}, err
	}
	own := slices.Clone(bare.Tokens)
	for _, scheme := range bare.Schemes {
		own = append(own, scheme.Variable)
	}
	secrets := with.Secrets
	with.Secrets = func(variable string) []string {
		if !slices.Contains(own, variable) {
			return nil
		}
		return secrets(variable)
	}
	return providerOf(name, with)
}

func providerOf(name string, with providers.Config) (providers.Provider, error) {
	declared, err := providers.All(with)
	if err != nil {
		return providers.Provider{}, &config.Error{Problems: strings.Split(err.Error(), "\n")}
	}
	for _, provider := range declared {
		if provider.Name == name {
			return provider, nil
		}
	}
	return providers.Provider{}, noProvider(name)
}

func noProvider(name string) error {
	if name == "" {
		return usagef("--provider is missing; there are %s", strings.Join(providerNames(), ", "))
	}
	return usagef("no provider %q; there are %s", name, strings.Join(providerNames(), ", "))
}
