// Package health asks a program over HTTP whether it is well.
//
// Called by `starter health`, which is the health check of a container that has
// no other program in it, and by `starter dev`, which waits for each service.
// The tests of the whole house wait by it, too. It promises that nil means an
// answer of 2xx, within Patience, and that no connection is left open.
package health

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// Patience is how long an answer may take.
const Patience = 2 * time.Second

// maxWords bounds what is quoted of an answer, in bytes.
const maxWords = 512

// Check asks the URL of a health endpoint. Its error, in one line, says what
// the answer was.
func Check(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, Patience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return fmt.Errorf("ask %s: %w", url, err)
	}
	request.Close = true
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("no answer: %w", err) // names the URL
	}
	defer response.Body.Close() //nolint:errcheck // read only
	words, err := io.ReadAll(io.LimitReader(response.Body, maxWords))
	if err != nil {
		return fmt.Errorf("read the answer of %s: %w", url, err)
	}
	if response.StatusCode/100 != 2 {
		return fmt.Errorf("%s answers %d: %s", url, response.StatusCode, strings.Join(strings.Fields(string(words)), " "))
	}
	return nil
}
