package provider

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"go.opentelemetry.io/otel/metric"
	"golang.org/x/time/rate"

	"guestjourney/activities/failure"
)

// Config describes one provider.
type Config struct {
	// Name is the provider's name in errors and logs, and its row in the table
	// of timeouts: "stripe".
	Name string
	// BaseURL sends requests elsewhere: scheme and host are replaced, its path
	// is put in front. Empty leaves an SDK's requests as they are.
	BaseURL string
	// Timeout replaces the table's; 0 takes the table's.
	Timeout time.Duration
	// MaxBody bounds what is read of an answer, in bytes; 0 is 8 MiB.
	MaxBody int64
	// Transport makes the connections; nil is one with keep-alive of its own.
	Transport http.RoundTripper
	// Logger receives one line a call; nil is slog's default.
	Logger *slog.Logger
	// Meter makes the metrics of the calls; nil measures nothing.
	Meter metric.Meter
	// Rate limits the calls per second of this process; 0 is no limit.
	Rate rate.Limit
	// Circuit replaces the table's row; a zero field takes the table's.
	Circuit Circuit
	// Code reads the provider's own error code from the body of an error
	// answer; nil looks in the usual places of a JSON body.
	Code func(body []byte) string
	// Rule overrides the general classification of an error answer; nil, or
	// false, leaves it as it is.
	Rule func(status int, code string, header http.Header) (Rule, bool)
}

// Rule is a provider's exception from the general classification.
type Rule struct {
	Class failure.Class
	// Advice says in a few words what a person can do; no personal data.
	Advice string
	// RetryAfter replaces what the Retry-After header says; 0 leaves it.
	RetryAfter time.Duration
}

// Client makes the calls to one provider. It may be used by many goroutines.
type Client struct {
	config    Config
	base      *url.URL // nil: requests keep their address
	transport http.RoundTripper
	limiter   *rate.Limiter
	breaker   *breaker
	signIn    *signIn // nil: the requests are signed in when they come here

	instruments instruments
}

// New checks the configuration.
func New(config Config) (*Client, error) {
	if config.Name == "" {
		return nil, errors.New("provider: Config.Name is empty; give the provider's name, such as \"stripe\"")
	}
	base, err := parseBase(config.BaseURL)
	if err != nil {
		return nil, fmt.Errorf("provider %s: %w", config.Name, err)
	}
	if config.Code == nil {
		config.Code = usualCode
	}
	if config.Timeout == 0 {
		config.Timeout = timeouts[config.Name]
	}
	if config.Timeout <= 0 {
		return nil, fmt.Errorf("provider %s: no timeout: set Config.Timeout or add a row to the table in timeouts.go", config.Name)
	}
	if config.Rate < 0 {
		return nil, fmt.Errorf("provider %s: Config.Rate is %v; want 0 for no limit, or calls per second", config.Name, config.Rate)
	}
	if config.Circuit.Failures < 0 || config.Circuit.Open < 0 {
		return nil, fmt.Errorf("provider %s: Config.Circuit is %+v; want failures and a time to stay open, or 0 for the table's", config.Name, config.Circuit)
	}
	config.MaxBody = cmp.Or(config.MaxBody, bodyLimit)
	config.Circuit = config.Circuit.or(circuitOf(config.Name))
	if config.Logger == nil {
		config.Logger = slog.Default()
	}
	client := &Client{config: config, base: base, transport: config.Transport, limiter: newLimiter(config.Rate)}
	if client.instruments, err = newInstruments(config.Meter); err != nil {
		return nil, fmt.Errorf("provider %s: %w", config.Name, err)
	}
	client.breaker = newBreaker(config.Name, config.Circuit, config.Logger)
	if client.transport == nil {
		client.transport = newTransport()
	}
	return client, nil
}

// Timeout returns the bound of one call.
func (c *Client) Timeout() time.Duration { return c.config.Timeout }

// Close closes the kept connections.
func (c *Client) Close() {
	if closer, ok := c.transport.(interface{ CloseIdleConnections() }); ok {
		closer.CloseIdleConnections()
	}
}

// HTTPClient returns a client for one call of a vendor's SDK. Its request
// carries ctx, ends with the provider's timeout, goes to the base URL and is
// sent once (but see Signed): a second request through the same client is refused. What happens
// to it is recorded in trace, which Classify reads.
func (c *Client) HTTPClient(ctx context.Context, trace *Trace) *http.Client {
	return &http.Client{
		Transport:     &attempt{client: c, ctx: ctx, trace: trace, base: c.base},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

func parseBase(text string) (*url.URL, error) {
	if text == "" {
		return nil, nil
	}
	base, err := url.Parse(text)
	if err != nil || (base.Scheme != "http" && base.Scheme != "https") || base.Host == "" || base.RawQuery != "" || base.Fragment != "" || base.User != nil {
		// The text is not quoted: a mistyped URL may hold a password.
		return nil, errors.New("the base URL is not of the form http(s)://host[:port][/path]")
	}
	base.Path, base.RawPath = strings.TrimRight(base.Path, "/"), ""
	return base, nil
}

func newLimiter(limit rate.Limit) *rate.Limiter {
	if limit == 0 || limit == rate.Inf {
		return rate.NewLimiter(rate.Inf, 0)
	}
	return rate.NewLimiter(limit, max(1, int(math.Ceil(float64(limit)))))
}

// newTransport keeps connections for less time than providers do, so that a
// request rarely meets one that the other side has just closed.
func newTransport() *http.Transport {
	dialer := &net.Dialer{Timeout: 5 * time.Second, KeepAlive: 15 * time.Second}
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            dialer.DialContext,
		ForceAttemptHTTP2:      true,
		TLSHandshakeTimeout:    5 * time.Second,
		MaxIdleConns:           64,
		MaxIdleConnsPerHost:    32,
		IdleConnTimeout:        30 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
	}
}
