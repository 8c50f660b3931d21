package gateway_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"guestjourney/internal/inbox"
	"guestjourney/internal/verify"
	"guestjourney/webhookproxy/gateway"
	"guestjourney/webhookproxy/providers"
	"guestjourney/webhookproxy/providers/samples"
	"guestjourney/workflows/kit"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The way of one event of every provider.
func TestEveryProviderReachesItsWorkflow(t *testing.T) {
	s := newStage(t)
	inbound := url.Values{"MessageSid": {messageSID}, "AccountSid": {accountSID}, "From": {"+525512345678"}, "Body": {"STOP"}}
	status := url.Values{"MessageSid": {messageSID}, "AccountSid": {accountSID}, "MessageStatus": {"delivered"}}
	for _, test := range []struct {
		name, target, signal string
		reply                reply
		starts               bool
	}{
		{"stripe", "pay/p1", kit.SignalPayment, s.stripe(paid("evt_1", "pay/p1")), false},
		{"hubspot", "claim/hubspot/42/contact/7", kit.SignalContact, s.hubSpot(`[{"eventId":1,"portalId":42,"objectId":7,"subscriptionType":"contact.creation"}]`), true},
		{"twilio status", "appt/a1", kit.SignalMessageStatus, s.twilio("/webhooks/twilio/status?workflow=appt%2Fa1&op=1", status), false},
		{"sendgrid", "journey/j1", kit.SignalEmail, s.sendGridPost(`[{"event":"bounce","sg_event_id":"e1","workflowId":"journey/j1"}]` + "\r\n"), false},
		{"guest", "journey/j1", kit.SignalGuest, s.guest("offer_answer", "msg_1", `{"journeyId":"journey/j1","occurredAt":"2027-03-02T09:00:00Z","data":{"answer":"accepted"}}`), false},
	} {
		require.Equal(t, http.StatusOK, test.reply.status, test.name)
		require.JSONEq(t, `{"status":"accepted"}`, test.reply.body, test.name)
		calls := s.port.got()
		found := false
		for _, call := range calls {
			if call.signal.WorkflowID == test.target && call.signal.Name == test.signal {
				found = true
				require.Equal(t, test.starts, call.signal.Start != nil, test.name)
			}
		}
		require.True(t, found, "%s did not reach %s", test.name, test.target)
	}
	answered := s.twilio("/webhooks/twilio/inbound", inbound)
	require.Equal(t, http.StatusOK, answered.status)
	require.Equal(t, "<Response/>", answered.body)
	require.Equal(t, "text/xml; charset=utf-8", answered.header.Get("Content-Type"))
	calls := s.port.got()
	last := calls[len(calls)-1].signal
	require.True(t, strings.HasPrefix(last.WorkflowID, "claim/phone/"), last.WorkflowID)
	require.NotNil(t, last.Start)
	require.Equal(t, "STOP", last.Fact.Data["body"])
	require.Contains(t, s.scrape(), `guestjourney_webhook_verified_total{key="`+verify.KeyID(secret)+`",provider="stripe"} 1`)
}

