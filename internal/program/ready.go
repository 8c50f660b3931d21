package program

import (
	"context"

	"guestjourney/internal/health"
)

// Answers is a Settings.Ready that asks a URL for an answer of 2xx.
func Answers(url string) func() bool {
	return func() bool { return health.Check(context.Background(), url) == nil }
}
