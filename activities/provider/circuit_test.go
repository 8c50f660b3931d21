package provider_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/testsuite"

	"guestjourney/activities/failure"
	"guestjourney/activities/options"
	"guestjourney/activities/provider"
)

// vendor answers without a network, so that the clock may be a false one.
type vendor struct {
	status atomic.Int32 // 0 breaks the connection
	calls  atomic.Int32
	takes  time.Duration
}

func (v *vendor) RoundTrip(request *http.Request) (*http.Response, error) {
	v.calls.Add(1)
	time.Sleep(v.takes) // by the test's clock
	if request.Body != nil {
		_ = request.Body.Close()
	}
	status := int(v.status.Load())
	if status == 0 {
		return nil, errors.New("broken")
	}
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: http.NoBody, Request: request}, nil
}

// circuited is a client of the vendor with the circuit of its name's row.
func circuited(t *testing.T, name string) (*vendor, *provider.Client, *records) {
	v := &vendor{}
	c, log := client(t, "http://vendor.example", func(config *provider.Config) { config.Name, config.Transport, config.Timeout = name, v, time.Second })
	return v, c, log
}

// tries makes one call and returns its failure, if any.
func tries(ctx context.Context, t *testing.T, c *provider.Client) *failure.Error {
	t.Helper()
	err := c.Call(ctx, provider.Request{Operation: "things.create", Method: http.MethodPost, Path: "/things"}, nil)
	if err == nil {
		return nil
	}
	var failed *failure.Error
	require.ErrorAs(t, err, &failed)
	return failed
}

func TestTheCircuitOpensAndClosesAgain(t *testing.T) {
	for name, want := range map[string]provider.Circuit{
		"hubspot": {Failures: 5, Open: time.Minute}, "whatsapp": {Failures: 5, Open: time.Minute},
		"stripe": {Failures: 3, Open: 30 * time.Second}, "twilio": {Failures: 3, Open: 30 * time.Second}, "sendgrid": {Failures: 3, Open: 30 * time.Second},
		"google": {Failures: 5, Open: 30 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				v, c, log := circuited(t, name)
				v.status.Store(500)
				for range want.Failures {
					require.Equal(t, failure.Ambiguous, tries(t.Context(), t, c).Class)
				}
				time.Sleep(want.Open / 2)
				refused := tries(t.Context(), t, c)
				require.NotNil(t, refused)
				assert.Equal(t, failure.NotProcessed, refused.Class)
				assert.Equal(t, "circuit_open", refused.Code)
				assert.Equal(t, want.Open/2, refused.OpenFor)
				require.ErrorIs(t, refused, provider.ErrCircuitOpen)
				assert.EqualValues(t, want.Failures, v.calls.Load(), "nothing left")

				time.Sleep(want.Open/2 + time.Millisecond)
				require.Equal(t, failure.Ambiguous, tries(t.Context(), t, c).Class, "tried out, and still down")
				require.Equal(t, want.Open, tries(t.Context(), t, c).OpenFor, "open anew")

				v.status.Store(200)
				time.Sleep(want.Open + time.Millisecond)
				for range 3 {
					require.Nil(t, tries(t.Context(), t, c))
				}
				v.status.Store(500)
				require.Equal(t, failure.Ambiguous, tries(t.Context(), t, c).Class, "closed: one failure opens nothing")
				require.Equal(t, failure.Ambiguous, tries(t.Context(), t, c).Class)

				var changes []string
				for _, line := range log.lines(t) {
					if line["circuit"] == name {
						changes = append(changes, line["msg"].(string))
						if line["msg"] == "circuit open" {
							assert.EqualValues(t, want.Open, line["remaining"])
							assert.GreaterOrEqual(t, line["failures"].(float64), float64(want.Failures))
						}
					}
				}
				assert.Equal(t, []string{"circuit open", "circuit half-open", "circuit open", "circuit half-open", "circuit closed"}, changes, "one line a change")
			})
		})
	}
}

func TestHalfOfTheCallsOfAMinuteOpenIt(t *testing.T) {
	for name, test := range map[string]struct {
		statuses []int32
		pause    time.Duration
		open     bool
	}{
		"half fail":               {statuses: []int32{200, 500, 200, 500, 200, 500}, open: true},
		"fewer than half":         {statuses: []int32{200, 500, 200, 200, 500, 200, 500, 200}},
		"not within a minute":     {statuses: []int32{200, 500, 200, 500, 200, 500}, pause: 25 * time.Second},
		"refusals of one's data":  {statuses: []int32{400, 402, 404, 409, 422, 400, 401, 403}},
		"refusals for the rate":   {statuses: []int32{429, 429, 429, 429, 429, 429}},
		"a rate does not help it": {statuses: []int32{500, 429, 429, 429, 500, 429, 429, 429, 500}, open: true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				v, c, _ := circuited(t, "stripe")
				for _, status := range test.statuses {
					v.status.Store(status)
					failed := tries(t.Context(), t, c)
					require.True(t, failed == nil || failed.OpenFor == 0, "not yet")
					time.Sleep(test.pause)
				}
				v.status.Store(200)
				assert.Equal(t, test.open, tries(t.Context(), t, c) != nil)
			})
		})
	}
}