func TestStatusTable(t *testing.T) {
	s := newStage(t)
	good := paid("evt_1", "pay/p1")
	signedStripe := func(body string) http.Header {
		stamp := fmt.Sprint(start.Unix())
		return set("Stripe-Signature", "t="+stamp+",v1="+fmt.Sprintf("%x", mac(stamp, ".", body)))
	}
	with := func(header http.Header, name, value string) http.Header {
		header.Set(name, value)
		return header
	}
	for name, test := range map[string]struct {
		reply  reply
		status int
		said   string
	}{
		"nobody acts on the type": {s.stripe(`{"id":"evt_2","type":"invoice.paid"}`), 200, "ignored"},
		"not ours":                {s.stripe(paid("evt_3", "")), 200, "foreign"},
		"an empty batch":          {s.hubSpot(`[]`), 200, "ignored"},
		"malformed":               {s.stripe(`{`), 200, "dead"},
		"no signature":            {s.post("/webhooks/stripe", nil, good), 401, "unauthorized"},
		"another body":            {s.post("/webhooks/stripe", signedStripe(good), good+" "), 401, "unauthorized"},
		"another provider's":      {s.post("/webhooks/hubspot", signedStripe(good), good), 401, "unauthorized"},
		"too large":               {s.post("/webhooks/stripe", nil, strings.Repeat("x", 256<<10+1)), 413, "too_large"},
		"too large, in chunks":    {s.do(http.MethodPost, "/webhooks/stripe", nil, io.MultiReader(strings.NewReader(strings.Repeat("x", 256<<10+1)))), 413, "too_large"},
		"encoded":                 {s.post("/webhooks/stripe", with(signedStripe(good), "Content-Encoding", "gzip"), good), 415, "unsupported_encoding"},
		"unknown path":            {s.post("/webhooks/unknown", nil, good), 404, "not_found"},
		"unknown kind":            {s.post("/webhooks/guest/other", nil, good), 404, "not_found"},
		"a slash too many":        {s.post("/webhooks/stripe/", signedStripe(good), good), 404, "not_found"},
		"a slash inside":          {s.post("//webhooks/stripe", signedStripe(good), good), 404, "not_found"},
		"method":                  {s.do(http.MethodGet, "/webhooks/stripe", nil, nil), 405, "method_not_allowed"},
		"put":                     {s.do(http.MethodPut, "/webhooks/stripe", signedStripe(good), strings.NewReader(good)), 405, "method_not_allowed"},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, test.status, test.reply.status)
			require.JSONEq(t, `{"status":"`+test.said+`"}`, test.reply.body)
		})
	}
	require.Empty(t, s.port.got(), "nothing of this may be signalled")
	identity := s.post("/webhooks/stripe", with(signedStripe(good), "Content-Encoding", "identity"), good)
	require.Equal(t, 200, identity.status)
	s.counted("stripe", "other", "ignored", 1)
	s.counted("stripe", "payment_intent.succeeded", "foreign", 1)
	s.counted("stripe", "", "bad_signature", 2)
	s.counted("stripe", "", "too_large", 2)
	require.NotContains(t, s.scrape(), "invoice.paid")
}

// Rules that fire at the first one (deploy/alerts.yml) ask for an increase, which a
// series that appears with it does not have.
func TestTheFirstOneThatAnAlertAsksForIsAnIncrease(t *testing.T) {
	s := newStage(t)
	for _, decision := range []string{"unavailable", "not_configured", "too_large"} {
		s.counted("twilio", "", decision, 0)
		s.counted("stripe", "", decision, 0)
	}
	for _, kind := range []string{"payment_intent.succeeded", "charge.refunded", "other"} {
		s.counted("stripe", kind, "unavailable", 0)
	}
	require.NotContains(t, s.scrape(), `decision="accepted"`, "the others come with their first")
}

// A body that is too large is not read to its end: its connection is closed.
func TestAConnectionWithTooMuchIsClosed(t *testing.T) {
	got := newStage(t).post("/webhooks/stripe", nil, strings.Repeat("x", 256<<10+1))
	require.Equal(t, 413, got.status)
	require.True(t, got.closed)
}

// Until a signature fits, nothing else happens: what is unsigned is neither read,
// looked up, kept, handed on nor asked of anybody, at any address.
func TestNothingHappensBeforeTheSignatureFits(t *testing.T) {
	var all []providers.Provider
	s := newStage(t, func(config *gateway.Config, declared *providers.Config) {
		var err error
		all, err = providers.All(*declared)
		require.NoError(t, err)
		for _, provider := range all {
			provider.Verifier.Set(refuses{})
			for i := range provider.Routes {
				route := &provider.Routes[i]
				route.Events = func(providers.Delivery) ([]providers.Event, error) {
					t.Errorf("%s is read", route.Path)
					return nil, nil
				}
				route.Handshake = func(context.Context, providers.Delivery) (*providers.Answer, error) {
					t.Errorf("%s shakes hands", route.Path)
					return nil, nil
				}
			}
		}
		config.Providers = all
	})
	for _, provider := range all {
		for _, route := range provider.Routes {
			for _, method := range append([]string{http.MethodPost}, route.Methods...) {
				address := strings.NewReplacer(":type", "Appointment", ":id", "a1").Replace(route.Path)
				if got := s.do(method, address, nil, strings.NewReader(`{"id":"canary"`)); got.status != 405 {
					require.Equal(t, 401, got.status, "%s %s", method, address)
				}
			}
		}
	}
	require.Empty(t, s.port.got())
	require.Zero(t, s.inbox.asked.Load(), "the inbox is not asked")
	entries, err := s.inbox.List(t.Context(), inbox.Filter{})
	require.NoError(t, err)
	require.Empty(t, entries)
	require.NotContains(t, s.logs.String(), "canary")
}

