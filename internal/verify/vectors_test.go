package verify_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // Twilio's scheme
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"net/url"
	"strconv"
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
	stripe := must[*verify.Stripe](t)(verify.NewStripe("whsec_test_secret"))
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
	hubSpot := must[*verify.HubSpot](t)(verify.NewHubSpot("s3cr3t"))
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
	standard := must[*verify.Standard](t)(verify.NewStandard("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))
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

func twilioMAC(token, text string) string {
	mac := hmac.New(sha1.New, []byte(token))
	mac.Write([]byte(text))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// sender signs for one scheme; tests that every scheme must pass use it.
type sender struct {
	verifier func(secrets ...string) (verify.Verifier, error)
	secret   func() string
	// sign makes the headers; at is ignored where no time is signed.
	sign  func(secret string, message verify.Message, at time.Time) http.Header
	names []string // of the headers
	// past and future are the window; 0 where no time is signed.
	past, future time.Duration
	unit         time.Duration
}

func wide[V verify.Verifier](constructor func(...string) (V, error)) func(...string) (verify.Verifier, error) {
	return func(secrets ...string) (verify.Verifier, error) { return constructor(secrets...) }
}

func hmacOf(secret []byte, text string) []byte {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(text))
	return mac.Sum(nil)
}

var ecdsaKeys = map[string]*ecdsa.PrivateKey{}

var senders = map[string]sender{
	"stripe": {
		verifier: wide(verify.NewStripe), secret: func() string { return "whsec_" + rand.Text() },
		names: []string{verify.StripeHeader}, past: 300 * time.Second, future: 60 * time.Second, unit: time.Second,
		sign: func(secret string, message verify.Message, at time.Time) http.Header {
			stamp := strconv.FormatInt(at.Unix(), 10)
			return headers(verify.StripeHeader, "t="+stamp+",v1="+hex.EncodeToString(hmacOf([]byte(secret), stamp+"."+string(message.Body))))
		},
	},
	"hubspot": {
		verifier: wide(verify.NewHubSpot), secret: rand.Text,
		names: []string{verify.HubSpotHeader, verify.HubSpotTimestampHeader}, past: 300 * time.Second, future: 60 * time.Second, unit: time.Millisecond,
		sign: func(secret string, message verify.Message, at time.Time) http.Header {
			stamp := strconv.FormatInt(at.UnixMilli(), 10)
			mac := hmacOf([]byte(secret), message.Method+message.URL+string(message.Body)+stamp)
			return headers(verify.HubSpotHeader, base64.StdEncoding.EncodeToString(mac), verify.HubSpotTimestampHeader, stamp)
		},
	},
	"standard": {
		verifier: wide(verify.NewStandard), secret: func() string {
			return "whsec_" + base64.StdEncoding.EncodeToString([]byte(rand.Text() + rand.Text())[:32])
		},
		names: []string{verify.StandardIDHeader, verify.StandardTimestampHeader, verify.StandardSignatureHeader}, past: 300 * time.Second, future: 300 * time.Second, unit: time.Second,
		sign: func(secret string, message verify.Message, at time.Time) http.Header {
			key, err := base64.StdEncoding.DecodeString(secret[len("whsec_"):])
			if err != nil {
				panic(err)
			}
			stamp := strconv.FormatInt(at.Unix(), 10)
			mac := hmacOf(key, "msg_1."+stamp+"."+string(message.Body))
			return headers(verify.StandardIDHeader, "msg_1", verify.StandardTimestampHeader, stamp, verify.StandardSignatureHeader, "v1,"+base64.StdEncoding.EncodeToString(mac))
		},
	},
	"sendgrid": {
		verifier: wide(verify.NewSendGrid), secret: newPublicKey,
		names: []string{verify.SendGridHeader, verify.SendGridTimestampHeader}, past: 24 * time.Hour, future: 60 * time.Second, unit: time.Second,
		sign: func(secret string, message verify.Message, at time.Time) http.Header {
			stamp := strconv.FormatInt(at.Unix(), 10)
			digest := sha256.Sum256([]byte(stamp + string(message.Body)))
			signature, err := ecdsa.SignASN1(rand.Reader, ecdsaKeys[secret], digest[:])
			if err != nil {
				panic(err)
			}
			return headers(verify.SendGridHeader, base64.StdEncoding.EncodeToString(signature), verify.SendGridTimestampHeader, stamp)
		},
	},
	"twilio": {
		verifier: wide(verify.NewTwilio), secret: rand.Text, names: []string{verify.TwilioHeader},
		sign: func(secret string, message verify.Message, _ time.Time) http.Header {
			form, err := url.ParseQuery(string(message.Body))
			if err != nil {
				panic(err)
			}
			return headers(verify.TwilioHeader, twilioMAC(secret, message.URL+"Body"+form.Get("Body")))
		},
	},
}

func newPublicKey() string {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		panic(err)
	}
	text := base64.StdEncoding.EncodeToString(der)
	ecdsaKeys[text] = key
	return text
}

func sampleMessage() verify.Message {
	return verify.Message{Method: http.MethodPost, URL: "https://hooks.example.com/in?a=1", Body: []byte("Body=hello")}
}
