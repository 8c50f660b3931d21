package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"guestjourney/activities/failure"
	"guestjourney/activities/health"
	"guestjourney/activities/options"
	"guestjourney/activities/paging"
	"guestjourney/internal/sandbox"
	"guestjourney/internal/secrets/manager"
	"guestjourney/internal/secrets/manager/managertest"
)

// TestFaultMatrix makes every registered call that changes something meet every
// fault, at every request that it makes, and then try again as its step would.
// It must come to the same effects at the provider as without the fault; a page
// may come twice.
func TestFaultMatrix(t *testing.T) {
	managertest.Environment(t)
	calls := mutatingCalls()
	for _, name := range slices.Sorted(maps.Keys(calls)) {
		require.Contains(t, examples, name, "%s is registered and changes something: add an example of its request to faultmatrix_examples_test.go", name)
	}
	lines := 0
	for _, name := range slices.Sorted(maps.Keys(examples)) {
		require.Contains(t, calls, name, "an example of a call that is not registered")
		clean := perform(t, name, fault{}, 0, effectKey, effectKey)
		require.Empty(t, clean.problems())
		require.NotEmpty(t, clean.effects, "%s: the example changes nothing", name)
		for _, kind := range faults {
			for at := 1; at <= clean.requests && (at == 1 || !kind.unreached); at++ {
				lines++
				t.Run(fmt.Sprintf("%s/%s at request %d", name, kind.name, at), func(t *testing.T) {
					t.Parallel()
					got := perform(t, name, kind, at, effectKey, effectKey)
					assert.Empty(t, got.problems())
					if pages[name] {
						assertPaged(t, clean.effects, got.effects)
						return
					}
					assert.Equal(t, clean.effects, got.effects, "effects at the provider, with the fault and without")
				})
			}
		}
	}
	t.Logf("%d calls, %d faults, %d lines", len(calls), len(faults), lines)
}

// pages are the calls that are made again whatever has become of the first, and
// that no wish of a provider holds up for long: two are allowed, none is not.
var pages = map[string]bool{"paging.Page": true}

// longestPause is before the next try of a page.
const longestPause = 2 * time.Second

// assertPaged says that everything has come once or twice, and nothing else.
func assertPaged(t *testing.T, clean, got map[string]int) {
	t.Helper()
	assert.ElementsMatch(t, slices.Collect(maps.Keys(clean)), slices.Collect(maps.Keys(got)))
	for operation, once := range clean {
		assert.Contains(t, []int{once, 2 * once}, got[operation], "%s: a page may come twice, and not be missing", operation)
	}
}

// TestTheMatrixNeedsTheEffectKey: with the key emptied, or another one for the
// second try, lost answers come to effects that are there twice. A matrix that
// did not notice would prove nothing.
func TestTheMatrixNeedsTheEffectKey(t *testing.T) {
	managertest.Environment(t)
	for name, test := range map[string]struct {
		first, last string
		noticed     []string
	}{
		"emptied": {"", "", []string{"crm.AddNote"}},
		"changed": {effectKey, effectKey + "-other", []string{
			"crm.AddNote", "email.Send", "payments.ChargeSaved", "payments.EnsureCustomer", "payments.OpenCheckout", "payments.Refund", "payments.TryOut", "rotation.Create", "sms.Send",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Subset(t, noticedBy(t, test.first, test.last), test.noticed)
		})
	}
}

// noticedBy returns the calls whose effects a lost answer doubles, or that fail.
func noticedBy(t *testing.T, firstKey, lastKey string) []string {
	t.Helper()
	lost := faults[slices.IndexFunc(faults, func(f fault) bool { return f.name == "drop after write" })]
	var noticed []string
	for _, name := range slices.Sorted(maps.Keys(examples)) {
		clean := perform(t, name, fault{}, 0, effectKey, effectKey)
		for at := 1; at <= clean.requests; at++ {
			got := perform(t, name, lost, at, firstKey, lastKey)
			if len(got.problems()) > 0 || !maps.Equal(clean.effects, got.effects) {
				noticed = append(noticed, name)
				break
			}
		}
	}
	return noticed
}

const effectKey = "pay/matrix/0123456789ab/step/0"

// result is what came of one line of the matrix.
type result struct {
	name     string
	kind     fault
	requests int            // that the first try made
	reading  bool           // the fault hit a request that only reads
	first    error          // of the first try
	last     error          // of the second
	effects  map[string]int // by operation, of both
}

// problems compares the tries with what is declared of the fault.
func (r result) problems() []string {
	var found []string
	if r.last != nil {
		found = append(found, "the second try fails: "+failure.Text(r.last))
	}
	switch class := failure.ClassOf(r.first); {
	case r.first == nil && len(r.kind.classes) > 0 && !r.kind.bearable && (!r.reading || !r.kind.breaking):
		found = append(found, "the first try does not notice the fault")
	case r.first != nil && !slices.Contains(r.kind.classes, class):
		found = append(found, fmt.Sprintf("class %s, want one of %v: %s", class, r.kind.classes, failure.Text(r.first)))
	case r.first != nil:
		found = append(found, r.wait(retryDelay(r.first))...)
	}
	return found
}

