package deliver_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // Twilio's scheme
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.uber.org/goleak"

	"guestjourney/activities/options"
	"guestjourney/internal/codec"
	"guestjourney/internal/devserver"
	"guestjourney/internal/identity"
	"guestjourney/internal/inbox"
	"guestjourney/internal/temporalclient"
	"guestjourney/webhookproxy/deliver"
	"guestjourney/webhookproxy/forward"
	"guestjourney/webhookproxy/gateway"
	"guestjourney/webhookproxy/parcel"
	"guestjourney/webhookproxy/providers"
	inboundevent "guestjourney/workflows/inbox"
	"guestjourney/workflows/kit"
	"guestjourney/workflows/payment"
	"guestjourney/workflows/profile"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	secret    = "whsec_test"
	publicURL = "https://hooks.example.com"
	canary    = "canary words of a guest"
)

// identityKey makes the claims' IDs.
var identityKey = bytes.Repeat([]byte{1}, 32)

// keys is the ring that the proxy seals with.
func keys(t *testing.T) *codec.Ring {
	t.Helper()
	ring, err := codec.ParseRing("k1:" + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, codec.KeySize)))
	require.NoError(t, err)
	return ring
}

// dial connects as the proxy does.
func dial(t *testing.T, server *devserver.Server) client.Client {
	t.Helper()
	c, err := temporalclient.Dial(t.Context(), temporalclient.Options{
		Program: "webhookproxy", Keys: keys(t), RequireKeys: true, Lazy: true, Address: server.HostPort, Namespace: devserver.Namespace,
	})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}

// signing gives Stripe, Twilio and Vapi a secret.
func signing(secret string) providers.Secrets {
	return func(variable string) []string {
		switch variable {
		case "STRIPE_WEBHOOK_SECRETS", "TWILIO_AUTH_TOKEN", "VAPI_LEGACY_SECRETS":
			return []string{secret}
		}
		return nil
	}
}

// house is a proxy as main makes it: a gateway, an inbox, and who empties it.
type house struct {
	*httptest.Server
	inbox inbox.Store
}

// proxy is a new one without any memory, as after the loss of its disk.
func proxy(t *testing.T, c client.Client, budget time.Duration) house {
	t.Helper()
	declared, err := providers.All(providers.Config{
		Secrets: signing(secret), IdentityKey: identityKey,
		Assistants: providers.Assistants{ByLanguage: map[string]string{"en": "asst-en", "es": "asst-es"}, Default: "asst-any"},
	})
	require.NoError(t, err)
	for i := range declared {
		declared[i].Budget = budget
	}
	sealing, err := codec.New(keys(t))
	require.NoError(t, err)
	store, err := inbox.Open(t.Context(), inbox.Config{Path: filepath.Join(t.TempDir(), "inbox.db"), Codec: sealing})
	require.NoError(t, err)
	registry, logger, signaller := prometheus.NewRegistry(), slog.New(slog.DiscardHandler), deliver.New(c)
	forwarder := forward.New(forward.Config{Inbox: store, Signaller: signaller, Logger: logger, Registry: registry, Look: 50 * time.Millisecond})
	webhooks := gateway.New(gateway.Config{
		Providers: declared, Signaller: signaller, Asker: signaller, Inbox: store, Wake: forwarder.Wake, Logger: logger, Registry: registry, PublicURL: publicURL,
	})
	ctx, cancel := context.WithCancel(t.Context())
	var working sync.WaitGroup
	working.Go(func() { forwarder.Run(ctx) })
	working.Go(func() { webhooks.Run(ctx) })
	server := httptest.NewServer(webhooks)
	t.Cleanup(func() {
		server.Close()
		cancel()
		working.Wait()
		require.NoError(t, store.Close())
	})
	return house{Server: server, inbox: store}
}

// emptied waits until nothing is in the inbox any more.
func (h house) emptied(t *testing.T) {
	t.Helper()
	require.Eventually(t, func() bool {
		stats, err := h.inbox.Stats(t.Context())
		return err == nil && stats.Waiting == 0 && stats.Dead == 0
	}, 60*time.Second, 20*time.Millisecond, "the inbox is not emptied")
}

func post(t *testing.T, to house, path string, header http.Header, body string) (int, http.Header, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, to.URL+path, strings.NewReader(body))
	require.NoError(t, err)
	request.Header = header
	response, err := to.Client().Do(request)
	require.NoError(t, err)
	defer response.Body.Close() //nolint:errcheck // read to its end
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, response.Header, string(text)
}

