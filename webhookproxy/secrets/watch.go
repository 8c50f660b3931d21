package secrets

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"guestjourney/internal/reload"
)

// Watch reads the file every so often and hands what is valid to apply whenever
// that may have changed: because somebody wrote the file, or because the term of a
// secret began or ended. What cannot be used is logged, once a state, and
// changes nothing. It returns when the context ends.
func (s *Source) Watch(ctx context.Context, every time.Duration, variables []string, apply func() error, logger *slog.Logger) {
	// What is in force is not known here: it may have changed since it was read.
	var known [][]string
	take := func() error {
		if err := s.Reload(); err != nil {
			return err
		}
		present := s.snapshot(variables)
		if slices.EqualFunc(known, present, slices.Equal) {
			return nil
		}
		if err := apply(); err != nil {
			return err
		}
		if known != nil {
			logger.Info("webhook secrets changed; requests under way are judged by the old ones")
		}
		known = present
		return nil
	}
	reload.Watch(ctx, every, take, func(err error) {
		logger.Error("webhook secrets cannot be taken over; those known before stay in force", "error", err.Error())
	})
}

func (s *Source) snapshot(variables []string) [][]string {
	all := make([][]string, len(variables))
	for i, variable := range variables {
		all[i] = s.Active(variable)
	}
	return all
}
