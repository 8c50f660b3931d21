package dev

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"guestjourney/activities/directory"
	"guestjourney/internal/sandbox"
	"guestjourney/internal/sandbox/sandboxtest"
	"guestjourney/starter/follow"
)

// world is a real sandbox whose webhooks go to a proxy that takes everything.
type world struct {
	*providers
	secrets sandbox.Secrets

	mu    sync.Mutex
	taken []string // paths and bodies of webhooks
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{}
	proxy := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		w.taken = append(w.taken, r.URL.Path+" "+string(body))
	}))
	t.Cleanup(proxy.Close)
	stand := sandboxtest.Open(t, sandbox.Config{ProxyURL: proxy.URL})
	w.providers, w.secrets = newProviders(stand.URL), stand.Secrets
	return w
}

// took says whether the proxy got a webhook at a path with a text in it.
func (w *world) took(path, text string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, one := range w.taken {
		if strings.HasPrefix(one, path+" ") && strings.Contains(one, text) {
			return true
		}
	}
	return false
}

// mail sends a mail through the sandbox's SendGrid.
func (w *world) mail(t *testing.T, to, text string) {
	t.Helper()
	body := fmt.Sprintf(`{"personalizations":[{"to":[{"email":%q}]}],"from":{"email":"stay@retreat.example"},"subject":"s","content":[{"type":"text/plain","value":%q}]}`, to, text)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.base+"/sendgrid/v3/mail/send", strings.NewReader(body))
	require.NoError(t, err)
	request.Header.Set("Authorization", "Bearer "+w.secrets.SendGridKey)
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, http.StatusAccepted, response.StatusCode)
}

func testExample() *example {
	return &example{id: "journey/j1", short: "j1", lead: directory.Lead{Email: "ana@example.com"}, phone: "+525512345678", zone: time.UTC}
}

func TestTheGuestFollowsTheLinksOfTheMessages(t *testing.T) {
	w := newWorld(t)
	played := make(chan error, 1)
	go func() {
		played <- (&guest{example: testExample(), providers: w.providers, screen: newScreen(io.Discard)}).play(t.Context())
	}()

	w.mail(t, "bo@example.com", "Bo: "+w.base+"/pages/intake/other")
	w.mail(t, "ana@example.com", "Please tell us: "+w.base+"/pages/intake/j1")
	require.Eventually(t, func() bool {
		return w.took("/webhooks/guest/intake", "journey/j1") && w.took("/webhooks/guest/consent", `"granted":"true"`)
	}, soon, 10*time.Millisecond)
	assert.False(t, w.took("/webhooks/guest/policy_accepted", ""), "nobody has offered anything yet")

	w.mail(t, "ana@example.com", "A few questions: "+w.base+"/pages/health/j1")
	require.Eventually(t, func() bool { return w.took("/webhooks/guest/health_form", `"complete":"true"`) }, soon, 10*time.Millisecond)

	w.mail(t, "ana@example.com", "Your offer: "+w.base+"/pages/offer/j1")
	require.Eventually(t, func() bool {
		return w.took("/webhooks/guest/policy_accepted", "journey/j1") && w.took("/webhooks/guest/offer_answer", "accepted")
	}, soon, 10*time.Millisecond)
	assert.False(t, w.took("/webhooks/guest/intake", "journey/other"), "another guest's link is not ours")

	w.mail(t, "ana@example.com", "Pay here: https://elsewhere.example/pages/pay/j1")
	require.ErrorContains(t, <-played, "the guest pays the deposit", "the last step; its link leads nowhere here")
}

func TestTheGuestFollowsNoLinkOutOfTheSandbox(t *testing.T) {
	w := newWorld(t)
	w.mail(t, "ana@example.com", "Please tell us: https://elsewhere.example/pages/intake/j1")
	err := (&guest{example: testExample(), providers: w.providers, screen: newScreen(io.Discard)}).play(t.Context())
	require.ErrorContains(t, err, "does not lead to the sandbox")
}

func TestCallsAndWebhooksAreShownOnceAndInTheirOrder(t *testing.T) {
	w := newWorld(t)
	w.mail(t, "ana@example.com", "before")
	// The sandbox notes a delivery only after the proxy has it.
	require.Eventually(t, func() bool {
		sent, err := w.webhooks(t.Context())
		return err == nil && len(sent) > 0 && !slices.ContainsFunc(sent, func(webhook sandbox.WebhookRecord) bool {
			return webhook.State != sandbox.WebhookDelivered
		})
	}, soon, 10*time.Millisecond)
	var out bytes.Buffer
	watcher, err := newWatcher(t.Context(), connection{}, w.providers, newScreen(&out), testExample())
	require.NoError(t, err)

	w.mail(t, "ana@example.com", "after")
	require.Eventually(t, func() bool {
		watcher.fresh = nil
		require.NoError(t, watcher.lookAtCalls(t.Context()))
		require.NoError(t, watcher.lookAtWebhooks(t.Context()))
		watcher.screen.show(watcher.fresh)
		return strings.Contains(out.String(), "webhook")
	}, soon, 10*time.Millisecond)

	text := out.String()
	assert.Equal(t, 1, strings.Count(text, "sendgrid mail.send -> 202"), "what was there before is not shown:\n%s", text)
	assert.Regexp(t, `(?s)call +sendgrid mail\.send -> 202\n.*webhook +sendgrid processed,delivered -> 200\n$`, text)
}

func TestOnlyWhatTheSandboxDoesNotTellIsShown(t *testing.T) {
	var out bytes.Buffer
	w := &watcher{screen: newScreen(&out), example: testExample()}
	at := time.Now()
	w.tellJourney(follow.Look{Changes: []follow.Change{
		{At: at, Kind: "fact", Text: "guest intake"},
		{At: at, Kind: follow.KindCall, Text: "sms.Send done"},
		{At: at, Kind: follow.KindStage, Text: "offer"},
		{At: at, Kind: follow.KindAttention, Text: "past_due"},
	}})
	require.Len(t, strings.Split(strings.TrimSpace(out.String()), "\n"), 2)
	assert.Regexp(t, `stage +offer\n.*attention +past_due\n$`, out.String())
}

func TestOnlyThisJourneysCallsAreCompared(t *testing.T) {
	texts := []sandbox.Message{{ID: "SM1"}}
	for name, test := range map[string]struct {
		call sandbox.JournalEntry
		want bool
	}{
		"by its key":            {sandbox.JournalEntry{Provider: "stripe", EffectKey: "pay/j1/0123456789ab/customer/0"}, true},
		"a text by its number":  {sandbox.JournalEntry{Provider: "twilio", EffectKey: "5feceb66ffc86f38", ObjectID: "SM1"}, true},
		"another journey's":     {sandbox.JournalEntry{Provider: "stripe", EffectKey: "pay/j2/0123456789ab/customer/0"}, false},
		"another guest's text":  {sandbox.JournalEntry{Provider: "twilio", EffectKey: "6b86b273ff34fce1", ObjectID: "SM2"}, false},
		"a call without object": {sandbox.JournalEntry{Provider: "twilio"}, false},
	} {
		assert.Equal(t, test.want, belongs(test.call, testExample(), texts), name)
	}
}