// TestTheAttemptsOfOneStepAreOneFailure makes the attempts as Temporal does.
func TestTheAttemptsOfOneStepAreOneFailure(t *testing.T) {
	v, c, _ := circuited(t, "stripe")
	v.status.Store(503)
	var suite testsuite.WorkflowTestSuite
	attempt := func(ctx context.Context) error {
		for range 10 {
			if failed := tries(ctx, t, c); failed.OpenFor > 0 {
				return errors.New("open")
			}
		}
		return nil
	}
	env := suite.NewTestActivityEnvironment()
	env.RegisterActivityWithOptions(attempt, activity.RegisterOptions{Name: "attempt"})
	for step, open := range []bool{false, false, true} {
		_, err := env.ExecuteActivity("attempt") // an activity of its own each time
		assert.Equal(t, open, err != nil, "step %d", step)
	}
}

// TestARefusalSaysWhetherTheStepIsUntouched: nothing has left, or an earlier call
// of the same activity has.
func TestARefusalSaysWhetherTheStepIsUntouched(t *testing.T) {
	for name, test := range map[string]struct {
		before    int // calls of the activity before the circuit opens
		effect    options.Effect
		untouched bool
	}{
		"nothing has left":    {0, options.Effect{FirstTry: true}, true},
		"something has left":  {1, options.Effect{FirstTry: true}, false},
		"a try before it did": {0, options.Effect{}, false},
	} {
		t.Run(name, func(t *testing.T) {
			v, c, _ := circuited(t, "stripe")
			v.status.Store(200)
			perform := func(ctx context.Context, command options.Command[int]) (int, error) {
				return options.Perform(ctx, command, failure.ToTemporal, func(ctx context.Context, _ options.Effect, before int) (int, error) {
					for range before {
						require.Nil(t, tries(ctx, t, c))
					}
					v.status.Store(503)
					for range 3 { // of other steps
						_ = tries(t.Context(), t, c)
					}
					refused := tries(ctx, t, c)
					require.Positive(t, refused.OpenFor)
					return 0, refused
				})
			}
			var suite testsuite.WorkflowTestSuite
			env := suite.NewTestActivityEnvironment()
			env.RegisterActivityWithOptions(perform, activity.RegisterOptions{Name: "perform"})
			_, err := env.ExecuteActivity("perform", options.Command[int]{Effect: test.effect, Request: test.before})
			require.Positive(t, failure.OpenFor(err))
			assert.Equal(t, test.untouched, failure.Untouched(err))
		})
	}
}

// TestACancelledCallSaysNothing: the provider was not at fault.
func TestACancelledCallSaysNothing(t *testing.T) {
	address := listener(t, hang)
	c, _ := client(t, address)
	for range 5 {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		require.Zero(t, tries(ctx, t, c).OpenFor)
	}
}

func TestManyAtOnceKeepTheCircuitsRules(t *testing.T) {
	v, c, _ := circuited(t, "stripe")
	v.status.Store(500)
	var work sync.WaitGroup
	var refused atomic.Int32
	for range 100 {
		work.Go(func() {
			for range 20 {
				if failed := tries(t.Context(), t, c); failed.OpenFor > 0 {
					refused.Add(1)
				}
			}
		})
	}
	work.Wait()
	assert.EqualValues(t, 2000, refused.Load()+v.calls.Load(), "each call is made or refused")
	assert.LessOrEqual(t, v.calls.Load(), int32(100), "only those that were under way when it opened")
}