// wait checks the delay before the next try: the provider's wish and a tenth.
func (r result) wait(got time.Duration) []string {
	want := time.Duration(r.kind.retryAfter) * time.Second
	if pages[r.name] {
		want = min(want, longestPause)
	}
	if want == 0 || got >= want && got <= want+want/10 {
		return nil
	}
	return []string{fmt.Sprintf("waits %s before the next try, want %s and up to a tenth more", got, want)}
}

func retryDelay(err error) time.Duration {
	var application *temporal.ApplicationError
	if !errors.As(err, &application) {
		return 0
	}
	return application.NextRetryDelay()
}

// perform prepares an empty world, makes the call twice, the first time with the
// fault at one of its requests, and counts. Without a fault it is made once.
func perform(t *testing.T, name string, kind fault, at int, firstKey, lastKey string) result {
	t.Helper()
	w := newMatrixWorld(t)
	request := examples[name](w)
	before := w.effects()
	since := time.Now().UTC()
	w.connect(kind.address(t, w.front.url), kind.timeout())
	w.front.arm(kind, at)
	got := result{name: name, kind: kind, first: w.call(name, options.Effect{Key: firstKey, FirstTry: true, Since: since}, request)}
	got.requests, got.reading = w.front.disarm()
	if kind.name != "" {
		w.connect(w.front.url, 0)
		got.last = w.call(name, options.Effect{Key: lastKey, Since: since}, request)
	}
	got.effects = w.effects()
	for operation, count := range before {
		if got.effects[operation] -= count; got.effects[operation] == 0 {
			delete(got.effects, operation)
		}
	}
	return got
}

// matrixWorld is a worker's adapters before an empty sandbox, with the front
// that makes the faults between them.
type matrixWorld struct {
	t       *testing.T
	sandbox *sandbox.Server
	secrets sandbox.Secrets
	account *managertest.Server
	watched *telemetryProcess
	records string // the folder of records
	front   *front
	env     *testsuite.TestActivityEnvironment
}

func newMatrixWorld(t *testing.T) *matrixWorld {
	t.Helper()
	secrets, err := sandbox.GenerateSecrets()
	require.NoError(t, err)
	server, err := sandbox.New(sandbox.Config{Secrets: secrets, EmailActivity: true})
	require.NoError(t, err)
	account := managertest.New()
	account.Put("stripe_api_key", secrets.StripeKey, "AWSCURRENT")
	account.Put("sendgrid_api_key", secrets.SendGridKey, "AWSCURRENT")
	account.Put("jwt_signing_key", "the key of last year", "AWSCURRENT")
	vendors, watched := server.Handler(), &telemetryProcess{t: t}
	f := newFront(t, http.HandlerFunc(func(answer http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Amz-Target") != "" {
			account.ServeHTTP(answer, r)
			return
		}
		if strings.HasPrefix(r.URL.Path, "/telemetry/") {
			watched.ServeHTTP(answer, r)
			return
		}
		vendors.ServeHTTP(answer, r)
	}))
	t.Cleanup(func() { require.NoError(t, server.Close(context.Background())) })
	w := &matrixWorld{t: t, sandbox: server, secrets: secrets, account: account, watched: watched, records: t.TempDir(), front: f}
	w.connect(f.url, 0)
	return w
}

// connect makes the worker's adapters, for providers at this address.
func (w *matrixWorld) connect(address string, timeout time.Duration) {
	w.t.Helper()
	set := vendorSettings(w.secrets, address)
	set.callTimeout, set.RecordsDir = timeout, w.records
	keys, err := set.openSecrets(w.t.Context(), slog.New(slog.DiscardHandler))
	require.NoError(w.t, err)
	set.Secrets = manager.Settings{Provider: manager.ProviderAWS, BaseURL: address}
	set.RotateEvery, set.Overlap = time.Hour, time.Minute
	require.NoError(w.t, err)
	out, err := newAdapters(w.t.Context(), set, keys, slog.New(slog.DiscardHandler), nil)
	require.NoError(w.t, err)
	w.t.Cleanup(out.close)
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(discard{})
	w.env = suite.NewTestActivityEnvironment()
	for _, q := range outsideQueues(set, out) {
		q.register(&recorder{register: func(activities any, o activity.RegisterOptions) {
			if o.Name != health.Prefix { // on every queue, and here all are one
				w.env.RegisterActivityWithOptions(activities, o)
			}
		}})
	}
}

// call runs the registered activity with the given effect.
func (w *matrixWorld) call(name string, effect options.Effect, request any) error {
	_, err := w.env.ExecuteActivity(name, commandOf(name, effect, request))
	return err
}

