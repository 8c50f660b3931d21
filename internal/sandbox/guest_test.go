package sandbox_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"guestjourney/internal/sandbox"
)

type guestEvent struct {
	JourneyID  string
	OccurredAt string
	Data       map[string]string
}

// guestEvents verifies the guest's webhooks with the official library and
// returns them by kind.
func (w *world) guestEvents(n int) map[string]guestEvent {
	w.Helper()
	verifier, err := standardwebhooks.NewWebhook(w.secrets.GuestSecret)
	require.NoError(w, err)
	found := map[string]guestEvent{}
	for _, got := range w.await("/webhooks/guest/", n) {
		require.NoError(w, verifier.Verify([]byte(got.body), got.header))
		require.Error(w, verifier.Verify([]byte(got.body+" "), got.header))
		var event guestEvent
		require.NoError(w, json.Unmarshal([]byte(got.body), &event))
		assert.NotEmpty(w, event.OccurredAt)
		found[strings.TrimPrefix(got.path, "/webhooks/guest/")] = event
	}
	return found
}

// browse fetches a page, or posts a form to it.
func (w *world) browse(path string, form url.Values) (int, string) {
	w.Helper()
	if form == nil {
		return w.call(http.MethodGet, path, "", "")
	}
	request, err := http.NewRequestWithContext(context.Background(), http.MethodPost, w.base+path, strings.NewReader(form.Encode()))
	require.NoError(w, err)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return w.do(request)
}

func TestGuestFillsInTheIntakePage(t *testing.T) {
	w := start(t)
	status, body := w.browse("/pages/intake/j1", nil)
	assert.Equal(t, http.StatusOK, status)
	assert.Contains(t, body, `<label for="arrival">`)
	assert.Contains(t, body, `lang="en"`)
	status, body = w.browse("/pages/intake/j1", url.Values{"arrival": {"tomorrow"}, "consent": {"yes"}})
	assert.Equal(t, http.StatusUnprocessableEntity, status)
	assert.Contains(t, body, `role="alert"`)
	assert.Empty(t, w.Webhooks("guest"))

	status, _ = w.browse("/pages/intake/j1", url.Values{"arrival": {"2027-03-02T15:00"}, "consent": {"yes"}})
	assert.Equal(t, http.StatusOK, status)
	events := w.guestEvents(2)
	assert.Equal(t, "journey/j1", events["intake"].JourneyID)
	assert.Equal(t, "2027-03-02T15:00:00", events["intake"].Data["arrival"])
	assert.Equal(t, "true", events["consent"].Data["granted"])
}

func TestGuestMayConsentLater(t *testing.T) {
	w := start(t)
	status, _ := w.browse("/pages/intake/j1", url.Values{"arrival": {"2027-03-02T15:00"}})
	assert.Equal(t, http.StatusOK, status)
	assert.NotContains(t, w.guestEvents(1), "consent")
	status, _ = w.browse("/pages/consent/j1", url.Values{})
	assert.Equal(t, http.StatusUnprocessableEntity, status)
	status, _ = w.browse("/pages/consent/j1", url.Values{"consent": {"no"}})
	assert.Equal(t, http.StatusOK, status)
	consent := w.guestEvents(2)["consent"]
	assert.Equal(t, "health_data", consent.Data["purpose"])
	assert.Equal(t, "false", consent.Data["granted"])
}

func TestGuestFillsInTheQuestionnaire(t *testing.T) {
	w := start(t)
	status, _ := w.browse("/pages/health/j1", url.Values{"answers": {"canary"}})
	assert.Equal(t, http.StatusUnprocessableEntity, status)
	status, _ = w.browse("/pages/health/j1", url.Values{"answers": {"canary"}, "truthful": {"yes"}})
	assert.Equal(t, http.StatusOK, status)
	form := w.guestEvents(1)["health_form"]
	assert.Equal(t, "true", form.Data["complete"])
	assert.NotEmpty(t, form.Data["ref"])
	assert.NotContains(t, w.Webhooks("guest")[0].Body, "canary", "the answers stay where they were given")
}

func TestGuestAnswersOnTheOfferPage(t *testing.T) {
	w := start(t)
	for _, form := range []url.Values{{"answer": {"accepted"}}, {"policy": {"yes"}}, {"answer": {"perhaps"}, "policy": {"yes"}}} {
		status, _ := w.browse("/pages/offer/j1", form)
		assert.Equal(t, http.StatusUnprocessableEntity, status)
	}
	assert.Empty(t, w.Webhooks("guest"))
	status, _ := w.browse("/pages/offer/j1", url.Values{"answer": {"accepted"}, "policy": {"yes"}})
	assert.Equal(t, http.StatusOK, status)
	events := w.guestEvents(2)
	assert.Equal(t, "accepted", events["offer_answer"].Data["answer"])
	assert.NotEmpty(t, events["policy_accepted"].Data["version"])
	assert.Equal(t, "127.0.0.1", events["policy_accepted"].Data["ip"])

	status, _ = w.browse("/pages/offer/j2", url.Values{"answer": {"declined"}})
	assert.Equal(t, http.StatusOK, status)
	w.await("/webhooks/guest/offer_answer", 2)
	assert.Len(t, w.proxy.at("/webhooks/guest/policy_accepted"), 1)
}

