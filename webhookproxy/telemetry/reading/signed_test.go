package reading_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"guestjourney/internal/config"
	"guestjourney/internal/verify"
	"guestjourney/webhookproxy/telemetry/reading"
)

const (
	oldKey   = "b2xkIGtleSBvZiBtb25pdG9yIDcgLi4u+/=="
	newKey   = "bmV3IGtleSBvZiBtb25pdG9yIDcgLi4u+/=="
	otherKey = "a2V5IG9mIG1vbml0b3IgOCwgbm90IG9mIDcu"
)

type settings struct {
	Keys reading.Keys `env:"DEVICE_KEYS,required,notEmpty" help:"want <device>=<key>"`
}

func keys(t testing.TB, list string) *reading.Keys {
	t.Helper()
	got, err := config.LoadFrom[settings](map[string]string{reading.KeysVariable: list})
	require.NoError(t, err)
	return &got.Keys
}

var sentAt = time.Date(2026, 5, 4, 9, 0, 1, 0, time.UTC)

func sent(t testing.TB, key string) (http.Header, []byte) {
	t.Helper()
	body := []byte(documented(t))
	batch, err := reading.Parse(body)
	require.NoError(t, err)
	return reading.Sign(key, batch, body, sentAt), body
}

func TestBothKeysOfADeviceAreGoodAndNoOther(t *testing.T) {
	ring := keys(t, "monitor-7="+oldKey+"|"+newKey+", monitor-8="+otherKey)
	for _, key := range []string{oldKey, newKey} {
		header, body := sent(t, key)
		got, err := ring.Receive(header, body, sentAt)
		require.NoError(t, err)
		require.Equal(t, verify.KeyID(key), got.KeyID)
		require.Equal(t, sentAt, got.SignedAt)
		require.Equal(t, uint64(41), got.Sequence)
	}
	header, body := sent(t, otherKey)
	_, err := ring.Receive(header, body, sentAt)
	require.ErrorIs(t, err, verify.ErrSignature, "the key of another device")
	require.ErrorContains(t, err, verify.KeyID(oldKey)+" "+verify.KeyID(newKey))
	showsNothing(t, err)

	header.Set(verify.DeviceNameHeader, "monitor-9")
	_, err = ring.Receive(header, body, sentAt)
	require.ErrorIs(t, err, verify.ErrSignature, "a device that is not known")

	var none reading.Keys
	_, err = none.Receive(header, body, sentAt)
	require.ErrorIs(t, err, verify.ErrNoSecret)
}

func showsNothing(t testing.TB, err error) {
	t.Helper()
	for _, secret := range []string{oldKey, newKey, otherKey, "845", "402", "pvc"} {
		require.NotContains(t, err.Error(), secret)
	}
}

func TestAnythingThatIsSignedAndChangedIsRefused(t *testing.T) {
	ring := keys(t, "monitor-7="+newKey+",monitor-8="+newKey)
	for name, change := range map[string]func(http.Header, *[]byte){
		"body":     func(_ http.Header, body *[]byte) { *body = []byte(strings.Replace(string(*body), "118", "128", 1)) },
		"device":   func(h http.Header, _ *[]byte) { h.Set(verify.DeviceNameHeader, "monitor-8") },
		"sequence": func(h http.Header, _ *[]byte) { h.Set(verify.DeviceSequenceHeader, "42") },
		"time":     func(h http.Header, _ *[]byte) { h.Set(verify.DeviceTimestampHeader, fmt.Sprint(sentAt.Unix()+1)) },
	} {
		t.Run(name, func(t *testing.T) {
			header, body := sent(t, newKey)
			change(header, &body)
			_, err := ring.Receive(header, body, sentAt)
			require.ErrorIs(t, err, verify.ErrSignature)
			showsNothing(t, err)
		})
	}
}

func TestTheSignedTimeHasAWindow(t *testing.T) {
	ring := keys(t, "monitor-7="+newKey)
	header, body := sent(t, newKey)
	for off, taken := range map[time.Duration]bool{
		5 * time.Minute: true, 5*time.Minute + 1: false, -time.Minute: true, -time.Minute - 1: false,
	} {
		_, err := ring.Receive(header, body, sentAt.Add(off))
		require.Equal(t, taken, err == nil, off)
		if !taken {
			require.ErrorIs(t, err, verify.ErrStale)
			require.ErrorContains(t, err, "key "+verify.KeyID(newKey))
			showsNothing(t, err)
		}
	}
}

func TestTheBatchIsTheOneThatWasSigned(t *testing.T) {
	ring := keys(t, "monitor-7="+newKey+",monitor-8="+otherKey)
	body := []byte(documented(t))
	for field, batch := range map[string]reading.Batch{
		"sequence": {Device: "monitor-7", Sequence: 42}, "device": {Device: "monitor-8", Sequence: 41},
	} {
		key := map[string]string{"monitor-7": newKey, "monitor-8": otherKey}[batch.Device]
		_, err := ring.Receive(reading.Sign(key, batch, body, sentAt), body, sentAt)
		require.ErrorContains(t, err, "readings: "+field+": want")
	}
}

func TestNothingIsParsedBeforeItIsVerified(t *testing.T) {
	ring := keys(t, "monitor-7="+newKey)
	header, _ := sent(t, newKey)
	_, err := ring.Receive(header, []byte("no JSON"), sentAt)
	require.ErrorIs(t, err, verify.ErrSignature)
}

func TestBadKeysAreOneLineThatNamesTheVariable(t *testing.T) {
	for list, want := range map[string]string{
		"":                               "DEVICE_KEYS: is empty",
		newKey:                           "DEVICE_KEYS: entry 1: want a device's name",
		"monitor-7=" + newKey + ",":      "DEVICE_KEYS: entry 2: want a device's name",
		"monitor-7":                      "DEVICE_KEYS: entry 1, device monitor-7: want keys of at least 22",
		"monitor-7=" + newKey + "|":      "want keys of at least 22",
		"monitor-7=short":                "want keys of at least 22",
		"Monitor 7=" + newKey:            "want a device's name",
		"a=" + newKey + ",a=" + otherKey: "entry 2: the device a is there twice",
	} {
		_, err := config.LoadFrom[settings](map[string]string{reading.KeysVariable: list})
		require.ErrorContains(t, err, want, list)
		require.Equal(t, 2, config.ExitCode(err))
		showsNothing(t, err)
		require.NotContains(t, err.Error(), "short")
	}
	ring := keys(t, "monitor-7="+newKey)
	require.NotContains(t, fmt.Sprintf("%v %+v %#v", *ring, *ring, *ring), newKey[:8])
}

func TestTheSameBatchTwiceIsOneBatch(t *testing.T) {
	identify := func(text []byte) reading.Identity {
		batch, err := reading.Parse(text)
		require.NoError(t, err)
		identity, err := reading.Identify(batch)
		require.NoError(t, err)
		return identity
	}
	batch := identify([]byte(documented(t)))
	respaced := identify([]byte(strings.Join(strings.Fields(documented(t)), " ")))
	require.Equal(t, reading.Same, batch.Compare(respaced))
	require.Equal(t, batch, respaced, "a key for a map or a row")
	require.Equal(t, reading.Conflicting, batch.Compare(identify(changed(t, `"heartRate": 71`, `"heartRate": 72`))))
	require.Equal(t, reading.Different, batch.Compare(identify(changed(t, `"sequence": 41`, `"sequence": 42`))))
	require.Equal(t, reading.Different, batch.Compare(identify(changed(t, `"device": "monitor-7"`, `"device": "monitor-8"`))))
}
