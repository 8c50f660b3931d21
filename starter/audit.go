package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"guestjourney/activities/options"
	"guestjourney/internal/config"
	"guestjourney/starter/audit"
	"guestjourney/webhookproxy/providers"
)

// Formats of the audit.
const (
	formatMarkdown = "markdown"
	formatJSON     = "json"
)

func auditCommand() *cobra.Command {
	format := formatMarkdown
	command := &cobra.Command{
		Use:   "audit",
		Short: "Report how calls to providers and their webhooks are protected, and whether that is enough",
		Long: "The integrations audit report: the circuits that the workers report, how calls are tried again, what protects the\n" +
			"webhooks, and what is wrong with any of it. Nothing in it is written by hand: it is what runs, and what is set. Run it with\n" +
			"the proxy's environment, from which it knows whose webhooks have a secret (and WEBHOOK_SECRETS_FILE); none is shown.\n" +
			"Exit code 1 says that the quality gate FAILED: there is an issue of severity HIGH.",
		Example: "  starter audit --format json",
		Args:    cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			if format != formatMarkdown && format != formatJSON {
				return usagef(`--format: want "markdown" or "json", not %q`, format)
			}
			return withSession(command, func(ctx context.Context, s *session) error { return auditNow(ctx, s, command, format) })
		},
	}
	command.Flags().StringVar(&format, "format", formatMarkdown, `"markdown" or "json"`)
	addTimeout(command)
	return command
}

func auditNow(ctx context.Context, s *session, command *cobra.Command, format string) error {
	facts, err := auditFacts(ctx, s, time.Now().UTC())
	if err != nil {
		return err
	}
	report := audit.Make(facts)
	if err := printAudit(command, report, format); err != nil {
		return err
	}
	if report.Gate == audit.Failed {
		return verdict{1, "quality gate " + report.Gate}
	}
	return nil
}

func printAudit(command *cobra.Command, report audit.Report, format string) error {
	if format == formatMarkdown {
		return report.Markdown(command.OutOrStdout())
	}
	data, err := readable(report)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(command.OutOrStdout(), string(data))
	return err
}

// auditFacts asks what runs, and reads what is set.
func auditFacts(ctx context.Context, s *session, now time.Time) (audit.Facts, error) {
	facts := audit.Facts{At: now, Retries: options.Outside.Retries()}
	view, err := integrationHealth(ctx, s)
	switch {
	case err == nil:
		facts.Watched, facts.Health = true, view
	case !errors.Is(err, errNotWatched):
		return audit.Facts{}, err
	}
	facts.Webhooks, err = auditWebhooks(now)
	return facts, err
}

func auditWebhooks(now time.Time) ([]audit.Webhook, error) {
	settings, err := config.Load[WebhookSettings]()
	if err != nil {
		return nil, err
	}
	source, err := settings.secretsAt(now)
	if err != nil {
		return nil, err
	}
	declared, err := providers.All(providers.Config{})
	if err != nil {
		return nil, err
	}
	webhooks := make([]audit.Webhook, 0, len(declared))
	for _, provider := range declared {
		protection, err := provider.Protection(source.Active)
		protection.Provider = provider.Name
		webhooks = append(webhooks, audit.Webhook{Protection: protection, Unusable: err})
	}
	return webhooks, nil
}
