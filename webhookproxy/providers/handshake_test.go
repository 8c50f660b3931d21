package providers_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"guestjourney/internal/verify"
	"guestjourney/webhookproxy/providers"
)

// asks are the senders that try an address out with a GET.
var asks = map[string]struct{ variable, token, challenge, contentType, answer string }{
	"whatsapp":       {"META_VERIFY_TOKENS", "hub.verify_token", "hub.challenge", "text/plain; charset=utf-8", `<b>1158201444`},
	"oura":           {"OURA_VERIFY_TOKENS", "verification_token", "challenge", "application/json", `{"challenge":"\u003cb\u003e1158201444"}`},
	"practicebetter": {"PRACTICEBETTER_VERIFY_TOKENS", "verification_token", "challenge", "application/json", `{"challenge":"\u003cb\u003e1158201444","timestamp":1803978000}`},
}

func TestChallenges(t *testing.T) {
	const challenge = "<b>1158201444"
	for name, ask := range asks {
		secrets := config(only(ask.variable))
		secrets.Now = receivedAt.Local
		provider := declare(t, secrets)[name]
		require.Equal(t, []string{ask.variable}, provider.Tokens)
		right := secret(ask.variable)
		query := func(pairs ...string) url.Values {
			values := url.Values{"hub.mode": {"subscribe"}}
			for i := 0; i < len(pairs); i += 2 {
				values.Add(pairs[i], pairs[i+1])
			}
			return values
		}
		answer, err := provider.Routes[0].Challenge(query(ask.token, right, ask.challenge, challenge))
		require.NoError(t, err, name)
		require.Equal(t, providers.Answer{ContentType: ask.contentType, Body: ask.answer}, answer)
		_, err = provider.Routes[0].Challenge(query(ask.token, right, ask.challenge, strings.Repeat("1", 1024)))
		require.NoError(t, err, "1 KiB is not too much")

		for what, asked := range map[string]url.Values{
			"no token":       query(ask.challenge, challenge),
			"an empty token": query(ask.token, "", ask.challenge, challenge),
			"another token":  query(ask.token, right+"x", ask.challenge, challenge),
			"a token twice":  query(ask.token, right, ask.token, right, ask.challenge, challenge),
			"no challenge":   query(ask.token, right),
			"an empty one":   query(ask.token, right, ask.challenge, ""),
			"a long one":     query(ask.token, right, ask.challenge, strings.Repeat("1", 1025)),
			"two challenges": query(ask.token, right, ask.challenge, "1", ask.challenge, "2"),
		} {
			answer, err := provider.Routes[0].Challenge(asked)
			require.Error(t, err, "%s: %s", name, what)
			require.NotErrorIs(t, err, verify.ErrNoSecret, "%s: %s", name, what)
			require.Empty(t, answer)
			require.NotContains(t, err.Error(), right)
		}
	}
}

func TestChallengeWithoutATokenAnswersNobody(t *testing.T) {
	for name, ask := range asks {
		for _, tokens := range [][]string{nil, {""}, {"a", ""}} {
			declared, err := providers.All(providers.Config{Secrets: func(variable string) []string {
				if variable == ask.variable {
					return tokens
				}
				return nil
			}})
			require.NoError(t, err)
			for _, provider := range declared {
				if provider.Name == name {
					_, err := provider.Routes[0].Challenge(url.Values{ask.token: {""}, ask.challenge: {"1"}})
					require.ErrorIs(t, err, verify.ErrNoSecret, "%s with %q", name, tokens)
				}
			}
		}
	}
}

// Tokens rotate like secrets: none is kept from the time of declaration.
func TestTokensRotate(t *testing.T) {
	tokens := []string{"old"}
	provider := declare(t, config(func(variable string) []string {
		if variable == "META_VERIFY_TOKENS" {
			return tokens
		}
		return nil
	}))["whatsapp"]
	ask := func(token string) error {
		_, err := provider.Routes[0].Challenge(url.Values{"hub.verify_token": {token}, "hub.challenge": {"1"}})
		return err
	}
	require.NoError(t, ask("old"))
	require.Error(t, ask("new"))
	tokens = []string{"new"}
	require.NoError(t, ask("new"))
	require.Error(t, ask("old"))
}

// validate asks Zoom's question, verified by what keyID names.
func validate(t *testing.T, secrets providers.Secrets, plain, keyID string) (*providers.Answer, error) {
	t.Helper()
	text, err := json.Marshal(map[string]any{"event": "endpoint.url_validation", "payload": map[string]string{"plainToken": plain}})
	require.NoError(t, err)
	route := declare(t, config(secrets))["zoom"].Routes[0]
	return route.Handshake(t.Context(), deliveryOf(verify.Message{Body: text}, verify.Match{KeyID: keyID}))
}

func TestZoomValidationIsAnsweredWithTheSecretThatMatched(t *testing.T) {
	secrets := func(variable string) []string {
		if variable == "ZOOM_WEBHOOK_SECRETS" {
			return []string{"another", "zoom_secret"}
		}
		return nil
	}
	answer, err := validate(t, secrets, "qgg8vlvZRS6UYooatFL8Aw", verify.KeyID("zoom_secret"))
	require.NoError(t, err)
	require.Equal(t, &providers.Answer{
		ContentType: "application/json",
		Body:        `{"encryptedToken":"46a324cfb7c2ec760e4cd561586a53aadb6fc7561eb8d626d6ee1b71d808b3c0","plainToken":"qgg8vlvZRS6UYooatFL8Aw"}`,
	}, answer)
	other, err := validate(t, secrets, "qgg8vlvZRS6UYooatFL8Aw", verify.KeyID("another"))
	require.NoError(t, err)
	require.NotEqual(t, answer.Body, other.Body)
	for _, unverified := range []string{"", verify.KeyID("retired")} {
		_, err = validate(t, secrets, "qgg8vlvZRS6UYooatFL8Aw", unverified)
		require.ErrorIs(t, err, verify.ErrNoSecret)
	}
}