func stripe(t *testing.T, to house, event, workflow string) (int, http.Header, string) {
	t.Helper()
	body := `{"id":"` + event + `","type":"payment_intent.succeeded","created":1803978000,"data":{"object":{"id":"pi_1","metadata":{"workflowId":"` + workflow + `"}}}}`
	stamp := fmt.Sprint(time.Now().Unix())
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(stamp + "." + body))
	return post(t, to, "/webhooks/stripe", http.Header{"Stripe-Signature": {"t=" + stamp + ",v1=" + hex.EncodeToString(mac.Sum(nil))}}, body)
}

func text(t *testing.T, to house, sid string) (int, http.Header, string) {
	t.Helper()
	form := url.Values{"AccountSid": {"AC0123456789abcdef0123456789abcdef"}, "Body": {canary}, "From": {"+525512345678"}, "MessageSid": {sid}}
	mac := hmac.New(sha1.New, []byte(secret))
	mac.Write([]byte(publicURL + "/webhooks/twilio/inbound"))
	for _, key := range []string{"AccountSid", "Body", "From", "MessageSid"} {
		mac.Write([]byte(key + form.Get(key)))
	}
	return post(t, to, "/webhooks/twilio/inbound", http.Header{"X-Twilio-Signature": {base64.StdEncoding.EncodeToString(mac.Sum(nil))}}, form.Encode())
}

// open starts a workflow that nobody works on: its history holds what arrives.
func open(t *testing.T, c client.Client, id string) {
	t.Helper()
	_, err := c.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: id, TaskQueue: "nobody"}, payment.Type, payment.Input{GuestRef: "g"})
	require.NoError(t, err)
}

// signals are those in a workflow's history.
func signals(t *testing.T, c client.Client, id string) []*historypb.WorkflowExecutionSignaledEventAttributes {
	t.Helper()
	var found []*historypb.WorkflowExecutionSignaledEventAttributes
	events := c.GetWorkflowHistory(t.Context(), id, "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		event, err := events.Next()
		require.NoError(t, err)
		if attributes := event.GetWorkflowExecutionSignaledEventAttributes(); attributes != nil {
			found = append(found, attributes)
		}
	}
	return found
}

func decode(t *testing.T, payloads *commonpb.Payloads) kit.Fact {
	t.Helper()
	var fact kit.Fact
	require.NoError(t, temporalclient.DataConverter(keys(t)).FromPayloads(payloads, &fact))
	return fact
}

func TestDuplicateWebhooksAreOneSignal(t *testing.T) {
	server := devserver.Start(t)
	c := dial(t, server)
	open(t, c, "pay/p1")

	// Every post finds a proxy that remembers nothing: the server alone tells
	// the repeats.
	var posts sync.WaitGroup
	statuses := make([]int, 20)
	for i := range statuses {
		to := proxy(t, c, 8*time.Second)
		posts.Go(func() { statuses[i], _, _ = stripe(t, to, "evt_1", "pay/p1") })
	}
	posts.Wait()
	for _, status := range statuses {
		require.Equal(t, http.StatusOK, status)
	}
	found := signals(t, c, "pay/p1")
	require.Len(t, found, 1)
	require.Equal(t, kit.SignalPayment, found[0].GetSignalName())
	require.Equal(t, kit.Fact{
		ID: "evt_1", Provider: "stripe", Type: "payment_intent.succeeded", Object: "pi_1", OccurredAt: time.Unix(1803978000, 0).UTC(),
	}, decode(t, found[0].GetInput()))

	status, _, _ := stripe(t, proxy(t, c, 8*time.Second), "evt_2", "pay/p1")
	require.Equal(t, http.StatusOK, status)
	require.Len(t, signals(t, c, "pay/p1"), 2, "another event is another signal")
}

func TestSignalWithStartTwiceIsOneSignal(t *testing.T) {
	server := devserver.Start(t)
	c := dial(t, server)
	const sid = "SM0123456789abcdef0123456789abcdef"
	canonical, err := identity.Phone("", "+525512345678")
	require.NoError(t, err)
	claim := identity.ClaimID(identityKey, identity.KindPhone, canonical)
	for range 2 {
		status, _, body := text(t, proxy(t, c, 8*time.Second), sid)
		require.Equal(t, http.StatusOK, status)
		require.Equal(t, "<Response/>", body)
	}
	found := signals(t, c, claim)
	require.Len(t, found, 1)
	require.Equal(t, canary, decode(t, found[0].GetInput()).Data["body"])
	about, err := c.DescribeWorkflowExecution(t.Context(), claim, "")
	require.NoError(t, err)
	require.Equal(t, profile.ClaimType, about.GetWorkflowExecutionInfo().GetType().GetName())
	require.Equal(t, options.QueueJourneys, about.GetWorkflowExecutionInfo().GetTaskQueue())

	status, _, _ := text(t, proxy(t, c, 8*time.Second), "SM0123456789abcdef0123456789abcdee")
	require.Equal(t, http.StatusOK, status)
	require.Len(t, signals(t, c, claim), 2)
	require.Equal(t, 1, runs(t, c), "both are in one claim")
	require.NotContains(t, history(t, c, claim), canary)
	require.NotContains(t, history(t, c, claim), "5512345678")
}

