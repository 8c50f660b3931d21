package sandboxtest

import (
	"fmt"
	"net/http"
	"sync/atomic"

	"guestjourney/internal/sandbox"
)

// NextWrite passes an adapter's requests on. Armed, it makes the sandbox fail at
// the next write, and not at a look-up that happens to come before it.
type NextWrite struct {
	// Next is where requests go.
	Next http.RoundTripper

	sandbox *sandbox.Server
	vendor  string
	armed   atomic.Pointer[sandbox.FaultKind]
}

// NextWrite is for the adapter of a vendor, by its name in faults.
func (s *Sandbox) NextWrite(vendor string) *NextWrite {
	return &NextWrite{Next: http.DefaultTransport, sandbox: s.Server, vendor: vendor}
}

// Arm has the sandbox fail at the next write, once.
func (n *NextWrite) Arm(kind sandbox.FaultKind) { n.armed.Store(&kind) }

// RoundTrip passes a request on.
func (n *NextWrite) RoundTrip(request *http.Request) (*http.Response, error) {
	if request.Method != http.MethodGet {
		if kind := n.armed.Swap(nil); kind != nil {
			if err := n.sandbox.SetFault(sandbox.Fault{Provider: n.vendor, Kind: *kind, Count: 1}); err != nil {
				return nil, fmt.Errorf("sandboxtest: arm a fault: %w", err)
			}
		}
	}
	return n.Next.RoundTrip(request)
}