// refuses is a signature that never fits.
type refuses struct{}

func (refuses) Verify(verify.Message, time.Time) (verify.Match, error) {
	return verify.Match{}, verify.ErrSignature
}

func TestLargestBodyIsRead(t *testing.T) {
	s := newStage(t)
	body := `{"id":"evt_1","type":"x","pad":"` + strings.Repeat("x", 256<<10-34) + `"}`
	require.Len(t, body, 256<<10)
	require.Equal(t, 200, s.stripe(body).status)
}

func TestStale(t *testing.T) {
	s := newStage(t)
	stamp := fmt.Sprint(start.Add(-301 * time.Second).Unix())
	body := paid("evt_1", "pay/p1")
	got := s.post("/webhooks/stripe", set("Stripe-Signature", "t="+stamp+",v1="+fmt.Sprintf("%x", mac(stamp, ".", body))), body)
	require.Equal(t, 401, got.status)
	s.counted("stripe", "", "stale", 1)
}

func TestNotConfiguredIsNeverAccepted(t *testing.T) {
	s := newStage(t, func(_ *gateway.Config, declared *providers.Config) { *declared = providers.Config{} })
	for _, got := range []reply{
		s.stripe(paid("evt_1", "pay/p1")), s.hubSpot(`[]`), s.sendGridPost(`[]`), s.guest("intake", "msg_1", `{}`),
		s.twilio("/webhooks/twilio/inbound", url.Values{"From": {"+525512345678"}}), s.twilio("/webhooks/twilio/status", url.Values{}),
	} {
		require.Equal(t, 503, got.status)
		require.NotEmpty(t, got.header.Get("Retry-After"))
		require.JSONEq(t, `{"status":"unavailable"}`, got.body)
	}
	require.Empty(t, s.port.got())
	s.counted("stripe", "", "not_configured", 1)
}

// Twilio and HubSpot sign the address that they were told, so what a request
// says about its host counts for nothing.
func TestHostIsNotTrusted(t *testing.T) {
	s := newStage(t, func(config *gateway.Config, _ *providers.Config) { config.PublicURL = "https://other.example.com" })
	require.Equal(t, 401, s.hubSpot(`[]`).status)
	require.Equal(t, 401, s.twilio("/webhooks/twilio/status", url.Values{"MessageSid": {messageSID}}).status)
}

func TestQueryIsVerifiedByteByByte(t *testing.T) {
	s := newStage(t)
	status := url.Values{"MessageSid": {messageSID}, "AccountSid": {accountSID}, "MessageStatus": {"failed"}}
	require.Equal(t, 200, s.twilio("/webhooks/twilio/status?workflow=journey%2fj1&op=%7E", status).status)
	require.Equal(t, "journey/j1", s.port.got()[0].signal.WorkflowID)
}

func TestRepeatsAreOneSignal(t *testing.T) {
	s := newStage(t)
	require.JSONEq(t, `{"status":"accepted"}`, s.stripe(paid("evt_1", "pay/p1")).body)
	for range 5 {
		repeat := s.stripe(paid("evt_1", "pay/p1"))
		require.Equal(t, 200, repeat.status)
		require.JSONEq(t, `{"status":"duplicate"}`, repeat.body)
	}
	require.Len(t, s.port.got(), 1)
	require.Equal(t, 200, s.stripe(paid("evt_2", "pay/p1")).status)
	require.Len(t, s.port.got(), 2)
	s.counted("stripe", "payment_intent.succeeded", "duplicate", 5)
}