// history is everything that Temporal stores of a workflow, as text.
func history(t *testing.T, c client.Client, id string) string {
	t.Helper()
	var all strings.Builder
	events := c.GetWorkflowHistory(t.Context(), id, "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		event, err := events.Next()
		require.NoError(t, err)
		all.WriteString(event.String())
	}
	require.Contains(t, all.String(), kit.SignalMessageIn)
	return all.String()
}

// runs counts the runs in the namespace.
func runs(t *testing.T, c client.Client) int {
	t.Helper()
	var found int
	require.Eventually(t, func() bool {
		counted, err := c.CountWorkflow(t.Context(), &workflowservice.CountWorkflowExecutionsRequest{})
		found = int(counted.GetCount())
		return err == nil && found > 0
	}, 30*time.Second, 20*time.Millisecond, "visibility shows nothing")
	return found
}

// An event without a workflow is an InboundEvent: one, however often it comes.
func TestAnEventWithoutAWorkflowIsAnInboundEvent(t *testing.T) {
	server := devserver.Start(t)
	c := dial(t, server)
	open(t, c, "pay/closed")
	require.NoError(t, c.TerminateWorkflow(t.Context(), "pay/closed", "", "over"))
	for _, workflow := range []string{"pay/nobody", "pay/closed"} {
		event := "evt_" + strings.TrimPrefix(workflow, "pay/")
		for range 2 {
			status, _, body := stripe(t, proxy(t, c, 8*time.Second), event, workflow)
			require.Equal(t, http.StatusOK, status)
			require.JSONEq(t, `{"status":"unrouted"}`, body)
		}
		id := inboundevent.ID("stripe", parcel.KeyOf("stripe", "", event).String())
		about, err := c.DescribeWorkflowExecution(t.Context(), id, "")
		require.NoError(t, err)
		require.Equal(t, inboundevent.Type, about.GetWorkflowExecutionInfo().GetType().GetName())
		require.Equal(t, options.QueueJourneys, about.GetWorkflowExecutionInfo().GetTaskQueue())
		started := c.GetWorkflowHistory(t.Context(), id, "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
		first, err := started.Next()
		require.NoError(t, err)
		var input inboundevent.Input
		require.NoError(t, temporalclient.DataConverter(keys(t)).FromPayloads(first.GetWorkflowExecutionStartedEventAttributes().GetInput(), &input))
		require.Empty(t, input.Problems(), "the workflow takes it")
		require.Equal(t, workflow, input.Target)
		require.Equal(t, event, input.Fact.ID)
	}
}

// A workflow ID that looks like a phone number may not be shown, so the event
// cannot become an InboundEvent: it is a dead letter, and not a workflow that
// fails with the event inside.
func TestAnEventThatCannotBeAnInboundEventIsADeadLetter(t *testing.T) {
	server := devserver.Start(t)
	to := proxy(t, dial(t, server), 8*time.Second)
	status, _, body := stripe(t, to, "evt_1", "pay/+525512345678")
	require.Equal(t, http.StatusOK, status)
	require.JSONEq(t, `{"status":"stored"}`, body)
	require.Eventually(t, func() bool {
		stats, err := to.inbox.Stats(t.Context())
		return err == nil && stats.Dead == 1 && stats.Providers[0].Reasons["unfit"] == 1
	}, 30*time.Second, 20*time.Millisecond)
}

// Who closed is told from who never was: a report that a mail has arrived is for
// nobody then.
func TestAClosedWorkflowIsToldFromOneThatNeverWas(t *testing.T) {
	server := devserver.Start(t)
	c := dial(t, server)
	open(t, c, "journey/closed")
	require.NoError(t, c.TerminateWorkflow(t.Context(), "journey/closed", "", "over"))
	signal := func(id string) error {
		return deliver.New(c).Signal(t.Context(), "id", providers.Signal{WorkflowID: id, Name: kit.SignalEmail})
	}
	require.ErrorIs(t, signal("journey/closed"), gateway.ErrClosed)
	require.ErrorIs(t, signal("journey/never"), gateway.ErrNoWorkflow)
	require.NotErrorIs(t, signal("journey/never"), gateway.ErrClosed)
}

// More than a hundred events without a workflow would hide each other: the rest
// waits in the inbox.
func TestTooManyUnroutedAreKeptBack(t *testing.T) {
	server := devserver.Start(t)
	c := dial(t, server)
	to := proxy(t, c, 8*time.Second)
	said := map[string]int{}
	for i := range 103 {
		status, _, body := stripe(t, to, fmt.Sprint("evt_", i), fmt.Sprint("pay/", i))
		require.Equal(t, http.StatusOK, status)
		said[strings.TrimSpace(body)]++
	}
	require.Equal(t, map[string]int{`{"status":"unrouted"}`: 100, `{"status":"stored"}`: 3}, said)
	require.Eventually(t, func() bool {
		stats, err := to.inbox.Stats(t.Context())
		return err == nil && stats.Waiting == 3 && stats.Providers[0].Reasons["too_many_unrouted"] == 3
	}, 30*time.Second, 20*time.Millisecond)
	status, _, body := text(t, to, "SM0123456789abcdef0123456789abcdef")
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, "<Response/>", body, "other events go on")
}

