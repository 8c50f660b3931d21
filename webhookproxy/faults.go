//go:build !faults

package main

import "guestjourney/webhookproxy/providers"

// faults are what a test may do to the proxy from within. A program that is not
// built for it (see faults_inside.go) has none.
type faults struct {
	step func(name string)
}

func loadFaults([]providers.Provider) faults { return faults{} }