// must makes a call that prepares another.
func must[T any](w *matrixWorld, name string, request any) (value T) {
	w.t.Helper()
	effect := options.Effect{Key: "pay/matrix/0123456789ab/before." + name + "/0", FirstTry: true, Since: time.Now().UTC()}
	encoded, err := w.env.ExecuteActivity(name, commandOf(name, effect, request))
	require.NoError(w.t, err)
	require.NoError(w.t, encoded.Get(&value))
	return value
}

func commandOf(name string, effect options.Effect, request any) any {
	command := reflect.New(mutatingCalls()[name]).Elem()
	command.FieldByName("Effect").Set(reflect.ValueOf(effect))
	command.FieldByName("Request").Set(reflect.ValueOf(request))
	return command.Interface()
}

// effects counts by operation what has changed at the providers.
func (w *matrixWorld) effects() map[string]int {
	counts := map[string]int{}
	for _, call := range w.sandbox.Journal(sandbox.JournalFilter{}) {
		if call.Effect && !call.Duplicate {
			counts[call.Provider+" "+call.Operation]++
		}
	}
	for stage, text := range w.account.Texts("jwt_signing_key") {
		if stage != "AWSPENDING" {
			counts["secretsmanager "+stage+" "+text]++
		}
	}
	for device, times := range w.watched.assigned() {
		counts["telemetry "+device] = times
	}
	kept, err := filepath.Glob(filepath.Join(w.records, "*", "*.zip"))
	require.NoError(w.t, err)
	counts["records"] = len(kept)
	counts["secretsmanager versions"] = w.account.Versions("jwt_signing_key")
	counts["secretsmanager on trial"] = len(w.account.At("jwt_signing_key", "AWSPENDING"))
	return counts
}

// recorder takes what a queue registers.
type recorder struct {
	worker.Worker
	register func(any, activity.RegisterOptions)
}

// RegisterWorkflowWithOptions leaves workflows out: they have no effect outside.
func (r *recorder) RegisterWorkflowWithOptions(any, workflow.RegisterOptions) {}

func (r *recorder) RegisterActivityWithOptions(activities any, o activity.RegisterOptions) {
	r.register(activities, o)
}

func outsideQueues(set settings, out *adapters) []queue {
	return slices.DeleteFunc(queues(set, out, inside{rota: onDuty{}}), func(q queue) bool { return q.name == options.QueueJourneys })
}

// onDuty is a rota of one person.
type onDuty struct{}

func (onDuty) Ladder(time.Time) paging.Ladder { return paging.Ladder{} }

func (onDuty) Route(_ string, channel paging.Channel) (string, bool) {
	if channel == paging.Email {
		return "nurse@matrix.example", true
	}
	return "+14155550134", true
}

// mutatingCalls are the registered activities that have an effect outside, by
// name, with the type of their command: those that take an options.Command.
func mutatingCalls() map[string]reflect.Type {
	found := map[string]reflect.Type{}
	for _, q := range outsideQueues(settings{}, &adapters{}) {
		q.register(&recorder{register: func(activities any, o activity.RegisterOptions) {
			kind := reflect.TypeOf(activities)
			for i := range kind.NumMethod() {
				method := kind.Method(i)
				if method.Type.NumIn() == 3 && strings.HasPrefix(method.Type.In(2).Name(), "Command[") {
					found[o.Name+method.Name] = method.Type.In(2)
				}
			}
		}})
	}
	return found
}

func vendorSettings(secrets sandbox.Secrets, base string) settings {
	const rate = 10_000
	return settings{
		StaffFile:    "staff.json", // is not read here, and lets pages be made
		TelemetryURL: base, TelemetrySecret: telemetrySecret,
		GuestAppURL: "https://guests.example", PublicURL: "https://hooks.example", PropertyName: "Casa",
		Stripe:   stripeSettings{SecretKey: secrets.StripeKey, BaseURL: base + "/stripe", Rate: rate},
		HubSpot:  hubspotSettings{AccessToken: secrets.HubSpotToken, BaseURL: base + "/hubspot", APIVersion: "v3", Rate: rate},
		Twilio:   twilioSettings{AccountSID: secrets.TwilioAccountSID, APIKeySID: secrets.TwilioKeySID, APIKeySecret: secrets.TwilioKeySecret, From: "+15005550006", BaseURL: base + "/twilio", Rate: rate},
		SendGrid: sendgridSettings{APIKey: secrets.SendGridKey, From: "stay@casa.example", EmailActivity: true, BaseURL: base + "/sendgrid", Rate: rate},
		Google:   googleSettings{AccessToken: secrets.GoogleToken, BaseURL: base + "/google", Rate: rate},
	}
}

// discard keeps the test environment's log lines to itself.
type discard struct{}

func (discard) Debug(string, ...any) {}
func (discard) Info(string, ...any)  {}
func (discard) Warn(string, ...any)  {}
func (discard) Error(string, ...any) {}
