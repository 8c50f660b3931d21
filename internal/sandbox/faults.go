package sandbox

import (
	"fmt"
	"slices"
	"time"
)

// FaultKind is one way in which a provider misbehaves.
type FaultKind string

// The kinds of faults.
const (
	FaultLatency   FaultKind = "latency"          // answers after Delay
	Fault429       FaultKind = "429"              // refused for its rate, with Retry-After
	Fault500       FaultKind = "500"              // nothing happened (Stripe keeps it under its key)
	Fault500After  FaultKind = "500_after_write"  // the effect happened, the answer is a 500
	Fault503       FaultKind = "503"              // nothing happened
	FaultReset     FaultKind = "reset"            // connection reset before the effect
	FaultDropAfter FaultKind = "drop_after_write" // the effect happened, no answer
	FaultDown      FaultKind = "down"             // reset for every call until cleared
)

var faultKinds = []FaultKind{FaultLatency, Fault429, Fault500, Fault500After, Fault503, FaultReset, FaultDropAfter, FaultDown}

// Fault makes matching calls fail. Faults live in memory: a restarted sandbox
// has none.
type Fault struct {
	Provider  string    `json:"provider"`            // empty: every provider
	Operation string    `json:"operation,omitempty"` // empty: every operation
	Kind      FaultKind `json:"kind"`
	// Count is how many calls are hit; 0 means all until cleared or Until.
	Count int `json:"count,omitempty"`
	// Delay is in nanoseconds in Go and a string ("250ms") over HTTP.
	Delay time.Duration `json:"-"`
	// RetryAfter is the header's seconds.
	RetryAfter int       `json:"retryAfter,omitempty"`
	Until      time.Time `json:"until,omitzero"`
}

// SetFault adds a fault.
func (s *Server) SetFault(fault Fault) error {
	if !slices.Contains(faultKinds, fault.Kind) {
		return fmt.Errorf("sandbox: unknown fault kind %q; known: %v", fault.Kind, faultKinds)
	}
	if fault.Provider != "" && !slices.Contains(providerNames, fault.Provider) {
		return fmt.Errorf("sandbox: unknown provider %q; known: %v", fault.Provider, providerNames)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, &fault)
	return nil
}

// ClearFaults removes every fault; with names, only those of these providers.
func (s *Server) ClearFaults(providers ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = slices.DeleteFunc(s.faults, func(fault *Fault) bool {
		return len(providers) == 0 || slices.Contains(providers, fault.Provider)
	})
}

// Faults returns the faults that still wait for calls.
func (s *Server) Faults() []Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := []Fault{}
	for _, fault := range s.faults {
		found = append(found, *fault)
	}
	return found
}

// takeFault returns how long to wait and which fault hits this call, and
// counts it. Latency joins any other fault.
func (s *Server) takeFault(provider, operation string) (time.Duration, Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	var delay time.Duration
	var hit Fault
	s.faults = slices.DeleteFunc(s.faults, func(fault *Fault) bool {
		if !fault.Until.IsZero() && !now.Before(fault.Until) {
			return true
		}
		matches := (fault.Provider == "" || fault.Provider == provider) && (fault.Operation == "" || fault.Operation == operation)
		if !matches || (fault.Kind != FaultLatency && hit.Kind != "") {
			return false
		}
		if fault.Kind == FaultLatency {
			delay += fault.Delay
		} else {
			hit = *fault
		}
		if fault.Count == 0 {
			return false
		}
		fault.Count--
		return fault.Count == 0
	})
	return delay, hit
}
