package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"guestjourney/internal/config"
	"guestjourney/internal/verify"
	"guestjourney/webhookproxy/providers"
	"guestjourney/webhookproxy/providers/samples"
)

// Sent answers the command webhook send.
type Sent struct {
	Sample   string `json:"sample"`
	Variable string `json:"variable"` // of the secret that signed
	Method   string `json:"method"`
	URL      string `json:"url"`
	// Signed is the address that was signed, which is PUBLIC_URL's.
	Signed string `json:"signed"`
	Status int    `json:"status"`
	Answer string `json:"answer"`
}

// errand is a sample to send.
type errand struct{ provider, kind, to, workflow string }

// maxAnswer bounds what is shown of an answer, in bytes.
const maxAnswer = 2 << 10

func webhookSendCommand() *cobra.Command {
	var wanted errand
	command := &cobra.Command{
		Use:   "send --provider <name> [--kind <kind>] --to <address of the proxy> [--workflow <id>]",
		Short: "Sign a sample webhook of a provider, post it to a running proxy and print the answer",
		Long: "Signs with the first secret of the proxy's environment variables (and WEBHOOK_SECRETS_FILE), as the provider would\n" +
			"now, and for PUBLIC_URL if it is set: providers that sign the address sign that one. The people in samples are\n" +
			"made up. Every second has another event; SendGrid's and Amazon's signatures need a key of your own, see the\n" +
			"variable that is asked for. Exit 0 if the proxy takes it.",
		Example: "  starter webhook send --provider stripe --to http://127.0.0.1:8080 --workflow pay/01k3",
		Args:    cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			if _, err := asJSON(command); err != nil {
				return err
			}
			return inOneLine(wanted.run(command))
		},
	}
	flags := command.Flags()
	flags.StringVar(&wanted.provider, "provider", "", "who would send it")
	flags.StringVar(&wanted.kind, "kind", "", "which of the provider's samples (default: the first that has a secret)")
	flags.StringVar(&wanted.to, "to", "", "address of the proxy, such as http://127.0.0.1:8080")
	flags.StringVar(&wanted.workflow, "workflow", "", "the workflow that the event is about")
	flags.Duration("timeout", 15*time.Second, "how long to wait for the answer")
	completeFlag(command, "provider", providerNames)
	completeFlag(command, "kind", func() []string { return kindsOfSamples(samplesOf(wanted.provider)) })
	addOutput(command)
	return command
}

func (e errand) run(command *cobra.Command) error {
	if err := e.check(); err != nil {
		return err
	}
	settings, err := config.Load[WebhookSettings]()
	if err != nil {
		return err
	}
	source, err := settings.secretsAt(time.Now())
	if err != nil {
		return err
	}
	sample, err := e.sample(source.Active)
	if err != nil {
		return err
	}
	base := settings.PublicURL
	if base == "" {
		base = e.to
	}
	message, err := sample.Make(source.Active, base, time.Now())
	if err != nil {
		return &config.Error{Problems: []string{err.Error()}}
	}
	limit, err := command.Flags().GetDuration("timeout")
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(command.Context(), limit)
	defer cancel()
	sent := Sent{Sample: sample.Name, Variable: sample.Variable, Method: message.Method, Signed: message.URL}
	sent.URL = strings.TrimRight(e.to, "/") + strings.TrimPrefix(message.URL, strings.TrimRight(base, "/"))
	if sent.Status, sent.Answer, err = post(ctx, sent.URL, message); err != nil {
		return err
	}
	if err := show(command, sent, func(out io.Writer) error { return sent.tell(out) }); err != nil {
		return err
	}
	return sent.verdict()
}

func (e errand) check() error {
	if _, err := providerOf(e.provider, providers.Config{}); err != nil {
		return err
	}
	to, err := url.Parse(e.to)
	switch {
	case e.to == "":
		return usagef("--to is missing: the address of the proxy, such as http://127.0.0.1:8080")
	case err != nil || to.Scheme != "http" && to.Scheme != "https" || to.Host == "" || to.RawQuery != "" || to.Fragment != "":
		return usagef("--to: want the address of the proxy without path or query, such as http://127.0.0.1:8080")
	}
	return nil
}

