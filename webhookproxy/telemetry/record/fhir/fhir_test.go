package fhir_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"guestjourney/webhookproxy/telemetry/record/fhir"
)

// checkDigit is LOINC's: from the right, every second digit counts twice, beginning
// with the last; the digits of all are added up, and the next ten completes the sum.
func checkDigit(number string) byte {
	sum := 0
	for i := range len(number) {
		digit := int(number[len(number)-1-i] - '0')
		if i%2 == 0 {
			digit *= 2
		}
		sum += digit/10 + digit%10
	}
	return byte('0' + (10-sum%10)%10)
}

func TestEveryLOINCCodeHasItsCheckDigit(t *testing.T) {
	require.Len(t, fhir.Codes(), 11)
	for _, code := range fhir.Codes() {
		require.Regexp(t, `^[0-9]{1,5}-[0-9]$`, code)
		number, digit := code[:len(code)-2], code[len(code)-1]
		require.Equal(t, string(checkDigit(number)), string(digit), code)
	}
	for _, corrupted := range []string{"8867-5", "81504-7"} {
		require.NotEqual(t, checkDigit(corrupted[:len(corrupted)-2]), corrupted[len(corrupted)-1], "the test can fail")
	}
}

func TestAnEntryIsCreatedOnlyOnce(t *testing.T) {
	write := func() string {
		var out bytes.Buffer
		bundle, err := fhir.NewBundle(&out, "session/s1", fhir.Instant(time.Date(2026, 11, 27, 9, 0, 0, 5000, time.FixedZone("", 3600))))
		require.NoError(t, err)
		require.NoError(t, bundle.Observation("session/s1/a|b&c", fhir.Observation{Status: "final", Code: fhir.LOINC(fhir.HeartRate, "Heart rate")}))
		require.NoError(t, bundle.Communication("session/s1/page", fhir.Communication{Status: "completed", About: []fhir.Reference{{Reference: fhir.URL("session/s1/a|b&c")}}}))
		require.NoError(t, bundle.Close())
		return out.String()
	}
	var bundle struct {
		ResourceType, Type, Timestamp string
		Entry                         []struct {
			FullURL  string
			Request  struct{ Method, URL, IfNoneExist string }
			Resource struct {
				ResourceType string
				Identifier   []fhir.Identifier
				About        []fhir.Reference
			}
		}
	}
	text := write()
	require.NoError(t, json.Unmarshal([]byte(text), &bundle))
	require.Equal(t, []string{"Bundle", "transaction", "2026-11-27T08:00:00.000005Z"}, []string{bundle.ResourceType, bundle.Type, bundle.Timestamp})
	require.Len(t, bundle.Entry, 2)
	require.Equal(t, "identifier=urn%3Aretreat%3Asession-record%7Csession%2Fs1%2Fa%7Cb%26c", bundle.Entry[0].Request.IfNoneExist)
	require.Equal(t, []fhir.Identifier{{System: fhir.SystemRecord, Value: "session/s1/a|b&c"}}, bundle.Entry[0].Resource.Identifier)
	require.Equal(t, bundle.Entry[0].FullURL, bundle.Entry[1].Resource.About[0].Reference)
	for _, one := range bundle.Entry {
		require.Equal(t, "POST", one.Request.Method)
		require.Equal(t, one.Resource.ResourceType, one.Request.URL)
		require.Regexp(t, `^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`, one.FullURL)
	}
	require.Equal(t, text, write(), "the same entries give the same bundle")
}

func TestABundleOfNothingHasNoEmptyList(t *testing.T) {
	var out bytes.Buffer
	bundle, err := fhir.NewBundle(&out, "session/s1", "2026-11-27T09:00:00Z")
	require.NoError(t, err)
	require.NoError(t, bundle.Close())
	require.JSONEq(t, `{"resourceType":"Bundle","identifier":{"system":"urn:retreat:session-record","value":"session/s1"},"type":"transaction","timestamp":"2026-11-27T09:00:00Z"}`, out.String())
}

func TestAWriteThatFailsIsTold(t *testing.T) {
	_, err := fhir.NewBundle(broken{}, "session/s1", "2026-11-27T09:00:00Z")
	require.ErrorIs(t, err, errBroken)
}

var errBroken = errors.New("broken")

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errBroken }
