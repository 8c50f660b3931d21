package twilio_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"guestjourney/activities/failure"
	"guestjourney/activities/options"
	port "guestjourney/activities/paging"
	"guestjourney/activities/paging/conformance"
	"guestjourney/activities/paging/twilio"
	"guestjourney/activities/provider"
	"guestjourney/activities/provider/providertest"
	"guestjourney/internal/paging"
	"guestjourney/internal/sandbox"
	"guestjourney/internal/sandbox/sandboxtest"
)

const (
	nurse = "+14155550134"
	house = "+15005550006"
)

func newPager(t *testing.T, config paging.Config, base string) (*twilio.Pager, *provider.Client) {
	t.Helper()
	client := providertest.NewClient(t, twilio.Name, base, nil)
	t.Cleanup(client.Close)
	pager, err := twilio.New(config, client)
	require.NoError(t, err)
	return pager, client
}

func TestConformance(t *testing.T) {
	for _, channel := range []port.Channel{port.SMS, port.Voice} {
		t.Run(string(channel), func(t *testing.T) {
			conformance.Run(t, func(t *testing.T) conformance.Harness { return harness(t, channel) })
		})
	}
}

func harness(t *testing.T, channel port.Channel) conformance.Harness {
	server := sandboxtest.Open(t, sandbox.Config{ManualDelivery: true})
	pager, _ := newPager(t, paging.Config{
		AccountSID: server.Secrets.TwilioAccountSID, APIKeySID: server.Secrets.TwilioKeySID, APIKeySecret: server.Secrets.TwilioKeySecret, From: house,
	}, server.URL+"/twilio")
	h := conformance.Harness{
		Pager: pager, Channel: channel, To: nurse,
		Received: func(to string) (bodies []string) {
			for _, message := range server.Messages(sandbox.MessageFilter{Channel: string(channel), To: to}) {
				bodies = append(bodies, message.Body)
			}
			return bodies
		},
		LoseAnswer: func() {
			require.NoError(t, server.SetFault(sandbox.Fault{Provider: "twilio", Kind: sandbox.FaultDropAfter, Count: 1}))
		},
		Down: func(down bool) {
			server.ClearFaults()
			if down {
				require.NoError(t, server.SetFault(sandbox.Fault{Provider: "twilio", Kind: sandbox.FaultDown}))
			}
		},
	}
	if channel == port.SMS {
		h.Refuse = func(to string) {
			_, err := server.ReplySMS(to, "STOP")
			require.NoError(t, err)
		}
	}
	return h
}

func config() paging.Config {
	return paging.Config{AccountSID: "AC0123456789abcdef0123456789abcdef", APIKeySID: "SKkey", APIKeySecret: "k3ySecret", From: house}
}

func notice(channel port.Channel) port.Notice {
	return port.Notice{Session: "session/s1", Room: "3", Priority: "HIGH", Code: "HR-LOW", Key: "session/s1/7", To: nurse, Channel: channel}
}

func TestClassesOfEveryCall(t *testing.T) {
	providertest.Classes(t, "twilio", nil, func(ctx context.Context, client *provider.Client) error {
		pager, err := twilio.New(config(), client)
		require.NoError(t, err)
		_, err = pager.Page(ctx, options.Effect{}, notice(port.SMS))
		return err
	})
}

// TestAnOpenCircuitIsShownAndRefusesNothing: what an operator sees of it is the
// gauge and the log line of every circuit.
func TestAnOpenCircuitIsShownAndRefusesNothing(t *testing.T) {
	var busy []http.HandlerFunc
	for range 10 {
		busy = append(busy, providertest.Reply(http.StatusServiceUnavailable, `{}`))
	}
	script, address := providertest.Serve(t, append(busy, providertest.Reply(http.StatusCreated, `{"sid":"SM1","status":"queued"}`))...)
	pager, client := newPager(t, config(), address)
	for made := range busy {
		_, err := pager.Page(t.Context(), options.Effect{}, notice(port.SMS))
		var failed *failure.Error
		require.ErrorAs(t, err, &failed)
		require.Equal(t, http.StatusServiceUnavailable, failed.Status)
		require.Len(t, script.Received(), made+1, "it has left")
	}
	require.Equal(t, provider.CircuitOpen, client.Circuit())
	require.Equal(t, 10, client.Standing().Failures)
	receipt, err := pager.Page(t.Context(), options.Effect{}, notice(port.SMS))
	require.NoError(t, err)
	require.Equal(t, "SM1", receipt.ID)
}

// TestAPageWaitsForItsRate: one that has no turn in time has not left, and is
// tried again.
func TestAPageWaitsForItsRate(t *testing.T) {
	_, address := providertest.Serve(t, providertest.Reply(http.StatusCreated, `{"sid":"SM1"}`))
	client, err := provider.New(provider.Config{Name: twilio.Name, BaseURL: address, Rate: 0.001, Timeout: 200 * time.Millisecond})
	require.NoError(t, err)
	t.Cleanup(client.Close)
	pager, err := twilio.New(config(), client)
	require.NoError(t, err)
	_, err = pager.Page(t.Context(), options.Effect{}, notice(port.SMS))
	require.NoError(t, err)
	_, err = pager.Page(t.Context(), options.Effect{}, notice(port.SMS))
	var failed *failure.Error
	require.ErrorAs(t, err, &failed)
	require.Equal(t, failure.NotProcessed, failed.Class)
}

func TestAnotherChannelIsTheCallersMistake(t *testing.T) {
	pager, _ := newPager(t, config(), "http://127.0.0.1:1")
	_, err := pager.Page(t.Context(), options.Effect{}, notice(port.Email))
	var failed *failure.Error
	require.ErrorAs(t, err, &failed)
	require.Equal(t, failure.InvalidInput, failed.Class)
}

func TestNewSaysWhatIsMissing(t *testing.T) {
	_, err := twilio.New(config(), nil)
	require.ErrorContains(t, err, "no provider client")
	_, err = twilio.New(paging.Config{}, providertest.NewClient(t, twilio.Name, "http://127.0.0.1:1", nil))
	require.ErrorContains(t, err, "the account SID is not set")
}
