// Package reload takes a file over again while a program runs.
//
// Called by what keeps such a file: the proxy's webhook secrets, the staff file.
// It owns the rhythm and promises that what is wrong is said once and not at
// every look, until it is something else or has been right in between.
package reload

import (
	"context"
	"time"
)

// Watch calls take every so often, first after that time, until the context
// ends. take reads and puts in force; what it returns goes to report.
func Watch(ctx context.Context, every time.Duration, take func() error, report func(error)) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	trouble := ""
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		err := take()
		if text := errorText(err); text != trouble {
			trouble = text
			if err != nil {
				report(err)
			}
		}
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
