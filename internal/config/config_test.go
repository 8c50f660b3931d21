package config_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"guestjourney/internal/config"
)

var key = base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, 32))

type settings struct {
	config.PayloadKeys
	config.Identity
	Stop  time.Duration `env:"STOP_TIMEOUT" envDefault:"40s" help:"how long stopping may take"`
	Cache int           `env:"STICKY_CACHE_SIZE" envDefault:"600"`
	Plain bool          `env:"ALLOW_PLAINTEXT"`

	Stripe vendor `envPrefix:"STRIPE_"`
	Twilio vendor `envPrefix:"TWILIO_"`
}

type vendor struct {
	Rate float64 `env:"RATE" envDefault:"80"`
	Key  string  `env:"KEY,required,notEmpty" help:"from the vendor's console"`
}

func environment(change map[string]string) map[string]string {
	all := map[string]string{"PAYLOAD_KEYS": "k1:" + key, "IDENTITY_KEY": key, "STRIPE_KEY": "sk_1", "TWILIO_KEY": "SK2"}
	for name, value := range change {
		all[name] = value
	}
	return all
}

func TestLoad(t *testing.T) {
	got, err := config.LoadFrom[settings](environment(map[string]string{"STOP_TIMEOUT": "5s", "ALLOW_PLAINTEXT": "true"}))
	require.NoError(t, err)
	require.Equal(t, 5*time.Second, got.Stop)
	require.Equal(t, 600, got.Cache)
	require.True(t, got.Plain)
	require.False(t, got.Ring().Empty())
	require.Len(t, got.IdentityKey.Bytes(), 32)
	require.NotContains(t, fmt.Sprintf("%v %+v %#v", got, got, got), "[7 7")
}

func TestOneLineNamesTheVariable(t *testing.T) {
	for name, test := range map[string]struct {
		change map[string]string
		want   string
	}{
		"not set":       {map[string]string{"PAYLOAD_KEYS": ""}, "PAYLOAD_KEYS: is empty; want <id>:"},
		"bad ring":      {map[string]string{"PAYLOAD_KEYS": "k1:" + key[:20]}, `PAYLOAD_KEYS: key 1: "k1" is not the base64 of 32 bytes`},
		"identity":      {map[string]string{"IDENTITY_KEY": key[:20]}, "IDENTITY_KEY: want 32 bytes in base64"},
		"duration":      {map[string]string{"STOP_TIMEOUT": "soon"}, `STOP_TIMEOUT: want a duration such as "30s"; how long stopping may take`},
		"whole number":  {map[string]string{"STICKY_CACHE_SIZE": "many"}, "STICKY_CACHE_SIZE: want a whole number"},
		"truth":         {map[string]string{"ALLOW_PLAINTEXT": "perhaps"}, `ALLOW_PLAINTEXT: want "true" or "false"`},
		"number":        {map[string]string{"STRIPE_RATE": "fast"}, "STRIPE_RATE: want a number"},
		"vendor":        {map[string]string{"TWILIO_RATE": "fast"}, "TWILIO_RATE: want a number"},
		"vendor's key":  {map[string]string{"STRIPE_KEY": ""}, "STRIPE_KEY: is empty; from the vendor's console"},
		"two at a time": {map[string]string{"STRIPE_RATE": "fast", "STICKY_CACHE_SIZE": "many"}, "STICKY_CACHE_SIZE: want a whole number; STRIPE_RATE"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := config.LoadFrom[settings](environment(test.change))
			require.ErrorContains(t, err, test.want)
			require.NotContains(t, err.Error(), "\n")
			require.NotContains(t, err.Error(), key[:20], "a secret in an error")
			require.NotContains(t, err.Error(), "IDENTITY_KEY: IDENTITY_KEY")
			require.Equal(t, 2, config.ExitCode(err))
		})
	}
}

func TestUnsetVariable(t *testing.T) {
	_, err := config.LoadFrom[settings](map[string]string{"IDENTITY_KEY": key, "STRIPE_KEY": "sk_1", "TWILIO_KEY": "SK2"})
	require.ErrorContains(t, err, "PAYLOAD_KEYS: is not set; want <id>:")
	require.Equal(t, 1, strings.Count(err.Error(), "PAYLOAD_KEYS"))
}

func TestLoadReadsTheEnvironment(t *testing.T) {
	t.Setenv("PAYLOAD_KEYS", "k1:"+key)
	t.Setenv("IDENTITY_KEY", key)
	t.Setenv("STRIPE_KEY", "sk_1")
	t.Setenv("TWILIO_KEY", "SK2")
	t.Setenv("STICKY_CACHE_SIZE", "7")
	got, err := config.Load[settings]()
	require.NoError(t, err)
	require.Equal(t, 7, got.Cache)
}

func TestExitCode(t *testing.T) {
	require.Equal(t, 0, config.ExitCode(nil))
	require.Equal(t, 1, config.ExitCode(errors.New("server unreachable")))
	require.Equal(t, 2, config.ExitCode(fmt.Errorf("start: %w", config.Invalid("PROXY_ADDR", "want\nhost:port"))))
	require.Equal(t, "PROXY_ADDR: want host:port", config.Invalid("PROXY_ADDR", "want\nhost:port").Error())
}
