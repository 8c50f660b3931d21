package trouble_test

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"guestjourney/webhookproxy/telemetry/trouble"
)

func TestItIsSaidOnce(t *testing.T) {
	var log bytes.Buffer
	one := trouble.New(slog.New(slog.NewTextHandler(&log, nil)), "it does not work")
	first, second := errors.New("first"), errors.New("second")
	for _, err := range []error{first, first, second, second, first, nil, nil, first} {
		one.Say(err)
	}
	require.Equal(t, 4, strings.Count(log.String(), "it does not work"), log.String())
}
