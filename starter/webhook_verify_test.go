package main

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"guestjourney/internal/verify"
	"guestjourney/webhookproxy/parcel"
	"guestjourney/webhookproxy/providers/samples"
)

// judged runs the command and reads what it says; text and JSON agree.
func judged(t *testing.T, body string, args []string) (Judgement, string) {
	t.Helper()
	code, stdout, stderr := cli(t, body, append(slices.Clone(args), "-o", "json")...)
	require.NotEqual(t, 2, code, stderr)
	var told Judgement
	require.NoError(t, json.Unmarshal([]byte(stdout), &told))
	require.Equal(t, told.Accepted, code == 0, "the exit code tells")
	require.Equal(t, told.Accepted, stderr == "")
	again, text, stderr := cli(t, body, args...)
	require.Equal(t, code, again)
	require.Equal(t, told.Reason != "", strings.HasSuffix(stderr, "would not take it: "+told.Reason+"\n"))
	for _, sentence := range append(told.Why, told.Hints...) {
		require.Contains(t, text, sentence)
	}
	return told, stdout + text
}

// What a provider sends is taken, with each of its schemes, and nothing of it
// is printed.
func TestEverySampleIsAcceptedInWords(t *testing.T) {
	for _, sample := range samples.All() {
		if sample.Provider == "ses" {
			continue // its certificate would be asked of Amazon
		}
		t.Run(sample.Name, func(t *testing.T) {
			configured(t, sample.Variable)
			_, message := signed(t, sample.Name)
			told, text := judged(t, string(message.Body), asCall(sample.Provider, message))
			require.True(t, told.Accepted, text)
			require.Equal(t, http.StatusOK, told.Status)
			require.Equal(t, verify.KeyID(webhookSecret(sample.Variable)), told.KeyID)
			require.Contains(t, told.Why[0], sample.Variable)
			require.Equal(t, sample.Bearer, strings.Contains(told.Why[0], "nothing is signed"))
			quiet(t, message, text)
		})
	}
}

func TestAnAcceptedWebhookTellsWhatBecomesOfIt(t *testing.T) {
	configured(t)
	_, message := signed(t, "stripe")
	told, text := judged(t, string(message.Body), asCall("stripe", message))
	id := "evt_sample_" + strconv.FormatInt(cameAt.UnixMilli(), 10)
	require.Equal(t, []JudgedEvent{{
		Key: parcel.KeyOf("stripe", "", id).String(), Type: "payment_intent.succeeded", Decision: "acted_on", WorkflowID: "pay/sample", Signal: "payment_event",
	}}, told.Events)
	require.True(t, cameAt.Equal(told.SignedAt))
	require.Contains(t, text, "accepted: the proxy answers 200\n")
	require.Contains(t, text, "signal payment_event to pay/sample\n")

	_, message = signed(t, "sendgrid")
	told, _ = judged(t, string(message.Body), asCall("sendgrid", message))
	require.Equal(t, []string{"acted_on", "ignored"}, []string{told.Events[0].Decision, told.Events[1].Decision})

	_, message = signed(t, "hubspot-v3")
	told, text = judged(t, string(message.Body), asCall("hubspot", message))
	require.Equal(t, "claim/hubspot/42/contact/101", told.Events[0].WorkflowID)
	require.Contains(t, text, "which starts as a Claim if it is not open")

	_, message = signed(t, "zoom-validation")
	_, text = judged(t, string(message.Body), asCall("zoom", message))
	require.Contains(t, text, "it asks whether anybody is there")

	sample, err := samples.Find("stripe")
	require.NoError(t, err)
	_, message = signed(t, "stripe")
	message.Body = []byte(strings.Replace(string(message.Body), "pay/sample", "journey/x", 1))
	foreign := resigned(t, sample, message)
	told, text = judged(t, string(message.Body), asCall("stripe", foreign))
	require.Equal(t, "foreign", told.Events[0].Decision)
	require.Contains(t, text, "names no workflow of ours")
}

// resigned signs another body with the secret of the sample.
func resigned(t *testing.T, sample samples.Sample, message verify.Message) verify.Message {
	t.Helper()
	require.Equal(t, "stripe", sample.Provider)
	message.Header = http.Header{}
	message.Header.Set(verify.StripeHeader, stripeSignature(webhookSecret(sample.Variable), string(message.Body), cameAt))
	return message
}

// refusal is a change to a sample, and what is said of it.
type refusal struct {
	sample    string
	configure []string // variables; nil means the sample's
	change    func(*verify.Message)
	environ   map[string]string
	file      string
	more      []string // arguments that win over those before
	status    int
	reason    string
	why       string
	hint      string // must be among the hints; "-" means that there is none
	notHint   string
}

