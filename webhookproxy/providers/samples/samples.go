// Package samples makes webhooks as each provider would send them, signed.
//
// Called by the command that posts a sample to a running proxy, and by tests.
// It owns one realistic request for every provider, scheme and kind of route,
// and signs by itself, apart from package verify: what one of the two gets wrong
// the other refuses. It promises that the same secret, address and time make
// the same event, and another time another one. The people in it are made up.
package samples

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"guestjourney/internal/verify"
	"guestjourney/webhookproxy/providers"
)

// Sample is one kind of webhook.
type Sample struct {
	// Name is the provider's, and what tells its samples apart: "vapi-hmac".
	Name     string
	Provider string
	// Variable is the environment variable whose first secret signs.
	Variable string
	// PrivateKey is the variable of a key of ours, where the provider's
	// signature can be verified by us and not made: base64 of PKCS #8. Empty
	// for the others.
	PrivateKey string
	// Bearer: a shared secret in a header proves the sender; what is sent is
	// not covered.
	Bearer bool

	method string // empty means POST
	path   string // with its query
	body   func(at time.Time) string
	sign   func(secret string, message *verify.Message, at time.Time) error
}

// families are the samples, one file each.
var families = [][]Sample{payments, messages, calls, mails, contacts, bookings, media, pages, wearables, clinics, ours}

// All returns every sample, by name.
func All() []Sample {
	all := slices.Concat(families...)
	slices.SortFunc(all, func(a, b Sample) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// Find returns the sample of a name. The error lists the names there are.
func Find(name string) (Sample, error) {
	var names []string
	for _, sample := range All() {
		if sample.Name == name {
			return sample, nil
		}
		names = append(names, sample.Name)
	}
	return Sample{}, fmt.Errorf("no sample %q; there are %s", name, strings.Join(names, ", "))
}

// Make makes the sample as it would be sent at a time to the proxy that
// publicURL is the address of, signed with the first of the secrets. Its errors
// name the variable that is missing or cannot be used, and never the secret.
func (s Sample) Make(secrets providers.Secrets, publicURL string, at time.Time) (verify.Message, error) {
	message := verify.Message{
		Method: s.method, URL: strings.TrimRight(publicURL, "/") + s.path, Header: http.Header{}, Body: []byte(s.body(at)),
	}
	if s.method == "" {
		message.Method = http.MethodPost
	}
	message.Header.Set("User-Agent", "guest-journeys-sample")
	if len(message.Body) > 0 {
		message.Header.Set("Content-Type", contentType(message.Body))
	}
	secret, variable := first(secrets, s.Variable), s.Variable
	if secret != "" && s.PrivateKey != "" {
		if s.Provider == "ses" {
			message.Body = []byte(strings.ReplaceAll(string(message.Body), sampleTopic, secret))
		}
		secret, variable = first(secrets, s.PrivateKey), s.PrivateKey
	}
	if secret == "" {
		return verify.Message{}, fmt.Errorf("%s: is not set; the sample %s is signed with it", variable, s.Name)
	}
	if err := s.sign(secret, &message, at); err != nil {
		return verify.Message{}, fmt.Errorf("%s: %w", variable, err)
	}
	return message, nil
}

func first(secrets providers.Secrets, variable string) string {
	if all := secrets(variable); len(all) > 0 {
		return all[0]
	}
	return ""
}

func contentType(body []byte) string {
	if body[0] == '{' || body[0] == '[' {
		return "application/json"
	}
	return "application/x-www-form-urlencoded"
}

// fill puts a time into a body: {s} seconds, {ms} milliseconds, {iso} RFC 3339.
func fill(body string) func(time.Time) string {
	return func(at time.Time) string {
		return strings.NewReplacer(
			"{s}", strconv.FormatInt(at.Unix(), 10), "{ms}", strconv.FormatInt(at.UnixMilli(), 10), "{iso}", at.UTC().Format(time.RFC3339),
		).Replace(body)
	}
}
