package sendgrid_test

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"guestjourney/activities/email"
	"guestjourney/activities/email/sendgrid"
	"guestjourney/activities/provider"
	"guestjourney/activities/provider/providertest"
)

func newContract(t *testing.T) *providertest.Contract {
	t.Helper()
	return providertest.NewContract(t, "sendgrid_mail_v3.json", sendgrid.BaseURL)
}

// undescribed are the requests for which no description is at hand: the activity
// look-up and the key's scopes have files of their own.
var undescribed = map[string]bool{"GET /v3/messages": true, "GET /v3/scopes": true}

// TestRequestsAndAnswersFollowSendGridsDescription makes each call of the adapter
// before the sandbox, refused ones too, and holds what goes out and what comes
// back to the description.
func TestRequestsAndAnswersFollowSendGridsDescription(t *testing.T) {
	contract := newContract(t)
	server, client, next := newSandbox(t, true)
	next.Next = &providertest.Held{Next: next.Next, Wrong: func(err error) { t.Error(err) },
		Request: func(request *http.Request, body []byte) error {
			return known(request, contract.Request(official(request), body))
		},
		Answer: func(request *http.Request, status int, header http.Header, body []byte) error {
			return known(request, contract.Answer(official(request), status, header, body))
		},
	}
	set := config(true)
	set.APIKey = provider.Fixed(server.Secrets.SendGridKey)
	sender, err := sendgrid.New(set, client)
	require.NoError(t, err)
	set.APIKey = provider.Fixed("SG.wr0ng")
	stranger, err := sendgrid.New(set, client)
	require.NoError(t, err)
	calls := map[string]func(context.Context) error{
		"Ping": sender.Ping,
		"Send": func(ctx context.Context) error {
			_, err := stranger.Send(ctx, effect(true), message())
			require.Error(t, err)
			for _, first := range []bool{true, false} {
				if _, err := sender.Send(ctx, effect(first), message()); err != nil {
					return err
				}
			}
			return nil
		},
	}
	for _, method := range append(providertest.Methods[email.Sender](), "Ping") {
		require.Contains(t, calls, method, "a call of the port's that no contract holds")
		require.NoError(t, calls[method](t.Context()), method)
	}
	requests, answers := contract.Checked("SendMail")
	assert.Equal(t, 2, requests)
	assert.Equal(t, 2, answers, "the accepted and the refused")
}

func known(request *http.Request, err error) error {
	if errors.Is(err, providertest.ErrNotDescribed) && undescribed[request.Method+" "+official(request).URL.Path] {
		return nil
	}
	return err
}

// official is the request without the sandbox's prefix.
func official(request *http.Request) *http.Request {
	clone := request.Clone(request.Context())
	clone.URL.Path, clone.URL.RawPath = clone.URL.Path[len("/sendgrid"):], ""
	return clone
}

func TestTheContractRefusesWhatIsWrong(t *testing.T) {
	contract := newContract(t)
	wrong, err := http.NewRequest(http.MethodPost, sendgrid.BaseURL+"/v3/mail/send", http.NoBody)
	require.NoError(t, err)
	wrong.Header.Set("Content-Type", "application/json")
	require.Error(t, contract.Request(wrong, []byte(`{"subject":"nobody"}`)))
	require.Error(t, contract.Answer(wrong, http.StatusBadRequest, http.Header{"Content-Type": {"application/json"}}, []byte(`{"errors":"none"}`)))
}