// Repeats that come while the first is under way wait for its result, and no
// second call is made.
func TestConcurrentRepeatsWaitForTheFirst(t *testing.T) {
	s := newStage(t)
	entered, leave := make(chan struct{}), make(chan struct{})
	s.port.set(func(context.Context, providers.Signal) error {
		close(entered)
		<-leave
		return nil
	})
	const repeats = 20
	replies := make([]reply, repeats)
	var posts sync.WaitGroup
	posts.Go(func() { replies[0] = s.stripe(paid("evt_1", "pay/p1")) })
	<-entered
	for i := 1; i < repeats; i++ {
		posts.Go(func() { replies[i] = s.stripe(paid("evt_1", "pay/p1")) })
	}
	require.Eventually(t, func() bool {
		return strings.Contains(s.scrape(), fmt.Sprintf(`guestjourney_webhook_verified_total{key="%s",provider="stripe"} %d`, verify.KeyID(secret), repeats))
	}, 30*time.Second, time.Millisecond)
	close(leave)
	posts.Wait()
	require.Len(t, s.port.got(), 1)
	said := map[string]int{}
	for _, got := range replies {
		require.Equal(t, 200, got.status)
		said[got.body]++
	}
	require.Equal(t, map[string]int{"{\"status\":\"accepted\"}\n": 1, "{\"status\":\"duplicate\"}\n": repeats - 1}, said)
}

// What Temporal does not take is kept, committed before the answer, and known
// when it comes again.
func TestWhatTemporalDoesNotTakeIsStored(t *testing.T) {
	for name, failure := range map[string]error{
		"unreachable":   fmt.Errorf("%w: Unavailable", gateway.ErrUnavailable),
		"unknown error": errors.New("anything"),
		"too large":     fmt.Errorf("%w: InvalidArgument", gateway.ErrTooLarge),
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			s.port.set(func(context.Context, providers.Signal) error { return failure })
			got := s.stripe(paid("evt_1", "pay/p1"))
			require.Equal(t, 200, got.status)
			require.JSONEq(t, `{"status":"stored"}`, got.body)
			s.counted("stripe", "payment_intent.succeeded", "stored", 1)

			kept := s.waiting()
			require.Len(t, kept, 1)
			require.Equal(t, s.port.got()[0].requestID, kept[0].RequestID, "it will be the same signal")
			require.Equal(t, "pay/p1", kept[0].WorkflowID)
			require.JSONEq(t, `{"status":"duplicate"}`, s.stripe(paid("evt_1", "pay/p1")).body)
			require.Len(t, s.port.got(), 1)
		})
	}
}

func TestWhatComesLaterWaitsBehindWhatIsStored(t *testing.T) {
	s := newStage(t)
	s.port.set(func(context.Context, providers.Signal) error { return gateway.ErrUnavailable })
	require.JSONEq(t, `{"status":"stored"}`, s.stripe(paid("evt_1", "pay/p1")).body)
	s.port.set(nil)
	require.JSONEq(t, `{"status":"stored"}`, s.stripe(paid("evt_2", "pay/p1")).body)
	require.JSONEq(t, `{"status":"accepted"}`, s.stripe(paid("evt_3", "pay/p2")).body, "another workflow need not wait")
	require.Len(t, s.port.got(), 2, "the second event of the first was not tried")
	require.Len(t, s.waiting(), 2)
}

func TestBothDownAsksTheSenderToComeAgain(t *testing.T) {
	s := newStage(t)
	s.inbox.broken.Store(true)
	s.port.set(func(context.Context, providers.Signal) error { return gateway.ErrUnavailable })
	got := s.stripe(paid("evt_1", "pay/p1"))
	require.Equal(t, 503, got.status)
	require.NotEmpty(t, got.header.Get("Retry-After"))
	s.counted("stripe", "payment_intent.succeeded", "unavailable", 1)

	// What was not made durable is not known; the repeat has the same ID.
	s.port.set(nil)
	require.JSONEq(t, `{"status":"accepted"}`, s.stripe(paid("evt_1", "pay/p1")).body, "Temporal alone is enough")
	calls := s.port.got()
	require.Len(t, calls, 2)
	require.Equal(t, calls[0], calls[1])
}

// An event without a workflow is given to somebody who looks for it.
func TestAnEventWithoutAWorkflowIsParked(t *testing.T) {
	s := newStage(t)
	s.port.set(func(context.Context, providers.Signal) error { return gateway.ErrNoWorkflow })
	require.JSONEq(t, `{"status":"unrouted"}`, s.stripe(paid("evt_1", "pay/p1")).body)
	require.JSONEq(t, `{"status":"duplicate"}`, s.stripe(paid("evt_1", "pay/p1")).body)
	require.Len(t, s.port.parked, 1)
	require.Equal(t, "pay/p1", s.port.parked[0].Signal.WorkflowID)
	require.Empty(t, s.waiting())

	s.port.park = gateway.ErrFull
	require.JSONEq(t, `{"status":"stored"}`, s.stripe(paid("evt_2", "pay/p1")).body, "what is too much is kept back")
	require.Len(t, s.waiting(), 1)
}