func header(name, value string) func(*verify.Message) {
	return func(m *verify.Message) { m.Header.Set(name, value) }
}

func without(name string) func(*verify.Message) {
	return func(m *verify.Message) { m.Header.Del(name) }
}

func body(change func(string) string) func(*verify.Message) {
	return func(m *verify.Message) { m.Body = []byte(change(string(m.Body))) }
}

func spaced(body string) string { return strings.ReplaceAll(body, `":`, `": `) }

func at(after time.Duration) []string {
	return []string{"--at", cameAt.Add(after).Format(time.RFC3339)}
}

var refusals = map[string]refusal{
	"no secret": {
		sample: "stripe", configure: []string{"TWILIO_AUTH_TOKEN"}, status: 503, reason: reasonNoSecret,
		why: "STRIPE_WEBHOOK_SECRETS holds none that was valid at 2027-03-02T09:00:00Z", hint: "WEBHOOK_SECRETS_FILE names wins",
	},
	"no secret of several schemes": {
		sample: "vapi-hmac", configure: []string{"TWILIO_AUTH_TOKEN"}, status: 503, reason: reasonNoSecret,
		why: "VAPI_WEBHOOK_SECRETS or VAPI_HMAC_SECRETS or VAPI_LEGACY_SECRETS",
	},
	"a secret whose term is over": {
		sample: "stripe", file: "STRIPE_WEBHOOK_SECRETS=" + webhookSecret("STRIPE_WEBHOOK_SECRETS") + "|until=2027-03-02T09:00:00Z",
		status: 503, reason: reasonNoSecret, why: "none that was valid",
	},
	"header missing": {
		sample: "stripe", change: without(verify.StripeHeader), status: 401, reason: reasonHeader, why: "the header Stripe-Signature is missing (STRIPE_WEBHOOK_SECRETS)",
	},
	"time header missing": {
		sample: "sendgrid", change: without(verify.SendGridTimestampHeader), status: 401, reason: reasonHeader, why: "the header X-Twilio-Email-Event-Webhook-Timestamp is missing",
	},
	"header repeated": {
		sample: "cal", change: func(m *verify.Message) { m.Header.Add(verify.CalHeader, "x") }, status: 401, reason: reasonHeader, why: "X-Cal-Signature-256 is there 2 times",
	},
	"header empty": {
		sample: "cal", change: header(verify.CalHeader, ""), status: 401, reason: reasonHeader, why: "X-Cal-Signature-256 is empty",
	},
	"header malformed": {
		sample: "stripe", change: header(verify.StripeHeader, "v1=canary"), status: 401, reason: reasonHeader, why: "Stripe-Signature: not in the form of the scheme",
	},
	"header of another scheme, which has no secret": {
		sample: "vapi-legacy", configure: []string{"VAPI_WEBHOOK_SECRETS"}, status: 401, reason: reasonHeader, why: "the header Webhook-Signature is missing",
		hint: "it bears X-Vapi-Secret, which VAPI_LEGACY_SECRETS would verify",
	},
	"another secret": {
		sample: "stripe", environ: map[string]string{"STRIPE_WEBHOOK_SECRETS": "whsec_canary"}, status: 401, reason: reasonSignature,
		why: "was made by no secret of STRIPE_WEBHOOK_SECRETS (keys " + verify.KeyID("whsec_canary") + ") of this time, body", hint: "another secret?", notHint: "address",
	},
	"another token": {
		sample: "jane", environ: map[string]string{"JANE_WEBHOOK_TOKENS": "canary"}, status: 401, reason: reasonSignature,
		why: "the token in X-Webhook-Token is none of those in JANE_WEBHOOK_TOKENS", hint: "another secret?", notHint: "body",
	},
	"body changed": {
		sample: "cal", change: body(func(text string) string { return strings.Replace(text, "BOOKING", "BOOKED", 1) }),
		status: 401, reason: reasonSignature, why: "of this body", hint: "another body?", notHint: "address",
	},
	"body written anew": {
		sample: "stripe", change: body(spaced), status: 401, reason: reasonSignature, why: "by no secret", hint: "the signature is right for the same JSON without spaces",
	},
	"body with a new line": {
		sample: "cal", change: body(func(text string) string { return text + "\n" }),
		status: 401, reason: reasonSignature, why: "by no secret", hint: "the signature is right without the new line at the end of the body",
	},
	"body without its last line's end": {
		sample: "sendgrid", change: body(func(text string) string { return strings.TrimRight(text, "\r\n") }),
		status: 401, reason: reasonSignature, why: "by no secret", hint: "the signature is right with CR LF at the end of the body",
	},
	"form changed": {
		sample: "twilio-inbound", change: body(func(text string) string { return text + "&NumMedia=1" }),
		status: 401, reason: reasonSignature, why: "of this address, form", hint: "another form?", notHint: "another body",
	},
	"another address": {
		sample: "twilio-status", more: []string{"--url", "https://other.example.com/webhooks/twilio/status?workflow=journey%2Fsample&op=1"},
		status: 401, reason: reasonSignature, why: "of this address, form", hint: "It was judged as https://other.example.com/webhooks/twilio/status and its query",
	},
	"PUBLIC_URL is another": {
		sample: "twilio-inbound", environ: map[string]string{"PUBLIC_URL": "https://inside.example.com/"},
		status: 401, reason: reasonSignature, why: "of this address", hint: "the signature is right for --url as it was given, but the proxy puts its PUBLIC_URL before the path",
	},
	"another way to write the address": {
		sample: "hubspot-v3", more: []string{"--url", "http://hooks.example.com/webhooks/hubspot"},
		status: 401, reason: reasonSignature, why: "of this method, address, time, body", hint: "the signature is right for https:// instead of http://",
	},
	"without the query": {
		sample: "hubspot-v3", more: []string{"--url", hooks + "/webhooks/hubspot?a=b"}, status: 401, reason: reasonSignature, why: "by no secret", hint: "the signature is right without the query",
	},
	"a secret of today": {
		sample: "stripe", file: "STRIPE_WEBHOOK_SECRETS=old," + webhookSecret("STRIPE_WEBHOOK_SECRETS") + "|until=2027-03-02T08:00:00Z",
		status: 401, reason: reasonSignature, why: "by no secret", hint: "a secret of STRIPE_WEBHOOK_SECRETS that is valid today made it",
	},
	"stale": {
		sample: "stripe", more: at(5*time.Minute + 42*time.Second), status: 401, reason: reasonStale,
		why: "at 2027-03-02T09:00:00Z: 5 min 42 s before --at, 42 s beyond the window of 5 min 0 s before and 1 min 0 s after", hint: "is --at when it came?",
	},
	"from the future": {
		sample: "hubspot-v3", more: at(-90 * time.Second), status: 401, reason: reasonStale, why: "1 min 30 s after --at, 30 s beyond the window",
	},
	"malformed": {
		sample: "jane", change: body(func(string) string { return "canary" }), status: 200, reason: reasonMalformed, why: "it is verified, but not what jane sends there: ", hint: "-",
	},
	"compressed": {
		sample: "stripe", change: header("Content-Encoding", "gzip"), status: 415, reason: reasonEncoded, why: "Content-Encoding", hint: "-",
	},
	"too large": {
		sample: "google-exists", change: body(func(string) string { return strings.Repeat("x", 4097) }), status: 413, reason: reasonTooLarge, why: "4097 bytes; of google the proxy reads 4096",
	},
	"unknown address": {
		sample: "stripe", more: []string{"--url", hooks + "/webhooks/strip?token=canary"}, status: 404, reason: reasonRoute, why: "stripe has no address /webhooks/strip; it has /webhooks/stripe",
	},
	"another method": {
		sample: "stripe", more: []string{"--method", "put"}, status: 405, reason: reasonMethod, why: "/webhooks/stripe does not take PUT",
	},
}

