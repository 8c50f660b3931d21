package verify_test

import (
	"encoding/hex"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"guestjourney/internal/verify"
)

// pinnedBody is signed by the derived pins: two implementations that share no
// code agree on their signatures.
const pinnedBody = `{"id":"evt_1","type":"x","name":"Zoë 😀 \u00e9"}`

func headers(pairs ...string) http.Header {
	header := http.Header{}
	for i := 0; i < len(pairs); i += 2 {
		header.Add(pairs[i], pairs[i+1])
	}
	return header
}

func must[T any](t testing.TB) func(T, error) T {
	return func(value T, err error) T {
		t.Helper()
		require.NoError(t, err)
		return value
	}
}

func unix(seconds int64) time.Time { return time.Unix(seconds, 0) }

func TestStripePin(t *testing.T) {
	const pin = "080ee8a8aead17da9221d62feb1cd72e20ea4e4d25a147e8417049dc34c4e8e0"
	other := hex.EncodeToString(make([]byte, 32))
	stripe := must[*verify.HMAC](t)(verify.NewStripe("whsec_test_secret"))
	for name, header := range map[string]string{
		"alone":              "t=12345,v1=" + pin,
		"first of two":       "t=12345,v1=" + pin + ",v1=" + other,
		"second of two":      "t=12345,v1=" + other + ",v1=" + pin,
		"with the test mode": "t=12345,v0=" + other + ",v1=" + pin,
	} {
		t.Run(name, func(t *testing.T) {
			match, err := stripe.Verify(verify.Message{Header: headers("Stripe-Signature", header), Body: []byte(pinnedBody)}, unix(12345))
			require.NoError(t, err)
			require.Equal(t, unix(12345).UTC(), match.SignedAt)
		})
	}
	_, err := stripe.Verify(verify.Message{Header: headers("Stripe-Signature", "t=12345,v0="+pin), Body: []byte(pinnedBody)}, unix(12345))
	require.ErrorIs(t, err, verify.ErrHeader, "a v0 signature counts for nothing")
}

func TestHubSpotPin(t *testing.T) {
	hubSpot := must[*verify.HMAC](t)(verify.NewHubSpot("s3cr3t"))
	message := verify.Message{
		Method: http.MethodPost, URL: "https://example.com/h?src=hs%3Aapp%2Fv3&x=%28a%29&y=a%20b", Body: []byte("[]"),
		Header: headers(verify.HubSpotHeader, "lljvuo2oQSainVl01ALejkD//tAfr5cM5Z/HEZSR0W8=", verify.HubSpotTimestampHeader, "1700000000000"),
	}
	match, err := hubSpot.Verify(message, time.UnixMilli(1700000000000))
	require.NoError(t, err)
	require.Equal(t, int64(1700000000000), match.SignedAt.UnixMilli())

	message.URL = "https://example.com/h?src=hs:app/v3&x=(a)&y=a b"
	_, err = hubSpot.Verify(message, time.UnixMilli(1700000000000))
	require.ErrorIs(t, err, verify.ErrSignature, "%20 stays as it is")
}