// What is verified and cannot be read is kept, once, for a person: whoever sent it
// would send the same again, and then never more.
func TestAVerifiedWebhookThatCannotBeReadIsADeadLetter(t *testing.T) {
	s := newStage(t)
	const canary = `{"id":"evt_1","id":"canary"}`
	for range 2 {
		got := s.stripe(canary)
		require.Equal(t, 200, got.status)
		require.JSONEq(t, `{"status":"dead"}`, got.body)
	}
	s.counted("stripe", "", "dead", 2)
	letters, err := s.inbox.List(t.Context(), inbox.Filter{State: inbox.Dead})
	require.NoError(t, err)
	require.Len(t, letters, 1)
	require.Equal(t, "malformed", letters[0].Reason)
	letter, err := s.inbox.Get(t.Context(), letters[0].Key)
	require.NoError(t, err)
	require.JSONEq(t, `{"method":"POST","route":"/webhooks/stripe","body":"`+encode([]byte(canary))+`"}`, string(letter.Payload))
	require.Contains(t, s.logs.String(), "has a key twice")
	require.NotContains(t, s.logs.String(), "canary")

	s.inbox.broken.Store(true)
	got := s.stripe(`{`)
	require.Equal(t, 503, got.status)
	require.NotEmpty(t, got.header.Get("Retry-After"))
}

func TestAReportForAClosedWorkflowIsMoot(t *testing.T) {
	s := newStage(t)
	s.port.set(func(context.Context, providers.Signal) error { return gateway.ErrClosed })
	report := `[{"event":"delivered","sg_event_id":"e1","workflowId":"journey/j1"}]`
	require.JSONEq(t, `{"status":"moot"}`, s.sendGridPost(report).body)
	require.JSONEq(t, `{"status":"duplicate"}`, s.sendGridPost(report).body)
	require.JSONEq(t, `{"status":"unrouted"}`, s.stripe(paid("evt_1", "pay/p1")).body, "money is never moot")
	require.Len(t, s.port.parked, 1)
}

func TestPanicBelowIsAnAnswer(t *testing.T) {
	s := newStage(t)
	s.port.set(func(context.Context, providers.Signal) error { panic("canary-panic") })
	require.Equal(t, 503, s.stripe(paid("evt_1", "pay/p1")).status)
	require.NotContains(t, s.logs.String(), "canary-panic")
}

func TestPanicInAHandlerIsAnAnswer(t *testing.T) {
	s := newStage(t, func(config *gateway.Config, declared *providers.Config) {
		all, err := providers.All(*declared)
		require.NoError(t, err)
		all[0].Routes[0].Events = func(providers.Delivery) ([]providers.Event, error) { panic("canary-panic") }
		config.Providers = all
	})
	got := s.stripe(paid("evt_1", "pay/p1"))
	require.Equal(t, 503, got.status)
	require.NotContains(t, s.logs.String()+got.body, "canary-panic")
	require.Contains(t, s.logs.String(), "panic in a webhook handler")
}

// The answer comes within the provider's budget, whatever the port does.
func TestBudget(t *testing.T) {
	s := newStage(t)
	s.port.set(func(ctx context.Context, _ providers.Signal) error {
		<-ctx.Done()
		return gateway.ErrUnavailable
	})
	begun := time.Now()
	require.JSONEq(t, `{"status":"stored"}`, s.stripe(paid("evt_1", "pay/p1")).body, "a part of it is left for the inbox")
	require.Less(t, time.Since(begun), 5*time.Second)
}