func samplesOf(provider string) []samples.Sample {
	var own []samples.Sample
	for _, sample := range samples.All() {
		if sample.Provider == provider {
			own = append(own, sample)
		}
	}
	return own
}

// kindOf is what tells a provider's samples apart.
func kindOf(sample samples.Sample) string {
	return strings.TrimPrefix(strings.TrimPrefix(sample.Name, sample.Provider), "-")
}

func kindsOfSamples(own []samples.Sample) []string {
	var kinds []string
	for _, sample := range own {
		if kind := kindOf(sample); kind != "" {
			kinds = append(kinds, kind)
		}
	}
	return kinds
}

// sample chooses: what was asked for, else the first that can be signed.
func (e errand) sample(secrets providers.Secrets) (samples.Sample, error) {
	own := samplesOf(e.provider)
	if len(own) == 0 {
		return samples.Sample{}, usagef("there is no sample of %s", e.provider)
	}
	chosen := -1
	for i, sample := range own {
		if e.kind == kindOf(sample) && e.kind != "" || e.kind == "" && chosen < 0 && len(secrets(sample.Variable)) > 0 {
			chosen = i
		}
	}
	switch {
	case chosen < 0 && e.kind != "":
		return samples.Sample{}, usagef("--kind: %s has no sample %q; it has %s", e.provider, e.kind, orNone(kindsOfSamples(own)))
	case chosen < 0:
		chosen = 0 // signing it names the variable that is missing
	}
	if e.workflow == "" {
		return own[chosen], nil
	}
	if !own[chosen].NamesWorkflow() {
		return samples.Sample{}, usagef("--workflow: the sample %s names no workflow; the proxy finds one by whom it is about, or none", own[chosen].Name)
	}
	return own[chosen].For(e.workflow), nil
}

func orNone(kinds []string) string {
	if len(kinds) == 0 {
		return "one without a kind"
	}
	return strings.Join(kinds, ", ")
}

// post sends a message as it is. A redirect is an answer: a provider would not
// sign for another address.
func post(ctx context.Context, address string, message verify.Message) (status int, answer string, err error) {
	request, err := http.NewRequestWithContext(ctx, message.Method, address, bytes.NewReader(message.Body))
	if err != nil {
		return 0, "", usagef("--to: is no address")
	}
	request.Header = message.Header
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Do(request)
	if err != nil {
		var where *url.Error
		if errors.As(err, &where) {
			err = where.Err // its own text has the query
		}
		return 0, "", fmt.Errorf("no proxy answers at %s: is it running, and is --to its PROXY_ADDR? %w", shown(address), err)
	}
	defer response.Body.Close() //nolint:errcheck // it is read as far as it is shown
	said, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return 0, "", fmt.Errorf("read the answer of %s: %w", shown(address), err)
	}
	return response.StatusCode, strings.TrimSpace(strings.ToValidUTF8(string(said), "")), nil
}

func (s Sent) tell(out io.Writer) error {
	_, err := fmt.Fprintf(out, "sent %s, signed with %s, to %s\n%d %s\n%s\n", s.Sample, s.Variable, shown(s.URL), s.Status, http.StatusText(s.Status), s.Answer)
	return err
}

// verdict says what to do about an answer that is not 2xx.
func (s Sent) verdict() error {
	advice := ""
	switch {
	case s.Status >= http.StatusOK && s.Status < http.StatusMultipleChoices:
		return nil
	case s.Status == http.StatusUnauthorized:
		advice = "has it the same " + s.Variable + ", the same PUBLIC_URL and the same time?"
	case s.Status == http.StatusNotFound || s.Status == http.StatusMethodNotAllowed:
		advice = "is it a proxy, of this version?"
	case s.Status == http.StatusServiceUnavailable:
		advice = "has it " + s.Variable + "? Else neither Temporal nor its inbox takes anything: see its /readyz and its log"
	default:
		advice = "its log says why"
	}
	return verdict{1, fmt.Sprintf("the proxy answers %d: %s", s.Status, advice)}
}
