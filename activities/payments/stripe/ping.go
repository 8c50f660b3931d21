package stripe

import (
	"context"

	stripego "github.com/stripe/stripe-go/v76"
)

// Name is the vendor's.
func (g *Gateway) Name() string { return g.out.Name() }

// Ping reads the balance: every secret key may, and it changes nothing.
func (g *Gateway) Ping(ctx context.Context) error {
	c := g.begin(ctx, "balance.read")
	params := &stripego.BalanceParams{}
	params.Context = ctx
	if _, err := c.api.Balance.Get(params); err != nil {
		return c.failed(err)
	}
	return nil
}
