package gateway

import (
	"errors"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"
	"golang.org/x/time/rate"
)

// ClientAddress says where a request comes from. Without trusted proxies it is
// the other end of the connection: what a request says about itself is anybody's
// word. The ranges are those of load balancers in front of this program, such as
// 10.0.0.0/8; X-Forwarded-For counts as far as they have written it.
func ClientAddress(trusted []string) (echo.IPExtractor, error) {
	if len(trusted) == 0 {
		return echo.ExtractIPDirect(), nil
	}
	// Echo trusts loopback and private networks by itself.
	options := []echo.TrustOption{echo.TrustLoopback(false), echo.TrustLinkLocal(false), echo.TrustPrivateNet(false)}
	for _, text := range trusted {
		_, network, err := net.ParseCIDR(strings.TrimSpace(text))
		if err != nil {
			return nil, errors.New("want ranges of addresses, comma-separated, such as 10.0.0.0/8,192.0.2.7/32")
		}
		options = append(options, echo.TrustIPRange(network))
	}
	return echo.ExtractIPFromXFFHeader(options...), nil
}

// forgetAddress is how long an address is remembered that does not come again.
const forgetAddress = 3 * time.Minute

// limitAddress turns an address away that asks too often, before anything is
// read or computed for it.
func (g *Gateway) limitAddress() echo.MiddlewareFunc {
	store := middleware.NewRateLimiterMemoryStoreWithConfig(middleware.RateLimiterMemoryStoreConfig{
		Rate: rate.Limit(g.config.AddressRate), Burst: max(1, int(2*g.config.AddressRate)), ExpiresIn: forgetAddress,
	})
	return middleware.RateLimiterWithConfig(middleware.RateLimiterConfig{
		Store:               store,
		IdentifierExtractor: func(c echo.Context) (string, error) { return c.RealIP(), nil },
		DenyHandler: func(c echo.Context, _ string, _ error) error {
			g.metrics.crowded.Inc()
			c.Response().Header().Set("Retry-After", retryAfter)
			return answer(c, http.StatusTooManyRequests, "busy")
		},
	})
}
