package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"guestjourney/internal/config"
	"guestjourney/internal/verify"
	"guestjourney/webhookproxy/providers"
)

// exitRefused is the exit code of a webhook that the proxy does not take.
const exitRefused = 1

// maxCaptured bounds a body that is read, in bytes: more than any provider's.
const maxCaptured = 32 << 20

// captured is a request as it was written down.
type captured struct {
	provider, method, address, at string
	headers                       []string
}

func webhookVerifyCommand() *cobra.Command {
	var from captured
	command := &cobra.Command{
		Use:   "verify --provider <name> --url <address> --at <time> -H 'Name: value' ... < body",
		Short: "Judge a captured webhook as the proxy would have at that time, and say why",
		Long: "Sends the request through the proxy's own code, with the secrets that were valid at that time: those of the\n" +
			"proxy's environment variables and of WEBHOOK_SECRETS_FILE. PUBLIC_URL, IDENTITY_KEY and HUBSPOT_START_* count\n" +
			"as they do there. Nothing is delivered. For a request without a body: < /dev/null. Exit 0 if the proxy would take it, 1 if not. Neither a secret, a header\n" +
			"nor anything of the body is printed but event types, workflow IDs and event keys.",
		Example: "  starter webhook verify --provider stripe --url https://hooks.example.com/webhooks/stripe \\\n" +
			"    --at 2027-03-02T09:00:00Z -H \"Stripe-Signature: $SIGNATURE\" < body.json",
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			return judgeCaptured(command.Context(), command, from)
		},
	}
	flags := command.Flags()
	flags.StringVar(&from.provider, "provider", "", "who sent it")
	flags.StringVar(&from.method, "method", http.MethodPost, "method of the request")
	flags.StringVar(&from.address, "url", "", "the whole address that the provider was told to call, with its query; a path alone stands behind PUBLIC_URL")
	flags.StringVar(&from.at, "at", "", "when it came: RFC 3339 or Unix seconds")
	flags.StringArrayVarP(&from.headers, "header", "H", nil, "a header of the request, 'Name: value'; once for each line")
	completeFlag(command, "provider", providerNames)
	addOutput(command)
	return command
}

// verifySettings need what turns an event into its workflow.
type verifySettings struct {
	config.Identity
	WebhookSettings
}

func judgeCaptured(ctx context.Context, command *cobra.Command, from captured) error {
	if _, err := asJSON(command); err != nil {
		return err
	}
	settings, err := config.Load[verifySettings]()
	if err != nil {
		return err
	}
	asked, err := from.read(settings, command.InOrStdin())
	if err != nil {
		return err
	}
	told, err := asked.judge(ctx)
	if err != nil {
		return err
	}
	if err := show(command, told, func(out io.Writer) error { return told.tell(out) }); err != nil || told.Accepted {
		return err
	}
	return verdict{exitRefused, "the proxy would not take it: " + told.Reason}
}

// read checks what was written down, before anything is read from standard input.
func (c captured) read(settings verifySettings, body io.Reader) (question, error) {
	asked := question{settings: settings, given: c.address, message: verify.Message{Method: strings.ToUpper(c.method)}}
	if _, err := providerOf(c.provider, providers.Config{}); err != nil {
		return question{}, err
	}
	asked.provider = c.provider
	var err error
	if asked.at, err = timeOf(c.at); err != nil {
		return question{}, err
	}
	if asked.base, asked.uri, err = divide(c.address, settings.PublicURL); err != nil {
		return question{}, err
	}
	asked.message.URL = asked.base + asked.uri
	if asked.message.Header, err = headersOf(c.headers); err != nil {
		return question{}, err
	}
	if asked.message.Method == http.MethodGet {
		return asked, nil // it has no body to wait for
	}
	asked.message.Body, err = io.ReadAll(io.LimitReader(body, maxCaptured+1))
	switch {
	case err != nil:
		return question{}, fmt.Errorf("read the body from standard input: %w", err)
	case len(asked.message.Body) > maxCaptured:
		return question{}, usagef("the body is larger than %d MB; no provider's is", maxCaptured>>20)
	}
	return asked, nil
}

func timeOf(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, usagef("--at is missing: when did the webhook come? RFC 3339 such as 2027-03-02T09:00:00Z, or Unix seconds")
	}
	if seconds, err := strconv.ParseInt(text, 10, 64); err == nil {
		if seconds > 99_999_999_999 {
			return time.Time{}, usagef("--at: %s is in milliseconds; want seconds", text)
		}
		return time.Unix(seconds, 0).UTC(), nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}, usagef("--at: want RFC 3339 such as 2027-03-02T09:00:00Z, or Unix seconds")
	}
	return at, nil
}

// divide cuts an address as the proxy does: PUBLIC_URL comes from its settings,
// and only what follows from the request.
func divide(address, publicURL string) (base, uri string, err error) {
	publicURL = strings.TrimRight(publicURL, "/")
	parsed, err := url.Parse(address)
	absolute := err == nil && (parsed.Scheme == "https" || parsed.Scheme == "http") && parsed.Host != ""
	switch {
	case address == "":
		return "", "", usagef("--url is missing: the address that the provider was told to call")
	case err == nil && strings.HasPrefix(address, "/") && publicURL != "":
		return publicURL, address, nil
	case !absolute:
		return "", "", usagef("--url: want the whole address such as https://hooks.example.com/webhooks/stripe, or set PUBLIC_URL and give the path")
	}
	if rest, found := strings.CutPrefix(address, publicURL); found && publicURL != "" && strings.HasPrefix(rest, "/") {
		return publicURL, rest, nil
	}
	origin, rest := address, "/"
	if slash := strings.IndexAny(address[len(parsed.Scheme)+3:], "/?"); slash >= 0 {
		origin, rest = address[:len(parsed.Scheme)+3+slash], address[len(parsed.Scheme)+3+slash:]
	}
	if !strings.HasPrefix(rest, "/") {
		rest = "/" + rest
	}
	if publicURL != "" {
		origin = publicURL
	}
	return origin, rest, nil
}

var errHeaderForm = errors.New("want 'Name: value'")

// headersOf keeps repeated headers: a proxy refuses what is there twice. Its
// error shows no value, which may be a secret.
func headersOf(lines []string) (http.Header, error) {
	headers := http.Header{}
	for i, line := range lines {
		name, value, found := strings.Cut(line, ":")
		if !found || name == "" || strings.ContainsAny(name, " \t\r\n\"(),/;<=>?@[\\]{}") {
			return nil, usagef("-H, number %d: %w", i+1, errHeaderForm)
		}
		headers.Add(name, strings.TrimSpace(value))
	}
	return headers, nil
}