func TestBatch(t *testing.T) {
	s := newStage(t)
	item := func(id string) string {
		return `{"event":"bounce","sg_event_id":"` + id + `","workflowId":"journey/` + id + `"}`
	}
	batch := "[" + item("a") + "," + item("b") + "," + item("c") + `,{"event":"open","sg_event_id":"o"}]`
	s.port.set(func(_ context.Context, signal providers.Signal) error {
		if signal.WorkflowID == "journey/b" {
			return gateway.ErrUnavailable
		}
		return nil
	})
	s.inbox.broken.Store(true)
	require.Equal(t, 503, s.sendGridPost(batch).status, "one that failed fails the post")
	require.Len(t, s.port.got(), 3, "and does not stop the others")

	s.inbox.broken.Store(false)
	require.JSONEq(t, `{"status":"stored"}`, s.sendGridPost(batch).body)
	calls := s.port.got()
	require.Len(t, calls, 4, "only the one that failed is tried again")
	require.Equal(t, "journey/b", calls[3].signal.WorkflowID)
}

func TestEventsOfOneWorkflowKeepTheirOrder(t *testing.T) {
	s := newStage(t)
	var items []string
	for i := range 100 {
		items = append(items, fmt.Sprintf(`{"event":"delivered","sg_event_id":"e%02d-%d","workflowId":"journey/%d"}`, i/2, i%2, i%2))
	}
	require.Equal(t, 200, s.sendGridPost("["+strings.Join(items, ",")+"]").status)
	last := map[string]string{}
	for _, call := range s.port.got() {
		target := call.signal.WorkflowID
		require.Less(t, last[target], call.signal.Fact.ID)
		last[target] = call.signal.Fact.ID
	}
	require.Len(t, s.port.got(), 100)
}

// Too many requests at once are turned away, and the place is given back.
func TestInFlightLimit(t *testing.T) {
	s := newStage(t, func(config *gateway.Config, _ *providers.Config) { config.MaxInFlight = 1 })
	entered, leave := make(chan struct{}), make(chan struct{})
	s.port.set(func(context.Context, providers.Signal) error {
		close(entered)
		<-leave
		return nil
	})
	var first reply
	var posts sync.WaitGroup
	posts.Go(func() { first = s.stripe(paid("evt_1", "pay/p1")) })
	<-entered
	busy := s.stripe(paid("evt_2", "pay/p1"))
	require.Equal(t, 429, busy.status)
	require.NotEmpty(t, busy.header.Get("Retry-After"))
	require.Equal(t, 200, s.hubSpot(`[]`).status, "other providers have their own places")
	close(leave)
	posts.Wait()
	require.Equal(t, 200, first.status)
	s.port.set(nil)
	require.Equal(t, 200, s.stripe(paid("evt_2", "pay/p1")).status)
}

// What this process has forgotten, the inbox knows, and the next process too.
func TestForgottenEventsAreKnownToTheInbox(t *testing.T) {
	s := newStage(t, func(config *gateway.Config, _ *providers.Config) { config.Remember = 2 })
	ctx, cancel := context.WithCancel(t.Context())
	var writing sync.WaitGroup
	writing.Go(func() { s.gateway.Run(ctx) })
	for _, id := range []string{"evt_1", "evt_2", "evt_3"} {
		require.Equal(t, 200, s.stripe(paid(id, "pay/p1")).status)
	}
	cancel()
	writing.Wait() // a stop writes what is left
	require.JSONEq(t, `{"status":"duplicate"}`, s.stripe(paid("evt_1", "pay/p1")).body)
	require.Len(t, s.port.got(), 3)

	now := start.Add(8*24*time.Hour + time.Second)
	s.clock = func() time.Time { return now }
	for _, id := range []string{"evt_4", "evt_5", "evt_1"} {
		require.JSONEq(t, `{"status":"accepted"}`, s.stripe(paid(id, "pay/p1")).body)
	}
	calls := s.port.got()
	require.Equal(t, calls[0].requestID, calls[len(calls)-1].requestID, "after its time it has the ID it had")
}

// The ID of a request is the same in every process and version: a change here
// makes every event that is sent again a second signal.
func TestRequestIDIsPinned(t *testing.T) {
	s := newStage(t)
	require.Equal(t, 200, s.stripe(paid("evt_1", "pay/p1")).status)
	require.Equal(t, "93398898-9a16-52fa-a35a-ea623cadb9e7", s.port.got()[0].requestID)
}

