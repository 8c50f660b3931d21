// Package conformance is what every adapter of activities/records must pass.
//
// Called by the adapters' tests: it holds the port's promises, in the port's words.
package conformance

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/require"

	"guestjourney/activities/failure"
	"guestjourney/activities/options"
	"guestjourney/activities/records"
)

// Harness is one adapter before a place that keeps nothing yet.
type Harness struct {
	Filing records.Filing
	// Kept returns what lies under a reference.
	Kept func(ref string) []byte
	// Count is how many documents are kept, whole or in part.
	Count func() int
	// Down makes the place refuse every document, or ends that.
	Down func(down bool)
}

const name = "session_2fconformance.zip"

func (h Harness) file(content io.Reader) (records.Filed, error) {
	effect := options.Effect{Key: "session/conformance/0123456789ab/record/1", FirstTry: true, Since: time.Now()}
	return h.Filing.File(context.Background(), effect, records.Document{Name: name, MediaType: records.MediaType, Content: content})
}

// Run runs the suite. newHarness is called once for each of its parts.
func Run(t *testing.T, newHarness func(t *testing.T) Harness) {
	content := bytes.Repeat([]byte("a record, "), 100_000)
	sum := sha256.Sum256(content)
	t.Run("a document is kept whole, and named by what is in it", func(t *testing.T) {
		h := newHarness(t)
		filed, err := h.file(iotest.HalfReader(bytes.NewReader(content)))
		require.NoError(t, err)
		require.Equal(t, []any{hex.EncodeToString(sum[:]), int64(len(content))}, []any{filed.SHA256, filed.Bytes})
		require.NotEmpty(t, filed.Ref)
		require.True(t, bytes.Equal(content, h.Kept(filed.Ref)))
	})
	t.Run("the same content is kept once", func(t *testing.T) {
		h := newHarness(t)
		first, err := h.file(bytes.NewReader(content))
		require.NoError(t, err)
		again, err := h.file(bytes.NewReader(content))
		require.NoError(t, err)
		require.Equal(t, first, again)
		require.Equal(t, 1, h.Count())
	})
	t.Run("another content is a further version", func(t *testing.T) {
		h := newHarness(t)
		first, err := h.file(bytes.NewReader(content))
		require.NoError(t, err)
		second, err := h.file(strings.NewReader("another record"))
		require.NoError(t, err)
		require.NotEqual(t, first.Ref, second.Ref)
		require.True(t, bytes.Equal(content, h.Kept(first.Ref)), "the first is what it was")
		require.Equal(t, "another record", string(h.Kept(second.Ref)))
	})
	t.Run("what cannot be read to its end is not kept", func(t *testing.T) {
		h := newHarness(t)
		_, err := h.file(io.MultiReader(bytes.NewReader(content), iotest.ErrReader(io.ErrUnexpectedEOF)))
		require.True(t, requireFailure(t, err).Class.Retryable())
		require.ErrorIs(t, err, io.ErrUnexpectedEOF)
		require.Zero(t, h.Count())
	})
	t.Run("the error of the source keeps its class", func(t *testing.T) {
		h := newHarness(t)
		gone := &failure.Error{Provider: "telemetry", Operation: "record", Class: failure.Permanent, Status: 404}
		_, err := h.file(io.MultiReader(bytes.NewReader(content), iotest.ErrReader(gone)))
		require.Equal(t, gone, requireFailure(t, err))
		require.Zero(t, h.Count())
	})
	t.Run("a name that is none is refused", func(t *testing.T) {
		h := newHarness(t)
		for _, bad := range []string{"", ".", "..", "../escape.zip", "a/b.zip", ".hidden", "Guest.zip", strings.Repeat("a", 300)} {
			_, err := h.Filing.File(context.Background(), options.Effect{Key: "k"}, records.Document{Name: bad, Content: bytes.NewReader(content)})
			require.Equal(t, failure.InvalidInput, requireFailure(t, err).Class, bad)
		}
		require.Zero(t, h.Count())
	})
	t.Run("nobody waits: nothing is kept", func(t *testing.T) {
		h := newHarness(t)
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		_, err := h.Filing.File(ctx, options.Effect{Key: "k"}, records.Document{Name: name, Content: bytes.NewReader(content)})
		require.ErrorIs(t, err, context.Canceled)
		require.Zero(t, h.Count())
	})
	t.Run("a place that is down is tried again", func(t *testing.T) {
		h := newHarness(t)
		h.Down(true)
		_, err := h.file(bytes.NewReader(content))
		failed := requireFailure(t, err)
		require.True(t, failed.Class.Retryable())
		require.NotEmpty(t, failed.Provider)
		require.NotEmpty(t, failed.Advice)
		h.Down(false)
		_, err = h.file(bytes.NewReader(content))
		require.NoError(t, err)
		require.Equal(t, 1, h.Count())
	})
	t.Run("many at once keep one", func(t *testing.T) {
		h := newHarness(t)
		var group sync.WaitGroup
		var all [8]error
		for i := range all {
			group.Go(func() { _, all[i] = h.file(bytes.NewReader(content)) })
		}
		group.Wait()
		require.NoError(t, errors.Join(all[:]...))
		require.Equal(t, 1, h.Count())
	})
}

func requireFailure(t *testing.T, err error) *failure.Error {
	t.Helper()
	var known *failure.Error
	require.ErrorAs(t, err, &known)
	return known
}
