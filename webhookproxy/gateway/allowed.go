package gateway

import (
	"errors"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"guestjourney/webhookproxy/providers"
)

// Allowed are the ranges of addresses from which a provider's webhooks may come;
// a provider without any is not asked where it comes from. It is one lock more
// on the door, before anything is read: what proves a webhook is its signature.
type Allowed map[string][]netip.Prefix

var errAllowed = errors.New("want providers with ranges of addresses, comma-separated, such as stripe=3.18.12.63/32,stripe=3.130.192.0/24")

// ParseAllowed reads pairs such as "stripe=3.18.12.63/32".
func ParseAllowed(pairs []string) (Allowed, error) {
	allowed := Allowed{}
	for _, pair := range pairs {
		provider, text, _ := strings.Cut(pair, "=")
		network, err := netip.ParsePrefix(text)
		if err != nil || provider == "" {
			return nil, errAllowed
		}
		allowed[provider] = append(allowed[provider], network.Masked())
	}
	return allowed, nil
}

// Providers are those that have a list, in order.
func (a Allowed) Providers() []string { return slices.Sorted(maps.Keys(a)) }

// from says whether a provider may call from an address.
func (a Allowed) from(provider, address string) bool {
	networks, listed := a[provider]
	if !listed {
		return true
	}
	at, err := netip.ParseAddr(address)
	return err == nil && slices.ContainsFunc(networks, func(network netip.Prefix) bool { return network.Contains(at.Unmap()) })
}

// listed turns away who does not call from where the provider does.
func (g *Gateway) listed(provider providers.Provider, route providers.Route, next echo.HandlerFunc) echo.HandlerFunc {
	if len(g.config.Allowed[provider.Name]) == 0 {
		return next
	}
	return func(c echo.Context) error {
		if g.config.Allowed.from(provider.Name, c.RealIP()) {
			return next(c)
		}
		return g.reject(c, &request{provider: provider, route: route, begun: g.config.Now()}, refusalAddress)
	}
}
