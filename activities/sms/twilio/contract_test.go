package twilio_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"guestjourney/activities/provider/providertest"
	"guestjourney/activities/sms"
	"guestjourney/activities/sms/twilio"
)

func newContract(t *testing.T) *providertest.Contract {
	t.Helper()
	return providertest.NewContract(t, "twilio_api_v2010.json", twilio.BaseURL)
}

// TestRequestsAndAnswersFollowTwiliosDescription makes each call of the adapter
// before the sandbox, and holds what goes out and what comes back to the
// description.
func TestRequestsAndAnswersFollowTwiliosDescription(t *testing.T) {
	contract := newContract(t)
	server, client, next := newSandbox(t)
	next.Next = &providertest.Held{Next: next.Next, Wrong: func(err error) { t.Error(err) },
		Request: func(request *http.Request, body []byte) error { return contract.Request(official(request), body) },
		Answer: func(request *http.Request, status int, header http.Header, body []byte) error {
			return contract.Answer(official(request), status, header, body)
		},
	}
	set := config()
	set.AccountSID, set.APIKeySID, set.APIKeySecret = server.Secrets.TwilioAccountSID, server.Secrets.TwilioKeySID, server.Secrets.TwilioKeySecret
	sender, err := twilio.New(set, client)
	require.NoError(t, err)
	calls := map[string]func(context.Context) error{
		"Ping": sender.Ping,
		"Send": func(ctx context.Context) error {
			for _, first := range []bool{false, true, false} {
				if _, err := sender.Send(ctx, effect(first), text()); err != nil {
					return err
				}
			}
			_, err := server.ReplySMS(text().To, "hello") // inbound texts are on the list as well
			require.NoError(t, err)
			_, err = sender.Send(ctx, effect(false), text())
			return err
		},
		"Delivery": func(ctx context.Context) error {
			sent, err := sender.Send(ctx, effect(true), text())
			require.NoError(t, err)
			_, err = sender.Delivery(ctx, sms.DeliveryRequest{ID: sent.ID})
			return err
		},
	}
	for _, method := range append(providertest.Methods[sms.Sender](), "Ping") {
		require.Contains(t, calls, method, "a call of the port's that no contract holds")
		require.NoError(t, calls[method](t.Context()), method)
	}
	for _, operation := range []string{"CreateMessage", "ListMessage", "FetchMessage", "FetchAccount"} {
		requests, answers := contract.Checked(operation)
		assert.Positive(t, requests, operation)
		assert.Positive(t, answers, operation)
		t.Logf("%s: %d requests, %d answers", operation, requests, answers)
	}
}

// official is the request without the sandbox's prefix.
func official(request *http.Request) *http.Request {
	clone := request.Clone(request.Context())
	clone.URL.Path, clone.URL.RawPath = clone.URL.Path[len("/twilio"):], ""
	return clone
}

func TestTheContractRefusesWhatIsWrong(t *testing.T) {
	contract := newContract(t)
	wrong, err := http.NewRequest(http.MethodPost, twilio.BaseURL+"/2010-04-01/Accounts/"+account+"/Messages.json", http.NoBody)
	require.NoError(t, err)
	wrong.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	require.Error(t, contract.Request(wrong, []byte("Body=without+a+recipient")))
	require.Error(t, contract.Answer(wrong, http.StatusCreated, http.Header{"Content-Type": {"application/json"}}, []byte(`{"status":"perhaps"}`)))
}
