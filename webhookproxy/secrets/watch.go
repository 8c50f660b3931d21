package secrets

import (
	"context"
	"log/slog"
	"slices"
	"time"
)

// Watch reads the file every so often and hands what is valid to apply whenever
// that may have changed: because somebody wrote the file, or because the term of a
// secret began or ended. What cannot be used is logged, once a state, and
// changes nothing. It returns when the context ends.
func (s *Source) Watch(ctx context.Context, every time.Duration, variables []string, apply func() error, logger *slog.Logger) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	// What is in force is not known here: it may have changed since it was read.
	var known [][]string
	trouble := ""
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		err := s.Reload()
		if present := s.snapshot(variables); err == nil && !slices.EqualFunc(known, present, slices.Equal) {
			if err = apply(); err == nil {
				if known != nil {
					logger.Info("webhook secrets changed; requests under way are judged by the old ones")
				}
				known = present
			}
		}
		if text := errorText(err); text != trouble {
			trouble = text
			if err != nil {
				logger.Error("webhook secrets cannot be taken over; those known before stay in force", "error", text)
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

func (s *Source) snapshot(variables []string) [][]string {
	all := make([][]string, len(variables))
	for i, variable := range variables {
		all[i] = s.Active(variable)
	}
	return all
}