func TestStandardWebhooksPin(t *testing.T) {
	standard := must[*verify.HMAC](t)(verify.NewStandard("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))
	const pin = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
	for _, signature := range []string{pin, "v1,AAAA " + pin, "v1a,AAAA v2,BBBB " + pin} {
		message := verify.Message{Body: []byte(`{"test": 2432232314}`), Header: headers(
			"webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek", "webhook-timestamp", "1614265330", "webhook-signature", signature)}
		_, err := standard.Verify(message, unix(1614265330))
		require.NoError(t, err, signature)
	}
}

func TestSendGridPin(t *testing.T) {
	const key = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfSmpqIM8kF9mN1flpVKS3GRqe62gw+2fNNRaINXvVpiglSI8eNEc6wEA3F+g=="
	const body = `[{"email":"hello@world.com","event":"dropped","reason":"Bounced Address","sg_event_id":"ZHJvcC0xMDk5NDkxOS1MUnpYbF9OSFN0T0doUTRrb2ZTbV9BLTA",` +
		`"sg_message_id":"LRzXl_NHStOGhQ4kofSm_A.filterdrecv-p3mdw1-756b745b58-kmzbl-18-5F5FC76C-9.0","smtp-id":"<LRzXl_NHStOGhQ4kofSm_A@ismtpd0039p1iad1.sendgrid.net>","timestamp":1600112492}]` + "\r\n"
	sendGrid := must[*verify.SendGrid](t)(verify.NewSendGrid(key))
	message := verify.Message{Body: []byte(body), Header: headers(
		verify.SendGridHeader, "MEUCIGHQVtGj+Y3LkG9fLcxf3qfI10QysgDWmMOVmxG0u6ZUAiEAyBiXDWzM+uOe5W0JuG+luQAbPIqHh89M15TluLtEZtM=",
		verify.SendGridTimestampHeader, "1600112502")}
	_, err := sendGrid.Verify(message, unix(1600112502))
	require.NoError(t, err)

	message.Body = []byte(body[:len(body)-2])
	_, err = sendGrid.Verify(message, unix(1600112502))
	require.ErrorIs(t, err, verify.ErrSignature, "the final CR LF is signed")
}

// The vectors of Twilio's own Node library, of which its Go library fails
// three: both lists and the query that is written anew.
func TestTwilioVectors(t *testing.T) {
	const address = "https://mycompany.com/myapp.php?foo=1&bar=2"
	const hashed = "0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620"
	const emptyHashed = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
	call := url.Values{"CallSid": {"CA1234567890ABCDE"}, "Caller": {"+14158675309"}, "Digits": {"1234"}, "From": {"+14158675309"}, "To": {"+18005551212"}}.Encode()
	reasons := call + "&ReasonConferenceEnded=test&Reason=Participant"
	for name, test := range map[string]struct{ url, body, signature string }{
		"plain":                   {address, call, "RSOYDt4T1cUTdK1PDd93/VVr8B8="},
		"https, signed without":   {"https://mycompany.com:1234/myapp.php?foo=1&bar=2", call, "RSOYDt4T1cUTdK1PDd93/VVr8B8="},
		"https, signed with 443":  {address, call, "kvajT1Ptam85bY51eRf/AJRuM3w="},
		"http, signed with 80":    {"http://mycompany.com/myapp.php?foo=1&bar=2", call, "0ZXoZLH/DfblKGATFgpif+LLRf4="},
		"http, port":              {"http://mycompany.com:1234/myapp.php?foo=1&bar=2", call, "Zmvh+3yNM1Phv2jhDCwEM3q5ebU="},
		"credentials":             {"https://user:pass@mycompany.com/myapp.php?foo=1&bar=2", call, "CukzLTc1tT5dXEDIHm/tKBanW10="},
		"user only":               {"https://user@mycompany.com/myapp.php?foo=1&bar=2", call, "2YRLlVAflCqxaNicjMpJcSTgzSs="},
		"credentials, 443":        {"https://user:pass@mycompany.com/myapp.php?foo=1&bar=2", call, "ZQFR1PTIZXF2MXB8ZnKCvnnA+rI="},
		"query written anew":      {address + "&Body=It's+amazing", call, "dsq4Ehbj6cs+KdTkpF5sSSplOWw="},
		"one key is a prefix":     {address, reasons, "vOEb5UThFn24KEfnOFLQY2AE5FY="},
		"a list":                  {address, "MessagingBinding.Address=%2B1325xxxxxxx&MessagingBinding.Address=%2B1415xxxxxxx", "83O6e2vORAoJHUNzJjDWN1jz+BA="},
		"a list, other order":     {address, "MessagingBinding.Address=%2B1415xxxxxxx&MessagingBinding.Address=%2B1325xxxxxxx", "83O6e2vORAoJHUNzJjDWN1jz+BA="},
		"a list with a duplicate": {address, "Sid=CA123&SidAccount=AC123&Digits=5678&Digits=1234&Digits=1234", "IK+Dwps556ElfBT0I3Rgjkr1wJU="},
		"body hash":               {address + "&bodySHA256=" + hashed, `{"property": "value", "boolean": true}`, "a9nBmqA0ju/hNViExpshrM61xv4="},
		"body hash alone":         {"https://mycompany.com/myapp.php?bodySHA256=" + hashed, `{"property": "value", "boolean": true}`, "y77kIzt2vzLz71DgmJGsen2scGs="},
		"body hash of nothing":    {address + "&bodySHA256=" + emptyHashed, `{}`, "Ldidvp12m26NI7eqEvxnEpkd9Hc="},
	} {
		t.Run(name, func(t *testing.T) {
			twilio := must[*verify.Twilio](t)(verify.NewTwilio("12345"))
			message := verify.Message{URL: test.url, Body: []byte(test.body), Header: headers(verify.TwilioHeader, test.signature)}
			_, err := twilio.Verify(message, time.Time{})
			require.NoError(t, err)

			message.Body = append([]byte(test.body), '1')
			_, err = twilio.Verify(message, time.Time{})
			require.ErrorIs(t, err, verify.ErrSignature)
		})
	}
}

// An apostrophe may arrive escaped or not, and be signed escaped or not.
func TestTwilioApostrophe(t *testing.T) {
	twilio := must[*verify.Twilio](t)(verify.NewTwilio("s3cr3t"))
	for _, arrived := range []string{"https://example.com/path?test=param'WithQuote", "https://example.com/path?test=param%27WithQuote"} {
		for _, signed := range []string{"https://example.com/path?test=param'WithQuote", "https://example.com:443/path?test=param%27WithQuote"} {
			_, err := twilio.Verify(verify.Message{URL: arrived, Header: headers(verify.TwilioHeader, twilioMAC("s3cr3t", signed))}, time.Time{})
			require.NoError(t, err, "arrived %s, signed %s", arrived, signed)
		}
	}
}

// pin is a signature that two implementations agree on, or that a provider
// publishes; at is when it was made.
type pin struct {
	verifier func(...string) (verify.Verifier, error)
	secret   string
	message  verify.Message
	at       time.Time
}

// pinned is a pin of pinnedBody.
func pinned[V verify.Verifier](constructor func(...string) (V, error), secret string, at time.Time, pairs ...string) pin {
	return pin{wide(constructor), secret, verify.Message{Header: headers(pairs...), Body: []byte(pinnedBody)}, at}
}

var pins = map[string]pin{
	"mux": pinned(verify.NewMux, "mux_secret", unix(1600000000),
		verify.MuxHeader, "t=1600000000,v1=1b2268e22d8e778bbeea07205340c511b7d22427ff264b5d68fb708b425ace16"),
	"zoom": pinned(verify.NewZoom, "zoom_secret", unix(1658940994),
		verify.ZoomHeader, "v0=5fa1b66f473863db961f6e8f54c8cbbb3be3817d24de671cbd35b3221554facf", verify.ZoomTimestampHeader, "1658940994"),
	"meta": pinned(verify.NewMeta, "app_secret", now,
		verify.MetaHeader, "sha256=1a3afddee0e36a2e17e579860eb418b22a7b3f62e7d1674c74a45803961c149e"),
	"360dialog": pinned(verify.New360Dialog, "platform_secret", now,
		verify.Dialog360Header, "f6e91093d38342ead24846067faecd3f458a54bb60f682923d9219da3d0a44c7"),
	"360dialog, prefixed": pinned(verify.New360Dialog, "platform_secret", now,
		verify.Dialog360Header, "sha256=f6e91093d38342ead24846067faecd3f458a54bb60f682923d9219da3d0a44c7"),
	"cal": pinned(verify.NewCal, "cal_secret", now,
		verify.CalHeader, "55ed1d08735240a4016447bc4807b1ff7bc1abd77c0d2c04f3bf574e481c6e9a"),
	"oura": pinned(verify.NewOura, "client_secret", unix(1700000000),
		verify.OuraHeader, "527DB7E014104B92624FD3028AE3452A433BD46AA9B1FD0328A1291506755388", verify.OuraTimestampHeader, "1700000000"),
	"whoop": pinned(verify.NewWHOOP, "client_secret", unix(1748241241),
		verify.WHOOPHeader, "okjzQjkLrM6ejSgH4SNnAC00/73LvimCqK43l/IptDs=", verify.WHOOPTimestampHeader, "1748241241000"),
	"daily": pinned(verify.NewDaily, "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=", unix(1700000000),
		verify.DailyHeader, "e6N1ADnZHEZ7HHVaSmA5xymCqUpCpfqHkBELcOzNyaU=", verify.DailyTimestampHeader, "1700000000"),
	"practicebetter": pinned(verify.NewPracticeBetter, "pb_secret", unix(1700000000),
		verify.PracticeBetterHeader, "t=1700000000,v1=64dc826e3948c84b6dbb61f02ca56b011ab2c71926ac01febe9e46889ca8a96e"),
	"vapi": pinned(verify.NewVapi, "vapi_secret", unix(1700000000),
		verify.VapiHeader, "c02c902a5b4ee6e30c5641cb80eb54bca55ba87c03fb44ea0b6decf9f1397c21", verify.VapiTimestampHeader, "1700000000"),
	"medplum": pinned(verify.NewMedplum, "sub_secret", now,
		verify.MedplumHeader, "a4aa75ab5f95c961bfc84486272c181e3a3a47f1da67f3f04ba94a8e16ba6f5c"),

	// Published by the providers, in the tests of their libraries.
	"mux, library": {wide(verify.NewMux), "SuperSecret123", verify.Message{Body: []byte(`{"test":"body"}`), Header: headers(
		verify.MuxHeader, "t=1565125718,v1=invalid-sig,v2=00,v1=854ece4c22acef7c66b57d4e504153bc512595e8e9c772ece2a68150548c19a7")}, unix(1565125718)},
	"sanity, library": {wide(verify.NewSanity), "test", verify.Message{Body: []byte(`{"_id":"resume"}`), Header: headers(
		verify.SanityHeader, "t=1633519811129,v1=tLa470fx7qkLLEcMOcEUFuBbRSkGujyskxrNXcoh0N0")}, unix(1633519811)},
	"sanity, library, url characters": {wide(verify.NewSanity), "try-me", verify.Message{Body: []byte(`{"title":"GROQ-Hooks are neat"}`), Header: headers(
		verify.SanityHeader, "t=1633518820676,v1=e7C9h2sfbFfc4V7TEz7PSOp4IoNzl0UdVsBV-1wgdeA")}, unix(1633518820)},
	"hubspot v1, library": {wide(verify.NewHubSpotLegacy), "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy", verify.Message{
		Body:   []byte(`[{"eventId":1,"subscriptionId":12345,"portalId":62515,"occurredAt":1564113600000,"subscriptionType":"contact.creation","attemptNumber":0,"objectId":123,"changeSource":"CRM","changeFlag":"NEW","appId":54321}]`),
		Header: headers(verify.HubSpotVersionHeader, "v1", verify.HubSpotLegacyHeader, "232db2615f3d666fe21a8ec971ac7b5402d33b9a925784df3ca654d05f4817de"),
	}, now},
	"hubspot v2, library, no body": {wide(verify.NewHubSpotLegacy), "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy", verify.Message{
		Method: http.MethodGet, URL: "https://www.example.com/webhook_uri",
		Header: headers(verify.HubSpotVersionHeader, "v2", verify.HubSpotLegacyHeader, "eee2dddcc73c94d699f5e395f4b9d454a069a6855fbfa152e91e88823087200e"),
	}, now},
	"hubspot v2, library": {wide(verify.NewHubSpotLegacy), "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy", verify.Message{
		Method: http.MethodPost, URL: "https://www.example.com/webhook_uri", Body: []byte(`{"example_field":"example_value"}`),
		Header: headers(verify.HubSpotVersionHeader, "v2", verify.HubSpotLegacyHeader, "9569219f8ba981ffa6f6f16aa0f48637d35d728c7e4d93d0d52efaa512af7900"),
	}, now},
}

func TestPins(t *testing.T) {
	for name, pin := range pins {
		t.Run(name, func(t *testing.T) {
			verifier := must[verify.Verifier](t)(pin.verifier(pin.secret))
			match, err := verifier.Verify(pin.message, pin.at)
			require.NoError(t, err)
			require.Equal(t, verify.KeyID(pin.secret), match.KeyID)

			changed := pin.message
			changed.Body = append([]byte("{"), pin.message.Body...)
			_, err = verifier.Verify(changed, pin.at)
			require.ErrorIs(t, err, verify.ErrSignature)
		})
	}
}
