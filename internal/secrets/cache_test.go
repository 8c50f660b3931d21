package secrets_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"guestjourney/internal/secrets"
)

// shelf is a Store that counts its reads.
type shelf struct {
	mutex  sync.Mutex
	texts  map[secrets.Stage]string
	broken error
	reads  int
	gate   chan struct{} // a read waits until it is closed; nil: none does
}

func (s *shelf) Read(ctx context.Context, _ secrets.Name, stage secrets.Stage) (secrets.Value, error) {
	s.mutex.Lock()
	gate := s.gate
	s.reads++
	s.mutex.Unlock()
	if gate != nil {
		select {
		case <-gate:
		case <-ctx.Done():
			return secrets.Value{}, ctx.Err()
		}
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	text, found := s.texts[stage]
	switch {
	case s.broken != nil:
		return secrets.Value{}, s.broken
	case !found:
		return secrets.Value{}, secrets.ErrNotFound
	}
	return secrets.Value{Text: text, Version: "of " + text[:3]}, nil
}

func (s *shelf) put(stage secrets.Stage, text string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.texts[stage] = text
}

func (s *shelf) breaks(err error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.broken = err
}

func (s *shelf) count() int {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.reads
}

// world is a Cache before a shelf, with a clock of its own.
type world struct {
	*shelf
	cache *secrets.Cache
	now   time.Time
	log   *bytes.Buffer
}

func newWorld() *world {
	w := &world{
		shelf: &shelf{texts: map[secrets.Stage]string{secrets.Current: "one-secret"}},
		now:   time.Date(2027, 3, 2, 9, 0, 0, 0, time.UTC), log: &bytes.Buffer{},
	}
	w.cache = secrets.NewCache(w.shelf, secrets.Options{Now: func() time.Time { return w.now }, Logger: slog.New(slog.NewTextHandler(w.log, nil))})
	return w
}

func (w *world) current(t *testing.T) string {
	t.Helper()
	text, err := w.cache.Named(secrets.StripeAPIKey).Current(t.Context())
	require.NoError(t, err)
	return text
}

func TestAValueIsBelievedForTheTTL(t *testing.T) {
	w := newWorld()
	assert.Equal(t, "one-secret", w.current(t))
	w.put(secrets.Current, "two-secret")
	w.now = w.now.Add(secrets.TTL - time.Second)
	assert.Equal(t, "one-secret", w.current(t))
	assert.Equal(t, 1, w.count())
	w.now = w.now.Add(time.Second)
	assert.Equal(t, "two-secret", w.current(t))
	assert.Equal(t, 2, w.count())
	assert.Contains(t, w.log.String(), "a secret has changed")
	assert.NotContains(t, w.log.String(), "two-secret")
}

func TestARefusedValueIsReadAgainAtOnceAndThenAfterAPause(t *testing.T) {
	w := newWorld()
	named := w.cache.Named(secrets.StripeAPIKey)
	assert.Equal(t, "one-secret", w.current(t))
	w.put(secrets.Current, "two-secret")
	w.now = w.now.Add(secrets.Pause)
	renewed, err := named.Renewed(t.Context(), "one-secret")
	require.NoError(t, err)
	assert.Equal(t, "two-secret", renewed)
	assert.Equal(t, 2, w.count())

	renewed, err = named.Renewed(t.Context(), "one-secret")
	require.NoError(t, err)
	assert.Equal(t, "two-secret", renewed, "one who comes late is told of it")
	for range 5 {
		renewed, err = named.Renewed(t.Context(), "two-secret")
		require.NoError(t, err)
		assert.Equal(t, "two-secret", renewed, "there is no other")
	}
	assert.Equal(t, 2, w.count(), "and the store is left alone meanwhile")
	w.now = w.now.Add(secrets.Pause)
	_, err = named.Renewed(t.Context(), "two-secret")
	require.NoError(t, err)
	assert.Equal(t, 3, w.count())
}

func TestAHundredRefusalsCauseOneRead(t *testing.T) {
	w := newWorld()
	named := w.cache.Named(secrets.StripeAPIKey)
	assert.Equal(t, "one-secret", w.current(t))
	w.put(secrets.Current, "two-secret")
	w.now = w.now.Add(secrets.Pause)
	w.gate = make(chan struct{})

	got := make(chan string, 100)
	var all sync.WaitGroup
	for range 100 {
		all.Go(func() {
			renewed, err := named.Renewed(t.Context(), "one-secret")
			assert.NoError(t, err)
			got <- renewed
		})
	}
	require.Eventually(t, func() bool { return w.count() == 2 }, 30*time.Second, time.Millisecond)
	close(w.gate)
	all.Wait()
	close(got)
	for renewed := range got {
		assert.Equal(t, "two-secret", renewed)
	}
	assert.Equal(t, 2, w.count(), "one to begin with, one for all hundred")
}

func TestWhoLeavesDoesNotEndTheReadOfTheOthers(t *testing.T) {
	w := newWorld()
	w.gate = make(chan struct{})
	ctx, leave := context.WithCancel(t.Context())
	left := make(chan error, 1)
	go func() {
		_, err := w.cache.Get(ctx, secrets.StripeAPIKey, secrets.Current)
		left <- err
	}()
	require.Eventually(t, func() bool { return w.count() == 1 }, 30*time.Second, time.Millisecond)
	stayed := make(chan secrets.Value, 1)
	go func() {
		value, err := w.cache.Get(t.Context(), secrets.StripeAPIKey, secrets.Current)
		assert.NoError(t, err)
		stayed <- value
	}()
	leave()
	require.ErrorIs(t, <-left, context.Canceled)
	close(w.gate)
	assert.Equal(t, "one-secret", (<-stayed).Text)
	assert.Equal(t, 1, w.count())
}

func TestAStoreThatCannotBeReadLeavesWhatIsKnown(t *testing.T) {
	w := newWorld()
	assert.Equal(t, "one-secret", w.current(t))
	w.breaks(errors.New("the store is away"))
	w.now = w.now.Add(secrets.TTL)
	assert.Equal(t, "one-secret", w.current(t))
	assert.Equal(t, "one-secret", w.current(t))
	assert.Equal(t, 2, w.count(), "it is not asked at every call")
	assert.Contains(t, w.log.String(), "the store is away")
	assert.NotContains(t, w.log.String(), "one-secret")

	_, err := w.cache.Named(secrets.StripeAPIKey).Renewed(t.Context(), "one-secret")
	require.ErrorContains(t, err, "the store is away", "whether there is another value is not known")

	w.breaks(nil)
	w.put(secrets.Current, "two-secret")
	w.now = w.now.Add(secrets.Pause)
	assert.Equal(t, "two-secret", w.current(t), "when it is back it is read")
}

func TestAValueThatWasNeverReadIsAnError(t *testing.T) {
	w := newWorld()
	w.breaks(errors.New("the store is away"))
	for range 3 {
		_, err := w.cache.Named(secrets.StripeAPIKey).Current(t.Context())
		require.ErrorContains(t, err, "the store is away")
	}
	assert.Equal(t, 1, w.count())
}

func TestWhatRotatesIsValidTogether(t *testing.T) {
	w := newWorld()
	valid := func() []string {
		values, err := w.cache.Named(secrets.TwilioAuthToken).Valid(t.Context())
		require.NoError(t, err)
		return values
	}
	assert.Equal(t, []string{"one-secret"}, valid())
	reads := w.count()
	w.now = w.now.Add(secrets.TTL - time.Second)
	assert.Equal(t, []string{"one-secret"}, valid())
	assert.Equal(t, reads, w.count(), "that nothing is on trial is remembered too")

	w.put(secrets.Pending, "two-secret")
	w.now = w.now.Add(secrets.TTL)
	assert.Equal(t, []string{"one-secret", "two-secret"}, valid())

	delete(w.texts, secrets.Pending)
	w.now = w.now.Add(secrets.TTL)
	assert.Equal(t, []string{"one-secret"}, valid(), "one that was withdrawn is valid no more")

	w.put(secrets.Current, "two-secret")
	w.put(secrets.Previous, "one-secret")
	w.now = w.now.Add(secrets.TTL)
	assert.Equal(t, []string{"two-secret", "one-secret"}, valid())
}
