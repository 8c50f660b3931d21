package verify

import (
	"context"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
	"golang.org/x/time/rate"
)

// certificateURL is the only kind of address that is fetched. The path is held
// whole: others test the end of the address, where "?x=.pem" passes too.
var certificateURL = regexp.MustCompile(`^https://sns\.[a-z0-9-]{3,32}\.amazonaws\.com(\.cn)?/SimpleNotificationService-[0-9a-f]{1,64}\.pem$`)

// What a fetch may cost. An address is named by anybody who knows a topic, so
// unknown ones are few: a burst of 8, then one in 10 seconds.
const (
	fetchTimeout     = 3 * time.Second
	fetchEvery       = 10 * time.Second
	fetchBurst       = 8
	maxCertificate   = 32 << 10 // bytes
	maxKnown         = 32
	knownBad         = 10 * time.Minute
	knownUnavailable = 10 * time.Second
)

// Certificates fetches Amazon's signing certificates and keeps them as long as
// they are valid: the address holds their hash, so they never change. What
// could not be fetched is remembered for a while, and concurrent questions for
// one address are one fetch.
type Certificates struct {
	transport http.RoundTripper
	roots     *x509.CertPool
	flights   singleflight.Group
	fetches   *rate.Limiter

	mu    sync.Mutex
	known map[string]certificate
}

// certificate is an answer: a key, or why there is none, and how long that holds.
type certificate struct {
	key   *rsa.PublicKey
	id    string
	err   error
	until time.Time
}

// NewCertificates fetches through the transport and trusts the roots; nil is
// HTTPS as usual and the roots of the system. A transport follows no redirect,
// and that is meant: it alone is used, without a client.
func NewCertificates(transport http.RoundTripper, roots *x509.CertPool) *Certificates {
	if transport == nil {
		transport = &http.Transport{
			Proxy: http.ProxyFromEnvironment, TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12},
			MaxResponseHeaderBytes: 16 << 10, MaxConnsPerHost: 2, IdleConnTimeout: time.Minute,
		}
	}
	return &Certificates{
		transport: transport, roots: roots, known: map[string]certificate{},
		fetches: rate.NewLimiter(rate.Every(fetchEvery), fetchBurst),
	}
}

// get returns the certificate at an address that certificateURL matches.
// ErrSignature: Amazon has none there. ErrUnavailable: not to be had now.
func (c *Certificates) get(address string, now time.Time) (certificate, error) {
	if known, ok := c.lookUp(address, now); ok {
		return known, known.err
	}
	found, _, _ := c.flights.Do(address, func() (any, error) {
		if known, ok := c.lookUp(address, now); ok {
			return known, nil
		}
		if !c.fetches.AllowN(now, 1) {
			return certificate{err: fmt.Errorf("%w: too many certificates are asked for", ErrUnavailable)}, nil
		}
		fetched := c.fetch(address, now)
		c.keep(address, fetched, now)
		return fetched, nil
	})
	answer := found.(certificate)
	return answer, answer.err
}

func (c *Certificates) lookUp(address string, now time.Time) (certificate, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	known, ok := c.known[address]
	return known, ok && now.Before(known.until)
}

// keep makes room by forgetting what is over, then what was refused: good
// certificates are Amazon's, and few.
func (c *Certificates) keep(address string, fetched certificate, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for other, known := range c.known {
		if !now.Before(known.until) || len(c.known) >= maxKnown && known.err != nil {
			delete(c.known, other)
		}
	}
	c.known[address] = fetched
}

// fetch asks Amazon, and judges the answer.
func (c *Certificates) fetch(address string, now time.Time) certificate {
	chain, err := c.download(address)
	if err == nil {
		var leaf *x509.Certificate
		if leaf, err = c.trusted(chain, now); err == nil {
			return certificate{key: leaf.PublicKey.(*rsa.PublicKey), id: KeyID(string(leaf.Raw)), until: leaf.NotAfter}
		}
	}
	if errors.Is(err, ErrSignature) {
		return certificate{err: err, until: now.Add(knownBad)}
	}
	return certificate{err: fmt.Errorf("%w: %w", ErrUnavailable, err), until: now.Add(knownUnavailable)}
}

// download returns the certificates at the address, then those of the
// connection. The file may hold the signing certificate alone; its issuer is
// usually the one of the server.
func (c *Certificates) download(address string) ([]*x509.Certificate, error) {
	ctx, cancel := context.WithTimeout(context.Background(), fetchTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, errors.New("the address of the certificate is none")
	}
	response, err := c.transport.RoundTrip(request)
	if err != nil {
		return nil, fmt.Errorf("asking Amazon: %w", err)
	}
	defer response.Body.Close() //nolint:errcheck // read only
	switch response.StatusCode {
	case http.StatusOK:
	case http.StatusForbidden, http.StatusNotFound: // S3's ways to say that it is not there
		return nil, ErrSignature
	default:
		return nil, fmt.Errorf("asking Amazon: status %d, want 200", response.StatusCode)
	}
	text, err := io.ReadAll(io.LimitReader(response.Body, maxCertificate+1))
	if err != nil {
		return nil, fmt.Errorf("reading Amazon's answer: %w", err)
	}
	if len(text) > maxCertificate {
		return nil, fmt.Errorf("the answer of Amazon is larger than %d bytes", maxCertificate)
	}
	chain, err := parseChain(text)
	if err == nil && response.TLS != nil {
		chain = append(chain, response.TLS.PeerCertificates...)
	}
	return chain, err
}

func parseChain(text []byte) ([]*x509.Certificate, error) {
	var chain []*x509.Certificate
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		parsed, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, errors.New("the answer of Amazon holds a certificate that cannot be read")
		}
		chain = append(chain, parsed)
	}
	if len(chain) == 0 {
		return nil, errors.New("the answer of Amazon holds no certificate in PEM")
	}
	return chain, nil
}

// trusted returns the first certificate, if a root vouches for it now.
func (c *Certificates) trusted(chain []*x509.Certificate, now time.Time) (*x509.Certificate, error) {
	leaf, intermediates := chain[0], x509.NewCertPool()
	for _, other := range chain[1:] {
		intermediates.AddCert(other)
	}
	_, err := leaf.Verify(x509.VerifyOptions{
		Roots: c.roots, Intermediates: intermediates, CurrentTime: now,
		KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
	})
	if err != nil {
		return nil, fmt.Errorf("the signing certificate is not trusted: %w", err)
	}
	if _, ok := leaf.PublicKey.(*rsa.PublicKey); !ok {
		return nil, errors.New("the signing certificate holds no RSA key")
	}
	return leaf, nil
}
