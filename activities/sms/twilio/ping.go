package twilio

import (
	"context"

	"guestjourney/activities/provider"
)

// Name is the vendor's.
func (s *Sender) Name() string { return s.client.Name() }

// Ping reads the account that the texts are sent from.
func (s *Sender) Ping(ctx context.Context) error {
	var trace provider.Trace
	_, err := s.messages(ctx, &trace).FetchAccount(s.config.AccountSID)
	return s.check(operationAccount, &trace, err)
}