func TestHealth(t *testing.T) {
	s := newStage(t)
	now := start
	s.clock = func() time.Time { return now }
	require.Equal(t, 200, s.do(http.MethodGet, "/healthz", nil, nil).status)
	for range 5 {
		require.Equal(t, 200, s.do(http.MethodGet, "/readyz", nil, nil).status)
	}
	require.EqualValues(t, 1, s.inbox.checks.Load(), "probes do not become load")

	s.inbox.broken.Store(true)
	now = now.Add(2 * time.Second)
	unready := s.do(http.MethodGet, "/readyz", nil, nil)
	require.Equal(t, 503, unready.status)
	require.NotEmpty(t, unready.header.Get("Retry-After"))
	require.Equal(t, 200, s.do(http.MethodGet, "/healthz", nil, nil).status, "the process itself is well")
	require.Equal(t, 405, s.post("/healthz", nil, "").status)
}

// Personal data and secrets of a request reach neither logs, metrics nor
// answers: not when it is accepted, refused, malformed or fails.
func TestCanary(t *testing.T) {
	s := newStage(t)
	const canary = "canary.guest@example.com"
	const phone = "+525587654321"
	form := url.Values{"MessageSid": {messageSID}, "AccountSid": {accountSID}, "From": {phone}, "Body": {canary}}
	var answers strings.Builder
	say := func(got reply) {
		answers.WriteString(got.body)
		for _, values := range got.header {
			answers.WriteString(strings.Join(values, " "))
		}
	}
	for _, failure := range []error{nil, gateway.ErrNoWorkflow, fmt.Errorf("%w: x", gateway.ErrUnavailable)} {
		s.port.set(func(context.Context, providers.Signal) error { return failure })
		say(s.twilio("/webhooks/twilio/inbound?q="+canary, form))
		say(s.twilio("/webhooks/twilio/inbound", url.Values{"Body": {canary}}))
		say(s.stripe(`{"id":"` + canary + `","type":"` + canary + `"}`))
		say(s.stripe(`{"id":"` + canary + `"`))
		say(s.sendGridPost(`[{"event":"bounce","email":"` + canary + `","reason":"` + canary + `","workflowId":"journey/j1"}]`))
		say(s.guest("intake", "msg_1", `{"journeyId":"`+canary+`","occurredAt":"2027-03-02T09:00:00Z","`+canary+`":1}`))
		say(s.post("/webhooks/stripe?token="+canary, set("Stripe-Signature", canary, "X-Extra", canary), canary))
		say(s.post("/webhooks/"+canary, nil, canary))
		say(s.do(http.MethodDelete, "/webhooks/stripe?"+canary, nil, nil))
	}
	// The search finds what is there: it is not empty where it looks.
	require.Contains(t, s.logs.String(), `"type":"message_in"`)
	require.Contains(t, s.scrape(), `type="message_in"`)
	for name, text := range map[string]string{"logs": s.logs.String(), "metrics": s.scrape(), "answers": answers.String()} {
		for _, secretive := range []string{"canary", "5587654321", "journey/j1", strings.TrimPrefix(secret, "whsec_")} {
			require.NotContains(t, text, secretive, name)
		}
	}
	found := false
	for _, call := range s.port.got() {
		found = found || call.signal.Fact.Data["body"] == canary
	}
	require.True(t, found, "the canary was in what was signalled")
}

// A sender that wants to hear its own words hears them; one that tries the
// address out learns nothing without its token, and is asked to come again while
// there is none to compare with.
func TestAnswersThatASenderWaitsFor(t *testing.T) {
	sample, err := samples.Find("mixpanel")
	require.NoError(t, err)
	credentials := func(variable string) []string {
		return map[string][]string{"MIXPANEL_CREDENTIALS": {"user:" + secret}}[variable]
	}
	s := newStage(t, func(_ *gateway.Config, declared *providers.Config) { declared.Secrets = credentials })
	message, err := sample.Make(credentials, publicURL, start)
	require.NoError(t, err)
	got := s.post(strings.TrimPrefix(message.URL, publicURL), message.Header, string(message.Body))
	require.Equal(t, 200, got.status)
	require.Contains(t, got.body, `"action"`)

	const question = "/webhooks/whatsapp?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token="
	asked := newStage(t, func(_ *gateway.Config, declared *providers.Config) {
		declared.Secrets = func(variable string) []string {
			return map[string][]string{"META_VERIFY_TOKENS": {secret}}[variable]
		}
	})
	heard := asked.do(http.MethodGet, question+secret, nil, nil)
	require.Equal(t, "1158201444", heard.body)
	require.Equal(t, "text/plain; charset=utf-8", heard.header.Get("Content-Type"))
	require.Equal(t, "nosniff", heard.header.Get("X-Content-Type-Options"), "a challenge is no page")
	require.Equal(t, 403, asked.do(http.MethodGet, question+"guess", nil, nil).status)
	unset := newStage(t, func(_ *gateway.Config, declared *providers.Config) { declared.Secrets = nil })
	require.Equal(t, 503, unset.do(http.MethodGet, question+"guess", nil, nil).status)
}

