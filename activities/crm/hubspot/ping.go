package hubspot

import (
	"context"
	"net/http"

	"guestjourney/activities/provider"
)

// Name is the vendor's.
func (b *Book) Name() string { return b.client.Name() }

// Ping reads the account's details: every token may, and no record is touched.
func (b *Book) Ping(ctx context.Context) error {
	// This API has no dated version of its own: the path is the same for all.
	return b.call(ctx, provider.Request{
		Operation: "account.details", Method: http.MethodGet, Path: "/account-info/v3/details",
	}, nil)
}
