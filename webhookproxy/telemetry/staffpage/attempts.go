package staffpage

import (
	"net"
	"net/http"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// How often a wrong token may be tried from one address. A token has 256 random
// bits: the limit is for the load and the log, not for the odds.
const (
	attemptsAtOnce = 5
	attemptEvery   = 6 * time.Second
	// maxAddresses is how many are told apart; the others share one limit.
	maxAddresses = 1024
)

// attempts counts failed sign-ins by address. The right token costs nothing, so
// that a colleague's mistakes at the same desk are forgotten soon.
type attempts struct {
	now    func() time.Time
	client func(*http.Request) string

	mutex     sync.Mutex
	addresses map[string]*rate.Limiter
}

func newAttempts(now func() time.Time, client func(*http.Request) string) *attempts {
	return &attempts{now: now, client: client, addresses: map[string]*rate.Limiter{}}
}

// allowed says whether another attempt may be made from there.
func (a *attempts) allowed(r *http.Request) bool {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	return a.of(r).TokensAt(a.now()) >= 1
}

// failed counts one.
func (a *attempts) failed(r *http.Request) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	a.of(r).AllowN(a.now(), 1)
}

// otherEnd is the address of the connection. What a header says of it is not asked:
// anybody can write one.
func otherEnd(r *http.Request) string {
	address, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return address
}

// of finds the limiter of the client's address.
func (a *attempts) of(r *http.Request) *rate.Limiter {
	address := a.client(r)
	if a.addresses[address] == nil && len(a.addresses) >= maxAddresses {
		a.forget()
	}
	if a.addresses[address] == nil && len(a.addresses) >= maxAddresses {
		address = ""
	}
	if a.addresses[address] == nil {
		a.addresses[address] = rate.NewLimiter(rate.Every(attemptEvery), attemptsAtOnce)
	}
	return a.addresses[address]
}

// forget drops the addresses that have no failure left.
func (a *attempts) forget() {
	for address, limiter := range a.addresses {
		if limiter.TokensAt(a.now()) >= attemptsAtOnce {
			delete(a.addresses, address)
		}
	}
}
