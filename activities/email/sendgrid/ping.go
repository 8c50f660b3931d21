package sendgrid

import (
	"context"

	"github.com/sendgrid/rest"
	sdk "github.com/sendgrid/sendgrid-go"

	"guestjourney/activities/provider"
)

// Name is the vendor's.
func (s *Sender) Name() string { return s.client.Name() }

// Ping reads what the API key may do.
func (s *Sender) Ping(ctx context.Context) error {
	request := sdk.GetRequest(provider.SDKKey, "/v3/scopes", BaseURL)
	request.Method = rest.Get
	_, err := s.call(ctx, operationScopes, request)
	return err
}