func TestEveryRefusalSaysWhy(t *testing.T) {
	for name, test := range refusals {
		t.Run(name, func(t *testing.T) {
			sample, message := signed(t, test.sample)
			if test.configure == nil {
				test.configure = []string{sample.Variable}
			}
			configured(t, test.configure...)
			for variable, value := range test.environ {
				t.Setenv(variable, value)
			}
			if test.file != "" {
				secretsFile(t, test.file)
			}
			if test.change != nil {
				test.change(&message)
			}
			told, text := judged(t, string(message.Body), asCall(sample.Provider, message, test.more...))
			hints := strings.Join(told.Hints, "\n")
			require.Equal(t, test.status, told.Status, text)
			require.Equal(t, test.reason, told.Reason)
			require.Contains(t, strings.Join(told.Why, "\n"), test.why)
			require.Contains(t, "-\n"+hints, test.hint)
			require.False(t, test.hint == "-" && hints != "", hints)
			require.False(t, test.notHint != "" && strings.Contains(hints, test.notHint), "not true for the scheme: %s", hints)
			require.Empty(t, told.Events)
			require.NotContains(t, text, "canary")
			quiet(t, message, text)
		})
	}
}

// A sender that tries the address out is judged as well.
func TestChallenges(t *testing.T) {
	configured(t)
	call := func(query string) (Judgement, string) {
		return judged(t, "", []string{"webhook", "verify", "--provider", "whatsapp", "--method", "GET", "--at", "1803978000", "--url", hooks + "/webhooks/whatsapp?" + query})
	}
	told, text := call("hub.verify_token=" + webhookSecret("META_VERIFY_TOKENS") + "&hub.challenge=canary")
	require.True(t, told.Accepted, text)
	require.Contains(t, text, "one of META_VERIFY_TOKENS")
	require.NotContains(t, text, "canary")
	for query, why := range map[string]string{
		"hub.verify_token=canary&hub.challenge=1": "the token in the query is none of META_VERIFY_TOKENS",
		"hub.challenge=canary":                    "is missing from the query",
	} {
		told, text = call(query)
		require.False(t, told.Accepted)
		require.Contains(t, text, why)
		require.NotContains(t, text, "canary")
	}
	t.Setenv("META_VERIFY_TOKENS", "")
	_, text = call("hub.verify_token=canary&hub.challenge=1")
	require.Contains(t, text, "no token is configured: META_VERIFY_TOKENS")
}

