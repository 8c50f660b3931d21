package reload_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"guestjourney/internal/reload"
)

func TestTroubleIsSaidOnceAState(t *testing.T) {
	bad, worse := errors.New("bad"), errors.New("worse")
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		looks := []error{nil, bad, errors.New("bad"), worse, nil, nil, bad}
		var said []string
		taken := 0
		go reload.Watch(ctx, time.Second, func() error {
			err := looks[taken]
			taken++
			return err
		}, func(err error) { said = append(said, err.Error()) })
		time.Sleep(7*time.Second + time.Millisecond)
		cancel()
		synctest.Wait()
		require.Equal(t, 7, taken)
		require.Equal(t, []string{"bad", "worse", "bad"}, said)
	})
}
