//go:build faults

package main

import (
	"os"
	"os/signal"
	"syscall"
	"time"

	"guestjourney/webhookproxy/providers"
)

// faults are what package internal/proxytest does to the proxy from within.
type faults struct {
	step func(name string)
}

// loadFaults reads them from the environment: FAULT_DIE_AT is the step at which
// the process ends as in a power cut; FAULT_BUDGET shortens what a test would wait
// for otherwise. A file that is too large for the process is an
// error of the write, as on a full disk, and no signal.
func loadFaults(declared []providers.Provider) faults {
	signal.Ignore(syscall.SIGXFSZ)
	if budget := duration("FAULT_BUDGET"); budget > 0 {
		for i := range declared {
			declared[i].Budget = budget
		}
	}
	return faults{step: func(name string) {
		if name == os.Getenv("FAULT_DIE_AT") {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {} // nothing more happens until the signal has arrived
		}
	}}
}

func duration(variable string) time.Duration {
	text, set := os.LookupEnv(variable)
	if !set {
		return 0
	}
	read, err := time.ParseDuration(text)
	if err != nil {
		panic(variable + ": " + err.Error())
	}
	return read
}