// The challenge is signed by the secret of the events: an answer to a text that
// looks like a signed event would be that event's signature.
func TestZoomSignsNoEventOfOthers(t *testing.T) {
	keyID := verify.KeyID(secret("ZOOM_WEBHOOK_SECRETS"))
	for _, plain := range []string{
		"", `v0:1803978000:{"event":"meeting.started"}`, "v0:1:a", "a:b", "a b", "a\n", "é", "a.b", strings.Repeat("a", 65),
	} {
		answer, err := validate(t, every, plain, keyID)
		require.Error(t, err, plain)
		require.Nil(t, answer)
	}
	_, meeting := sampleOf(t, "zoom-meeting")
	answer, err := declare(t, config(every))["zoom"].Routes[0].Handshake(t.Context(), deliveryOf(meeting, verify.Match{KeyID: keyID}))
	require.NoError(t, err)
	require.Nil(t, answer, "an event is no question")
}

// confirm runs the handshake of SES on an envelope, and returns what was got.
func confirm(t *testing.T, text string, fails error) (got []string, answer *providers.Answer, err error) {
	t.Helper()
	with := config(every)
	with.Confirm = func(_ context.Context, address string) error {
		got = append(got, address)
		return fails
	}
	route := declare(t, with)["ses"].Routes[0]
	answer, err = route.Handshake(t.Context(), deliveryOf(verify.Message{Body: []byte(text)}, verify.Match{}))
	return got, answer, err
}

func TestSubscriptionOfSNSIsConfirmedAtAmazonsAddressOnly(t *testing.T) {
	const good = "https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=" + topic + "&Token=t0"
	envelope := func(address string) string {
		text, err := json.Marshal(map[string]string{"Type": "SubscriptionConfirmation", "TopicArn": topic, "Token": "t0", "SubscribeURL": address})
		require.NoError(t, err)
		return string(text)
	}
	got, answer, err := confirm(t, envelope(good), nil)
	require.NoError(t, err)
	require.Equal(t, []string{good}, got)
	require.Equal(t, &providers.Answer{ContentType: "application/json", Body: `{"status":"confirmed"}`}, answer)

	_, _, err = confirm(t, envelope(good), &url.Error{Op: "Get", URL: good, Err: errors.New("no route")})
	require.ErrorContains(t, err, "no route")
	require.NotContains(t, err.Error(), "amazonaws", "the address holds a token, and the error is logged")

	for _, address := range []string{
		"", "::", strings.Replace(good, "https", "http", 1), strings.Replace(good, "sns.", "evil.", 1),
		strings.Replace(good, ".com/", ".com.evil.example/", 1), strings.Replace(good, "sns.", "user@sns.", 1), strings.Replace(good, ".com/", ".com:8443/", 1),
		strings.Replace(good, "/?", "/latest/meta-data?", 1), strings.Replace(good, "sns.eu-central-1.amazonaws.com", "169.254.169.254", 1),
		strings.Replace(good, "ConfirmSubscription", "Unsubscribe", 1), strings.Replace(good, "t0", "t1", 1), strings.Replace(good, "ses-feedback", "other", 1),
		good + "&Action=Unsubscribe", good + "&x=1", good + "#x", strings.Replace(good, "sns.eu-central-1", "sns.evil.example/.x", 1),
	} {
		got, answer, err := confirm(t, envelope(address), nil)
		require.Error(t, err, address)
		require.Empty(t, got, address)
		require.Nil(t, answer)
	}
	for _, name := range []string{"ses-bounce"} {
		_, message := sampleOf(t, name)
		got, answer, err := confirm(t, string(message.Body), nil)
		require.NoError(t, err)
		require.Empty(t, got)
		require.Nil(t, answer, "an event is no question")
	}
	_, confirmation := sampleOf(t, "ses-confirmation")
	got, _, err = confirm(t, string(confirmation.Body), nil)
	require.NoError(t, err)
	require.Equal(t, []string{good}, got)
}

func TestSubscriptionWithoutAWayOutSaysSo(t *testing.T) {
	_, message := sampleOf(t, "ses-confirmation")
	_, err := declare(t, config(every))["ses"].Routes[0].Handshake(t.Context(), deliveryOf(message, verify.Match{}))
	require.ErrorContains(t, err, "AWS console")
	require.NotContains(t, err.Error(), "t0")
}

func TestMixpanelHearsItsActionAgain(t *testing.T) {
	route := declare(t, config(every))["mixpanel"].Routes[0]
	for _, action := range []string{"members", "add_members", "remove_members"} {
		delivery := body(`{"action":"` + action + `","parameters":{}}`)
		_, err := route.Events(delivery)
		require.NoError(t, err)
		require.Equal(t, providers.Answer{ContentType: "application/json", Body: `{"action":"` + action + `","status":"success"}`}, route.Reply(delivery))
	}
	unknown := body(`{"action":"<script>","parameters":{}}`)
	_, err := route.Events(unknown)
	require.Error(t, err)
	require.NotContains(t, route.Reply(unknown).Body, "script")
}