func TestWrongCallsOfVerify(t *testing.T) {
	configured(t)
	for name, test := range map[string]struct{ args, want string }{
		"no provider":       {"", "--provider is missing; there are stripe, twilio"},
		"unknown provider":  {"--provider strip", `no provider "strip"; there are stripe, twilio`},
		"no time":           {"--provider stripe", "--at is missing"},
		"bad time":          {"--provider stripe --at yesterday", "--at: want RFC 3339"},
		"milliseconds":      {"--provider stripe --at 1803978000000", "is in milliseconds; want seconds"},
		"no address":        {"--provider stripe --at 1", "--url is missing"},
		"path alone":        {"--provider stripe --at 1 --url /webhooks/stripe", "or set PUBLIC_URL"},
		"no address at all": {"--provider stripe --at 1 --url ftp://x/y", "--url: want the whole address"},
		"header":            {"--provider stripe --at 1 --url https://x/y -H ok:1 -H canary", "-H, number 2: want 'Name: value'"},
		"output":            {"-o xml", "--output"},
	} {
		t.Run(name, func(t *testing.T) {
			code, stdout, stderr := cli(t, "", append([]string{"webhook", "verify"}, strings.Fields(test.args)...)...)
			require.Equal(t, 2, code, stderr)
			require.Empty(t, stdout)
			require.Contains(t, stderr, test.want)
			require.NotContains(t, stderr, "canary")
		})
	}
	_, message := signed(t, "stripe")
	t.Setenv("TWILIO_AUTH_TOKEN", "a,,b")
	told, _ := judged(t, string(message.Body), asCall("stripe", message))
	require.True(t, told.Accepted, "the secrets of others do not matter")
	t.Setenv("STRIPE_WEBHOOK_SECRETS", "canary,,")
	code, _, stderr := cli(t, "", asCall("stripe", message)...)
	require.Equal(t, 2, code)
	require.Contains(t, stderr, "STRIPE_WEBHOOK_SECRETS: a secret is empty")
	require.NotContains(t, stderr, "canary")
}

// What the proxy puts before the path is PUBLIC_URL, whatever was captured.
func TestAddressesAreCutAsTheProxyCutsThem(t *testing.T) {
	for name, test := range map[string]struct{ address, public, base, uri string }{
		"whole":             {"https://a.example/webhooks/x?b=c%2F", "", "https://a.example", "/webhooks/x?b=c%2F"},
		"behind PUBLIC_URL": {"https://a.example/in/webhooks/x", "https://a.example/in/", "https://a.example/in", "/webhooks/x"},
		"another":           {"https://a.example/webhooks/x", "https://b.example", "https://b.example", "/webhooks/x"},
		"a path":            {"/webhooks/x?b", "https://b.example", "https://b.example", "/webhooks/x?b"},
		"no path":           {"https://a.example", "", "https://a.example", "/"},
		"query alone":       {"https://a.example?b", "", "https://a.example", "/?b"},
		"a longer host":     {"https://a.example.com/x", "https://a.example", "https://a.example", "/x"},
	} {
		t.Run(name, func(t *testing.T) {
			base, uri, err := divide(test.address, test.public)
			require.NoError(t, err)
			require.Equal(t, [2]string{test.base, test.uri}, [2]string{base, uri})
		})
	}
}
