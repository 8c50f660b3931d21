package sandbox_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"guestjourney/internal/sandbox"
)

func TestWebhookIsSentAgainUntilItIsTaken(t *testing.T) {
	w := start(t)
	w.proxy.answer(func(_ hook, count int) int {
		if count <= 3 {
			return http.StatusServiceUnavailable
		}
		return http.StatusOK
	})
	id, err := w.AnswerOffer("j1", "accepted")
	require.NoError(t, err)
	hooks := w.await("/webhooks/guest/offer_answer", 4)
	w.settled()
	for _, got := range hooks {
		assert.Equal(t, id, got.header.Get("Webhook-Id"), "the same event")
	}
	record := w.Webhooks("guest")[0]
	assert.Equal(t, sandbox.WebhookDelivered, record.State)
	assert.Equal(t, 4, record.Attempts)
	assert.Equal(t, http.StatusOK, record.Status)
	assert.Equal(t, id, record.EventID)
}

func TestWebhookIsGivenUpInTheEnd(t *testing.T) {
	w := start(t, func(c *sandbox.Config) { c.Webhooks.Attempts = 3 })
	w.proxy.answer(func(hook, int) int { return http.StatusFound }) // a redirect is no success
	_, err := w.AnswerOffer("j1", "accepted")
	require.NoError(t, err)
	w.settled()
	record := w.Webhooks("")[0]
	assert.Equal(t, sandbox.WebhookFailed, record.State)
	assert.Equal(t, 3, record.Attempts)
	assert.Equal(t, http.StatusFound, record.Status)
	assert.Len(t, w.proxy.at("/"), 3)
}

func TestWebhooksAreDuplicated(t *testing.T) {
	w := start(t)
	status, _ := w.call("POST", "/webhooks/options", "", `{"duplicates":2}`)
	require.Equal(t, http.StatusOK, status)
	id, err := w.AnswerOffer("j1", "accepted")
	require.NoError(t, err)
	for _, got := range w.await("/webhooks/guest/", 3) {
		assert.Equal(t, id, got.header.Get("Webhook-Id"))
	}
	w.settled()
	assert.Len(t, w.proxy.at("/webhooks/guest/"), 3)
}

func TestWebhooksWaitWhilePausedAndComeReversed(t *testing.T) {
	w := start(t, func(c *sandbox.Config) { c.Webhooks.Parallel = 1 })
	w.SetDelivery(sandbox.DeliveryOptions{Paused: true, Reverse: true})
	var ids []string
	for range 3 {
		id, err := w.AnswerOffer("j1", "accepted")
		require.NoError(t, err)
		ids = append(ids, id)
	}
	for _, record := range w.Webhooks("") {
		assert.Equal(t, sandbox.WebhookPending, record.State)
		assert.Zero(t, record.Attempts)
	}
	w.SetDelivery(sandbox.DeliveryOptions{Reverse: true})
	var got []string
	for _, arrived := range w.await("/webhooks/guest/", 3) {
		got = append(got, arrived.header.Get("Webhook-Id"))
	}
	assert.Equal(t, []string{ids[2], ids[1], ids[0]}, got)
}

func TestWebhooksAreDelayed(t *testing.T) {
	clock := newClock()
	w := start(t, func(c *sandbox.Config) { c.Clock = clock.now })
	w.SetDelivery(sandbox.DeliveryOptions{Delay: time.Hour})
	_, err := w.AnswerOffer("late", "accepted")
	require.NoError(t, err)
	w.SetDelivery(sandbox.DeliveryOptions{})
	_, err = w.AnswerOffer("soon", "accepted")
	require.NoError(t, err)
	assert.Contains(t, w.await("/webhooks/guest/", 1)[0].body, "journey/soon")
	clock.advance(2 * time.Hour)
	assert.Contains(t, w.await("/webhooks/guest/", 2)[1].body, "journey/late")
}

func TestWebhooksWaitForAProxy(t *testing.T) {
	w := start(t, func(c *sandbox.Config) { c.ProxyURL = "" })
	_, err := w.AnswerOffer("j1", "accepted")
	require.NoError(t, err)
	assert.Equal(t, sandbox.WebhookPending, w.Webhooks("")[0].State)
	require.NoError(t, w.SetProxyURL(w.proxy.URL+"/"))
	w.await("/webhooks/guest/offer_answer", 1)
	require.Error(t, w.SetProxyURL("nowhere"))
}