// While Temporal is away events are kept, each once, and arrive in order as soon
// as it is back: nobody has to send them again.
func TestTemporalDown(t *testing.T) {
	file := filepath.Join(t.TempDir(), "temporal.db")
	first := devserver.StartWith(t, devserver.Settings{File: file})
	c := dial(t, first)
	open(t, c, "pay/p1")
	to := proxy(t, c, time.Second)
	status, _, _ := stripe(t, to, "evt_1", "pay/p1")
	require.Equal(t, http.StatusOK, status)
	require.NoError(t, first.Stop())

	begun := time.Now()
	for _, event := range []string{"evt_2", "evt_3", "evt_2"} {
		status, _, _ := stripe(t, to, event, "pay/p1")
		require.Equal(t, http.StatusOK, status)
	}
	require.Less(t, time.Since(begun), 5*time.Second, "the budget holds")
	require.Equal(t, http.StatusOK, get(t, to, "/readyz"), "it can keep what comes")

	second := devserver.StartWith(t, devserver.Settings{File: file, HostPort: first.HostPort})
	to.emptied(t)
	again := dial(t, second)
	status, _, _ = stripe(t, to, "evt_2", "pay/p1")
	require.Equal(t, http.StatusOK, status)
	var arrived []string
	for _, signal := range signals(t, again, "pay/p1") {
		arrived = append(arrived, decode(t, signal.GetInput()).ID)
	}
	require.Equal(t, []string{"evt_1", "evt_2", "evt_3"}, arrived)
}

func get(t *testing.T, to house, path string) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, to.URL+path, nil)
	require.NoError(t, err)
	response, err := to.Client().Do(request)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	return response.StatusCode
}

// Two limits of size have codes that look like something else: the server's of
// a payload, lowered here, and gRPC's of a message.
func TestTooLarge(t *testing.T) {
	server := devserver.StartWith(t, devserver.Settings{ExtraArgs: []string{
		"--dynamic-config-value", "limit.blobSize.error=10000", "--dynamic-config-value", "limit.blobSize.warn=5000",
	}})
	c := server.Client()
	open(t, c, "pay/p1")
	for _, size := range []int{20 << 10, 5 << 20} {
		signal := providers.Signal{WorkflowID: "pay/p1", Name: kit.SignalPayment, Fact: kit.Fact{Data: map[string]string{"x": strings.Repeat("x", size)}}}
		err := deliver.New(c).Signal(t.Context(), "id", signal)
		require.ErrorIs(t, err, gateway.ErrTooLarge, "%d bytes", size)
		signal.Start = &providers.Start{WorkflowType: profile.ClaimType, TaskQueue: "nobody", Input: profile.ClaimInput{Kind: profile.KindPhone}}
		err = deliver.New(c).Signal(t.Context(), "id", signal)
		require.ErrorIs(t, err, gateway.ErrTooLarge, "%d bytes", size)
	}
}

// A server that is too busy is not too small: its refusal is worth another try.
func TestBusyIsNotTooLarge(t *testing.T) {
	signaller := deliver.New(refusing{err: serviceerror.NewResourceExhausted(enumspb.RESOURCE_EXHAUSTED_CAUSE_RPS_LIMIT, "namespace rate limit exceeded: "+canary)})
	err := signaller.Signal(t.Context(), "id", providers.Signal{WorkflowID: "pay/p1"})
	require.ErrorIs(t, err, gateway.ErrUnavailable)
	require.NotErrorIs(t, err, gateway.ErrTooLarge)
	require.NotContains(t, err.Error(), canary, "Temporal's own words are not passed on")
}

// refusing is a client of which every signal fails.
type refusing struct {
	client.Client
	err error
}

func (r refusing) SignalWorkflow(context.Context, string, string, string, any) error { return r.err }
