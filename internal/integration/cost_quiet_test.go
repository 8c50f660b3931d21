package integration

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
)

// awaitQuiet waits until nothing is under way in these workflows: each waits for
// a message or a deadline. One that does not exist is quiet.
func awaitQuiet(t *testing.T, temporal client.Client, workflowIDs ...string) {
	t.Helper()
	require.NoError(t, quiet(temporal, 2*time.Minute, workflowIDs))
}

// quietLooks in a row must show the same: what one workflow sends to another is
// seen in neither for a moment.
const quietLooks = 4

func quiet(temporal client.Client, within time.Duration, workflowIDs []string) error {
	tick := time.NewTicker(25 * time.Millisecond)
	defer tick.Stop()
	deadline := time.Now().Add(within)
	var last []int64
	for same := 0; same < quietLooks; {
		if time.Now().After(deadline) {
			return errors.New("the workflows did not come to rest")
		}
		<-tick.C
		lengths, still, err := look(temporal, workflowIDs)
		if err != nil {
			return err
		}
		if still && slices.Equal(lengths, last) {
			same++
		} else {
			same = 0
		}
		last = lengths
	}
	return nil
}

// look returns how long each history is, and whether nothing is under way.
func look(temporal client.Client, workflowIDs []string) (lengths []int64, still bool, err error) {
	still = true
	for _, id := range workflowIDs {
		described, err := temporal.DescribeWorkflowExecution(context.Background(), id, "")
		var missing *serviceerror.NotFound
		if errors.As(err, &missing) {
			lengths = append(lengths, 0)
			continue
		}
		if err != nil {
			return nil, false, err
		}
		still = still && described.GetPendingWorkflowTask() == nil && len(described.GetPendingActivities()) == 0
		lengths = append(lengths, described.GetWorkflowExecutionInfo().GetHistoryLength())
	}
	return lengths, still, nil
}

// turnstile stands between the providers and the proxy, and lets one webhook
// through at a time, when the house is quiet: so each fact has its own task, and
// what a way costs does not depend on what happened to meet.
type turnstile struct {
	server *httptest.Server
	mu     sync.Mutex
	house  *house
	ids    []string
}

func newTurnstile(t *testing.T) *turnstile {
	s := &turnstile{}
	s.server = httptest.NewServer(http.HandlerFunc(s.pass))
	t.Cleanup(s.server.Close)
	return s
}

// guard opens the turnstile for the workflows of a house.
func (s *turnstile) guard(h *house, ids []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.house, s.ids = h, ids
}

func (s *turnstile) pass(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.house == nil || quiet(s.house.client, 8*time.Second, s.ids) != nil {
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(http.StatusTooEarly) // the provider tries again
		return
	}
	target, err := url.Parse(s.house.proxyURL)
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	httputil.NewSingleHostReverseProxy(target).ServeHTTP(w, r)
}