// Who asks too often is turned away before anything is read, whatever address
// they write into a header.
func TestAnAddressThatAsksTooOften(t *testing.T) {
	s := newStage(t, func(config *gateway.Config, _ *providers.Config) { config.AddressRate = 1 })
	said := map[int]int{}
	for i := range 5 {
		said[s.post("/webhooks/stripe", set("X-Forwarded-For", fmt.Sprint("203.0.113.", i)), "{}").status]++
	}
	require.Equal(t, map[int]int{401: 2, 429: 3}, said)
	require.Equal(t, 200, s.do(http.MethodGet, "/healthz", nil, nil).status)
	require.Contains(t, s.scrape(), "guestjourney_webhook_crowded_total 3")

	behind, err := gateway.ClientAddress([]string{"127.0.0.1/32"})
	require.NoError(t, err)
	s = newStage(t, func(config *gateway.Config, _ *providers.Config) { config.AddressRate, config.Client = 1, behind })
	for i := range 5 {
		require.Equal(t, 401, s.post("/webhooks/stripe", set("X-Forwarded-For", fmt.Sprint("203.0.113.", i)), "{}").status, "a trusted proxy tells them apart")
	}
	_, err = gateway.ClientAddress([]string{"10.0.0.0"})
	require.ErrorContains(t, err, "10.0.0.0/8")
}

// A provider with a list of addresses is heard from nowhere else; from there its
// signature counts as always.
func TestAProviderIsHeardFromItsOwnAddressesOnly(t *testing.T) {
	behind, err := gateway.ClientAddress([]string{"127.0.0.1/32"})
	require.NoError(t, err)
	allowed, err := gateway.ParseAllowed([]string{"stripe=203.0.113.0/24", "stripe=2001:db8::/32", "whatsapp=203.0.113.0/24"})
	require.NoError(t, err)
	require.Equal(t, []string{"stripe", "whatsapp"}, allowed.Providers())
	s := newStage(t, func(config *gateway.Config, _ *providers.Config) { config.Client, config.Allowed = behind, allowed })
	body := paid("evt_1", "pay/p1")
	from := func(address string, header http.Header) reply {
		header.Set("X-Forwarded-For", address)
		return s.post("/webhooks/stripe", header, body)
	}
	for _, address := range []string{"203.0.114.1", "198.51.100.1, 203.0.114.1", "2001:db9::1", "nowhere"} {
		got := from(address, s.stripeHeader(body))
		require.Equal(t, 403, got.status, address)
		require.JSONEq(t, `{"status":"forbidden"}`, got.body)
	}
	require.Equal(t, 403, s.do(http.MethodGet, "/webhooks/whatsapp?hub.mode=subscribe", set("X-Forwarded-For", "203.0.114.1"), nil).status)
	s.counted("stripe", "", "address", 4)
	require.Empty(t, s.port.got())
	require.Equal(t, 401, from("203.0.113.7", http.Header{}).status, "an address proves nothing")
	require.JSONEq(t, `{"status":"accepted"}`, from("203.0.113.7", s.stripeHeader(body)).body)
	require.JSONEq(t, `{"status":"duplicate"}`, from("2001:db8::7", s.stripeHeader(body)).body)
	require.Equal(t, 200, s.hubSpot(`[]`).status, "others may come from anywhere")
	for _, wrong := range []string{"stripe", "=10.0.0.0/8", "stripe=10.0.0.1", "10.0.0.0/8"} {
		_, err := gateway.ParseAllowed([]string{wrong})
		require.ErrorContains(t, err, "3.18.12.63/32", wrong)
	}
}