// What a process reports of itself outlasts the changes of state, at which the
// library forgets what it has counted.
func TestStanding(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		vendor, c, _ := circuited(t, "stripe")
		assert.Equal(t, provider.Standing{Circuit: provider.Circuit{Failures: 3, Open: 30 * time.Second}}, c.Standing(), "nothing is known yet")
		vendor.status.Store(http.StatusOK)
		require.Nil(t, tries(t.Context(), t, c))
		well := time.Now().UTC()
		vendor.status.Store(http.StatusServiceUnavailable)
		for range 3 {
			time.Sleep(time.Second)
			require.NotNil(t, tries(t.Context(), t, c))
		}
		require.NotZero(t, tries(t.Context(), t, c).OpenFor, "refused: that is no failure of the provider's")
		assert.Equal(t, provider.Standing{
			State: provider.CircuitOpen, Failures: 3, LastSuccess: well, Circuit: provider.Circuit{Failures: 3, Open: 30 * time.Second},
		}, c.Standing())

		time.Sleep(30*time.Second + time.Millisecond)
		assert.Equal(t, provider.CircuitHalfOpen, c.Standing().State)
		assert.Equal(t, 3, c.Standing().Failures)
		vendor.status.Store(http.StatusOK)
		require.Nil(t, tries(t.Context(), t, c))
		assert.Zero(t, c.Standing().Failures)
		assert.Equal(t, time.Now().UTC(), c.Standing().LastSuccess)

		vendor.status.Store(http.StatusTooManyRequests)
		require.NotNil(t, tries(t.Context(), t, c))
		assert.Zero(t, c.Standing().Failures, "a refusal for the rate says nothing")
	})
}

// TestManyAtOnceTryAProviderOut: a provider that may be back gets three calls, and
// no herd.
func TestManyAtOnceTryAProviderOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, c, _ := circuited(t, "stripe")
		v.status.Store(500)
		for range 3 {
			_ = tries(t.Context(), t, c)
		}
		time.Sleep(30*time.Second + time.Millisecond)
		v.calls.Store(0)
		v.status.Store(200)
		v.takes = 100 * time.Millisecond
		var work sync.WaitGroup
		var crowd atomic.Int32
		for range 100 {
			work.Go(func() {
				if failed := tries(t.Context(), t, c); failed != nil {
					assert.Equal(t, time.Second, failed.OpenFor, "the others come back soon")
					crowd.Add(1)
				}
			})
		}
		work.Wait()
		assert.EqualValues(t, 3, v.calls.Load())
		assert.EqualValues(t, 97, crowd.Load())
		require.Nil(t, tries(t.Context(), t, c), "closed")
	})
}

// TestManyAtOnceKeepTheRate: a hundred who ask at the same moment get their turns
// one after the other, and nobody is forgotten.
func TestManyAtOnceKeepTheRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const rate, callers, each = 50, 100, 10
		v := &vendor{}
		v.status.Store(200)
		c, _ := client(t, "http://vendor.example", func(config *provider.Config) {
			config.Transport, config.Timeout, config.Rate = v, time.Minute, rate
		})
		began := time.Now()
		var work sync.WaitGroup
		for range callers {
			work.Go(func() {
				for range each {
					assert.Nil(t, tries(t.Context(), t, c))
				}
			})
		}
		for second := range 5 {
			synctest.Wait()
			assert.EqualValues(t, rate+second*rate, v.calls.Load(), "after %d s: those of a quiet second, and %d a second", second, rate)
			time.Sleep(time.Second)
		}
		work.Wait()
		assert.EqualValues(t, callers*each, v.calls.Load())
		assert.Equal(t, (callers*each-rate)/rate*time.Second, time.Since(began))
	})
}

// TestACircuitThatNeverRefuses: pages are attempted however many have failed; the
// state is shown all the same, and the provider's return closes it.
func TestACircuitThatNeverRefuses(t *testing.T) {
	for _, name := range []string{"twilio-paging", "sendgrid-paging"} {
		synctest.Test(t, func(t *testing.T) {
			v, c, log := circuited(t, name)
			v.status.Store(500)
			for made := range 20 {
				failed := tries(t.Context(), t, c)
				require.Equal(t, failure.Ambiguous, failed.Class)
				require.Zero(t, failed.OpenFor)
				require.EqualValues(t, made+1, v.calls.Load(), "it has left")
			}
			assert.Equal(t, provider.CircuitOpen, c.Circuit())
			assert.Equal(t, 20, c.Standing().Failures)

			v.takes = 500 * time.Millisecond
			time.Sleep(10*time.Second + time.Millisecond)
			var work sync.WaitGroup
			for range 10 { // more at once than those that try it out
				work.Go(func() { assert.Equal(t, failure.Ambiguous, tries(t.Context(), t, c).Class) })
			}
			work.Wait()
			require.EqualValues(t, 30, v.calls.Load())

			v.status.Store(200)
			require.Nil(t, tries(t.Context(), t, c), "open, and made")
			time.Sleep(10*time.Second + time.Millisecond)
			for range 3 {
				require.Nil(t, tries(t.Context(), t, c))
			}
			assert.Equal(t, provider.CircuitClosed, c.Circuit())
			var changes []string
			for _, line := range log.lines(t) {
				if line["circuit"] == name {
					changes = append(changes, line["msg"].(string))
				}
			}
			assert.Equal(t, []string{"circuit open", "circuit half-open", "circuit open", "circuit half-open", "circuit closed"}, changes)
		})
	}
}
