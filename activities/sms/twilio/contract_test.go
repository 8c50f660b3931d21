package twilio_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
	"github.com/stretchr/testify/require"

	"guestjourney/activities/sms"
	"guestjourney/activities/sms/twilio"
)

// description is Twilio's own, published API description. It is no part of this
// repository.
const description = "../../../../shared/specs/twilio_api_v2010.json"

// contract checks each request against the description before it would leave,
// while it still carries Twilio's own host.
type contract struct {
	t       *testing.T
	router  routers.Router
	checked []string
}

func newContract(t *testing.T) *contract {
	t.Helper()
	if _, err := os.Stat(description); err != nil {
		t.Skip("Twilio's API description is not beside the repository (../shared/specs)")
	}
	document, err := openapi3.NewLoader().LoadFromFile(description)
	require.NoError(t, err)
	router, err := gorillamux.NewRouter(document)
	require.NoError(t, err)
	return &contract{t: t, router: router}
}

func (c *contract) check(request *http.Request) error {
	route, parameters, err := c.router.FindRoute(request)
	if err != nil {
		return err
	}
	c.checked = append(c.checked, route.Operation.OperationID)
	return openapi3filter.ValidateRequest(request.Context(), &openapi3filter.RequestValidationInput{
		Request: request, PathParams: parameters, Route: route,
		Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc},
	})
}

func (c *contract) RoundTrip(request *http.Request) (*http.Response, error) {
	body := []byte{}
	if request.Body != nil {
		var err error
		if body, err = io.ReadAll(request.Body); err != nil {
			return nil, err
		}
	}
	request.Body = io.NopCloser(bytes.NewReader(body))
	require.NoError(c.t, c.check(request))
	answer, status := `{"messages":[]}`, http.StatusOK
	if request.Method == http.MethodPost {
		answer, status = accepted, http.StatusCreated
	}
	return &http.Response{
		StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(bytes.NewReader([]byte(answer))), Request: request,
	}, nil
}

func TestRequestsFollowTwiliosDescription(t *testing.T) {
	contract := newContract(t)
	sender, err := twilio.New(config(), newClient(t, "", contract))
	require.NoError(t, err)
	_, err = sender.Send(context.Background(), effect(false), text())
	require.NoError(t, err)
	_, err = sender.Delivery(context.Background(), sms.DeliveryRequest{ID: "SM0123456789abcdef0123456789abcdef"})
	require.NoError(t, err)
	require.Equal(t, []string{"ListMessage", "CreateMessage", "FetchMessage"}, contract.checked)
}

func TestTheContractRefusesAWrongRequest(t *testing.T) {
	contract := newContract(t)
	wrong, err := http.NewRequest(http.MethodPost, twilio.BaseURL+"/2010-04-01/Accounts/"+account+"/Messages.json",
		bytes.NewReader([]byte("Body=without+a+recipient")))
	require.NoError(t, err)
	wrong.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	require.Error(t, contract.check(wrong))
}
