// Package health is the port for asking a provider whether it can be used.
//
// Called by HealthCheck. It promises that asking changes nothing at the
// provider, is one attempt, and that the answer holds codes and never a text:
// it enters histories and the operators' terminals.
package health

import (
	"context"

	"guestjourney/activities/failure"
)

// Provider is a vendor that can be asked. Every vendor's adapter is one.
type Provider interface {
	// Name is the vendor's, as errors and logs have it: "stripe".
	Name() string
	// Ping makes the vendor's cheapest signed-in call, once. An error is a
	// *failure.Error.
	Ping(context.Context) error
}

// Question is the input of Ping: there is nothing to choose.
type Question struct{}

// Answer is what a ping found. That the provider is ill is an answer, and no
// failure of the activity.
type Answer struct {
	Provider string `json:"provider"`
	// Trouble is nil if the provider is well.
	Trouble *Trouble `json:"trouble,omitempty"`
}

// Trouble says how a ping failed.
type Trouble struct {
	Class failure.Class `json:"class"`
	// Code is the provider's own, or one of ours: "status_503",
	// "circuit_open"; empty if nothing is known but the class.
	Code string `json:"code,omitempty"`
}