func TestGuestPaysOnThePage(t *testing.T) {
	w := start(t)
	session := w.session(w.customer().ID, "k")
	path := strings.TrimPrefix(session.URL, w.base)
	status, body := w.browse(path, nil)
	assert.Equal(t, http.StatusOK, status)
	assert.Contains(t, body, "$500.00")
	assert.Contains(t, body, "Deposit")
	status, body = w.browse(path, url.Values{"action": {"decline"}})
	assert.Equal(t, http.StatusPaymentRequired, status)
	assert.Contains(t, body, "declined")
	status, body = w.browse(path, url.Values{"action": {"authenticate"}})
	assert.Equal(t, http.StatusOK, status)
	assert.Contains(t, body, "confirm")
	status, _ = w.browse(path, url.Values{"action": {"nothing"}})
	assert.Equal(t, http.StatusUnprocessableEntity, status)
	status, body = w.browse(path, url.Values{"action": {"pay"}})
	assert.Equal(t, http.StatusOK, status)
	assert.Contains(t, body, "Your payment is complete")
	assert.Contains(t, body, "https://example.com/thanks")
	assert.Contains(t, w.stripeEvents(3), "checkout.session.completed")

	other := w.session(session.Customer.ID, "other")
	require.NoError(t, w.Expire(other.ID))
	status, _ = w.browse("/pages/pay/"+other.ID, nil)
	assert.Equal(t, http.StatusGone, status)
	for _, path := range []string{"/pages/pay/cs_none", "/pages/elsewhere"} {
		status, _ = w.browse(path, nil)
		assert.Equal(t, http.StatusNotFound, status)
	}
}

func TestPagesEscapeWhatTheyShow(t *testing.T) {
	w := start(t)
	params := checkout(w.customer().ID, "k")
	label := "<script>alert(1)</script>"
	params.LineItems[0].PriceData.ProductData.Name = &label
	session, err := w.stripe().CheckoutSessions.New(params)
	require.NoError(t, err)
	_, body := w.browse("/pages/pay/"+session.ID, nil)
	assert.NotContains(t, body, "<script>")
	assert.Contains(t, body, "&lt;script&gt;")
}

func TestControlDoesWhatAGuestDoes(t *testing.T) {
	w := start(t)
	session := w.session(w.customer().ID, "k")
	act := func(name, body string) (int, string) { return w.call("POST", "/control/"+name, "", body) }
	for name, body := range map[string]string{
		"intake": `{"journeyId":"journey/j1","arrival":"2027-03-02T15:00:00"}`, "consent": `{"journeyId":"j1","purpose":"stay","granted":true,"version":"1"}`,
		"policy": `{"journeyId":"j1","version":"1","ip":"192.0.2.1"}`, "answer": `{"journeyId":"j1","answer":"accepted"}`,
		"reply": `{"from":"+15005550010","body":"hello"}`, "contacts": `{"properties":{"email":"bea@example.com"}}`,
		"outcome": `{"customerId":"","outcome":"declined"}`, "pay": `{"sessionId":"` + session.ID + `"}`,
	} {
		status, answer := act(name, body)
		assert.Equal(t, http.StatusOK, status, "%s: %s", name, answer)
		assert.Contains(t, answer, `"result":`)
	}
	assert.Len(t, w.guestEvents(4), 4)
	status, _ := act("pay", `{"sessionId":"`+session.ID+`"}`)
	assert.Equal(t, http.StatusConflict, status)
	status, _ = act("pay", `{"sessionId":"cs_none"}`)
	assert.Equal(t, http.StatusNotFound, status)
	status, answer := act("pay", `{"session":"x"}`)
	assert.Equal(t, http.StatusBadRequest, status)
	assert.Contains(t, answer, "unknown field")
	status, _ = act("reply", `{"from":"nobody","body":"x"}`)
	assert.Equal(t, http.StatusBadRequest, status)

	for path, want := range map[string]string{
		"/healthz": `"ok"`, "/control/messages": `[]`, "/control/sessions": session.ID, "/control/crm/contacts": "bea@example.com", "/control/events": `[]`,
		"/journal?provider=stripe&operation=checkout.sessions.create": `"effectKey":"k"`, "/journal/effects": `"k":1`, "/webhooks?provider=guest": `"type":"intake"`, "/faults": `[]`,
	} {
		status, body := w.call("GET", path, "", "")
		assert.Equal(t, http.StatusOK, status, path)
		assert.Contains(t, body, want, path)
	}
	_, err := w.GuestEvent("a/b", "j1", nil)
	require.Error(t, err)
	_, err = w.SubmitIntake("", "2027-03-02T15:00:00")
	require.Error(t, err)
	require.ErrorIs(t, w.Expire("cs_none"), sandbox.ErrNotFound)
}
