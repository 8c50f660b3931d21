package verify_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"guestjourney/internal/verify"
)

var now = time.Date(2027, 3, 2, 9, 0, 0, 0, time.UTC)

// every runs a test on every scheme.
func every(t *testing.T, test func(*testing.T, sender)) {
	t.Helper()
	for name, s := range senders {
		t.Run(name, func(t *testing.T) { test(t, s) })
	}
}

func signed(s sender, secret string, at time.Time) verify.Message {
	message := sampleMessage()
	message.Header = s.sign(secret, message, at)
	return message
}

func TestNoSecretAcceptsNothing(t *testing.T) {
	every(t, func(t *testing.T, s sender) {
		verifier := must[verify.Verifier](t)(s.verifier())
		_, err := verifier.Verify(signed(s, s.secret(), now), now)
		require.ErrorIs(t, err, verify.ErrNoSecret)
	})
}

func TestEverySecretCountsAndIsNamedByItsPlace(t *testing.T) {
	every(t, func(t *testing.T, s sender) {
		secrets := []string{s.secret(), s.secret(), s.secret()}
		verifier := must[verify.Verifier](t)(s.verifier(secrets...))
		for place, secret := range secrets {
			match, err := verifier.Verify(signed(s, secret, now), now)
			require.NoError(t, err)
			require.Equal(t, place, match.Key)
			require.Equal(t, verify.KeyID(secret), match.KeyID)
		}
		_, err := verifier.Verify(signed(s, s.secret(), now), now)
		require.ErrorIs(t, err, verify.ErrSignature)
	})
}

func TestEveryChangedByteOfTheBodyIsNoticed(t *testing.T) {
	every(t, func(t *testing.T, s sender) {
		if s.header != "" {
			return // a shared secret covers no body
		}
		secret := s.secret()
		verifier := must[verify.Verifier](t)(s.verifier(secret))
		message := signed(s, secret, now)
		for i := range message.Body {
			changed := message
			changed.Body = []byte(string(message.Body))
			changed.Body[i] ^= 1
			_, err := verifier.Verify(changed, now)
			require.ErrorIs(t, err, verify.ErrSignature, "byte %d", i)
		}
	})
}

func TestHeadersMustBeThereOnce(t *testing.T) {
	every(t, func(t *testing.T, s sender) {
		secret := s.secret()
		verifier := must[verify.Verifier](t)(s.verifier(secret))
		for _, name := range s.names {
			message := signed(s, secret, now)
			message.Header.Del(name)
			_, err := verifier.Verify(message, now)
			require.ErrorIs(t, err, verify.ErrHeader, "%s is missing", name)

			message = signed(s, secret, now)
			message.Header.Add(name, message.Header.Get(name))
			_, err = verifier.Verify(message, now)
			require.ErrorIs(t, err, verify.ErrHeader, "%s is there twice", name)

			message = signed(s, secret, now)
			message.Header.Set(name, strings.Repeat("1", 5000))
			_, err = verifier.Verify(message, now)
			require.ErrorIs(t, err, verify.ErrHeader, "%s is huge", name)
		}
	})
}

func TestWindowHasTwoSides(t *testing.T) {
	every(t, func(t *testing.T, s sender) {
		if s.unit == 0 {
			return // no time is signed
		}
		secret := s.secret()
		verifier := must[verify.Verifier](t)(s.verifier(secret))
		for _, test := range []struct {
			at    time.Time
			fresh bool
		}{
			{now.Add(-s.past), true}, {now.Add(-s.past - s.unit), false},
			{now.Add(s.future), true}, {now.Add(s.future + s.unit), false},
			{time.Unix(0, 0), false}, {now.AddDate(200, 0, 0), false},
		} {
			_, err := verifier.Verify(signed(s, secret, test.at), now)
			if test.fresh {
				require.NoError(t, err, "signed %s from now", test.at.Sub(now))
			} else {
				require.ErrorIs(t, err, verify.ErrStale, "signed %s from now", test.at.Sub(now))
			}
		}
	})
}

// Seconds where milliseconds are meant, and the other way round, are decades
// off, and must not pass as fresh.
func TestUnitsAreNotMixedUp(t *testing.T) {
	every(t, func(t *testing.T, s sender) {
		if s.unit == 0 {
			return
		}
		if s.bySize {
			return // both units are right: see TestUnconfirmedUnitsAreBothRead
		}
		secret := s.secret()
		verifier := must[verify.Verifier](t)(s.verifier(secret))
		wrong := time.Unix(now.UnixMilli(), 0)
		if s.unit == time.Millisecond {
			wrong = time.UnixMilli(now.Unix())
		}
		_, err := verifier.Verify(signed(s, secret, wrong), now)
		require.ErrorIs(t, err, verify.ErrStale)
	})
}

func TestTimestampsAreDigitsOnly(t *testing.T) {
	stripe := must[*verify.HMAC](t)(verify.NewStripe("whsec_x"))
	hubSpot := must[*verify.HMAC](t)(verify.NewHubSpot("x"))
	for _, text := range []string{"", "+1", "-1", " 1", "1 ", "0x1", "1e3", "1.0", "NaN", "١٢٣", "99999999999999999"} {
		mac := hmacOf([]byte("whsec_x"), text+".b")
		_, err := stripe.Verify(verify.Message{Header: headers(verify.StripeHeader, "t="+text+",v1="+hexOf(mac)), Body: []byte("b")}, now)
		require.ErrorIs(t, err, verify.ErrHeader, "t=%q", text)

		mac = hmacOf([]byte("x"), "POSThttps://h/b"+text)
		header := headers(verify.HubSpotHeader, base64.StdEncoding.EncodeToString(mac), verify.HubSpotTimestampHeader, text)
		_, err = hubSpot.Verify(verify.Message{Method: http.MethodPost, URL: "https://h/", Header: header, Body: []byte("b")}, now)
		require.ErrorIs(t, err, verify.ErrHeader, "timestamp %q", text)
	}
}

func TestStripeHeaderForms(t *testing.T) {
	secret := "whsec_x"
	stripe := must[*verify.HMAC](t)(verify.NewStripe(secret))
	good := signed(senders["stripe"], secret, now).Header.Get(verify.StripeHeader)
	stamp, mac, _ := strings.Cut(good, ",")
	for name, header := range map[string]string{
		"two times":           stamp + "," + good,
		"no signature":        stamp,
		"no time":             mac,
		"not pairs":           good + ",x",
		"too many signatures": stamp + strings.Repeat(","+mac, 17),
		"upper-case hex":      strings.ToUpper(good),
		"spaces":              strings.ReplaceAll(good, ",", ", "),
		"empty":               "",
	} {
		message := sampleMessage()
		message.Header = headers(verify.StripeHeader, header)
		_, err := stripe.Verify(message, now)
		require.Error(t, err, name)
	}
}

func TestHubSpotSignsMethodAndAddress(t *testing.T) {
	s := senders["hubspot"]
	verifier := must[verify.Verifier](t)(s.verifier("x"))
	message := signed(s, "x", now)
	message.Method = http.MethodPut
	_, err := verifier.Verify(message, now)
	require.ErrorIs(t, err, verify.ErrSignature)
	message = signed(s, "x", now)
	message.URL += "&b=2"
	_, err = verifier.Verify(message, now)
	require.ErrorIs(t, err, verify.ErrSignature)
}

// The old versions of HubSpot's signature come on every request and sign no
// time; alone they count for nothing.
func TestHubSpotOldVersionsAreIgnored(t *testing.T) {
	hubSpot := must[*verify.HMAC](t)(verify.NewHubSpot("x"))
	message := sampleMessage()
	message.Header = headers("X-HubSpot-Signature", hexOf(hmacOf(nil, "x")), "X-HubSpot-Signature-Version", "v1")
	_, err := hubSpot.Verify(message, now)
	require.ErrorIs(t, err, verify.ErrHeader)
}

func TestStandardIDHasNoFullStop(t *testing.T) {
	secret := senders["standard"].secret()
	standard := must[*verify.HMAC](t)(verify.NewStandard(secret))
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	require.NoError(t, err)
	for _, id := range []string{"a.b", "a b", strings.Repeat("a", 129), "ä"} {
		stamp := "1803978000"
		mac := base64.StdEncoding.EncodeToString(hmacOf(key, id+"."+stamp+".{}"))
		message := verify.Message{Body: []byte("{}"), Header: headers(
			verify.StandardIDHeader, id, verify.StandardTimestampHeader, stamp, verify.StandardSignatureHeader, "v1,"+mac)}
		_, err := standard.Verify(message, time.Unix(1803978000, 0))
		require.ErrorIs(t, err, verify.ErrHeader, id)
	}
}

func TestTwilioRefusesWhatItCannotRead(t *testing.T) {
	twilio := must[*verify.Twilio](t)(verify.NewTwilio("x"))
	for name, message := range map[string]verify.Message{
		"no form":           {URL: "https://h/", Body: []byte("a=%zz")},
		"semicolons":        {URL: "https://h/", Body: []byte("a=1;b=2")},
		"a thousand fields": {URL: "https://h/", Body: []byte(strings.Repeat("a=1&", 1000))},
		"no address":        {URL: "://", Body: []byte("a=b")},
		"wrong body hash":   {URL: "https://h/?bodySHA256=00", Body: []byte("{}")},
		"two body hashes":   {URL: "https://h/?bodySHA256=00&bodySHA256=" + hexOf(nil), Body: nil},
	} {
		message.Header = headers(verify.TwilioHeader, twilioMAC("x", message.URL+twilioText(message.Body)))
		_, err := twilio.Verify(message, now)
		require.ErrorIs(t, err, verify.ErrSignature, name)
	}
	message := verify.Message{URL: "https://h/?a=%zz", Body: []byte("a=b")}
	message.Header = headers(verify.TwilioHeader, twilioMAC("x", "https://h/?a=%zzab"))
	_, err := twilio.Verify(message, now)
	require.NoError(t, err, "a query that cannot be read is signed as it is")
}

func TestSendGridKeysMustBeP256(t *testing.T) {
	rsaKey := must[*rsa.PrivateKey](t)(rsa.GenerateKey(rand.Reader, 2048))
	edKey, _, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	p384 := must[*ecdsa.PrivateKey](t)(ecdsa.GenerateKey(elliptic.P384(), rand.Reader))
	good := must[[]byte](t)(base64.StdEncoding.DecodeString(newPublicKey()))
	bad := []string{"", "no base64", base64.StdEncoding.EncodeToString([]byte("x")), base64.StdEncoding.EncodeToString(append(good, 0))}
	for _, key := range []any{&rsaKey.PublicKey, edKey, &p384.PublicKey} {
		der := must[[]byte](t)(x509.MarshalPKIXPublicKey(key))
		bad = append(bad, base64.StdEncoding.EncodeToString(der))
	}
	for _, text := range bad {
		_, err := verify.NewSendGrid(text)
		require.ErrorContains(t, err, "P-256")
	}
}

func TestSendGridRefusesBytesAfterTheSignature(t *testing.T) {
	s := senders["sendgrid"]
	key := s.secret()
	verifier := must[verify.Verifier](t)(s.verifier(key))
	message := signed(s, key, now)
	der := must[[]byte](t)(base64.StdEncoding.DecodeString(message.Header.Get(verify.SendGridHeader)))
	message.Header.Set(verify.SendGridHeader, base64.StdEncoding.EncodeToString(append(der, 0)))
	_, err := verifier.Verify(message, now)
	require.ErrorIs(t, err, verify.ErrSignature)
	message.Header.Set(verify.SendGridHeader, "!")
	_, err = verifier.Verify(message, now)
	require.ErrorIs(t, err, verify.ErrHeader)
}

func TestBadSecretsAreRefusedWithoutBeingShown(t *testing.T) {
	_, err := verify.NewStripe("whsec_a", "")
	require.ErrorContains(t, err, "empty")
	_, err = verify.NewTwilio("")
	require.ErrorContains(t, err, "empty")
	_, err = verify.NewHubSpot("")
	require.ErrorContains(t, err, "empty")
	_, err = verify.NewStandard("")
	require.ErrorContains(t, err, "empty")
	_, err = verify.NewDaily("%%%secret")
	require.ErrorContains(t, err, "base64")
	require.NotContains(t, err.Error(), "secret%")
	_, err = verify.NewContentful("short")
	require.ErrorContains(t, err, "64 characters")
	require.NotContains(t, err.Error(), "short")
	_, err = verify.NewBasic("nocolon")
	require.ErrorContains(t, err, "user:password")
	require.NotContains(t, err.Error(), "nocolon")
	_, err = verify.NewToken("X-Token", "newline\n")
	require.ErrorContains(t, err, "header")
	require.NotContains(t, err.Error(), "newline")
	for _, secret := range []string{"whsec_", "whsec_c2hvcnQ=", "whsec_%%%", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_" + base64.StdEncoding.EncodeToString(make([]byte, 65))} {
		_, err = verify.NewStandard(secret)
		require.ErrorContains(t, err, "whsec_ and base64")
		if len(secret) > len("whsec_") {
			require.NotContains(t, err.Error(), secret)
		}
	}
}

func TestUnconfirmedUnitsAreBothRead(t *testing.T) {
	oura := must[*verify.HMAC](t)(verify.NewOura("x"))
	for text, at := range map[string]time.Time{
		"1803978000": unix(1803978000), "1803978000123": time.UnixMilli(1803978000123),
		"99999999999": unix(99999999999), "100000000000": time.UnixMilli(100000000000),
	} {
		message := verify.Message{Body: []byte("{}"), Header: headers(
			verify.OuraHeader, upperHexOf(hmacOf([]byte("x"), text+"{}")), verify.OuraTimestampHeader, text)}
		match, err := oura.Verify(message, at)
		require.NoError(t, err, text)
		require.True(t, at.Equal(match.SignedAt), text)
	}
}

// Time and body are signed with nothing between: digits that move from the one
// to the other make another message of the same signature.
func TestDigitsDoNotMoveFromTheTimeToTheBody(t *testing.T) {
	at := time.UnixMilli(1803978000123)
	for name, test := range map[string]struct {
		verifier     verify.Verifier
		header, time string
		encode       func([]byte) string
	}{
		"oura":  {must[*verify.HMAC](t)(verify.NewOura("x")), verify.OuraHeader, verify.OuraTimestampHeader, upperHexOf},
		"whoop": {must[*verify.HMAC](t)(verify.NewWHOOP("x")), verify.WHOOPHeader, verify.WHOOPTimestampHeader, base64Of},
	} {
		mac := test.encode(hmacOf([]byte("x"), "1803978000123{}"))
		message := verify.Message{Body: []byte("{}"), Header: headers(test.header, mac, test.time, "1803978000123")}
		_, err := test.verifier.Verify(message, at)
		require.NoError(t, err, name)
		message = verify.Message{Body: []byte("123{}"), Header: headers(test.header, mac, test.time, "1803978000")}
		_, err = test.verifier.Verify(message, at)
		require.ErrorIs(t, err, verify.ErrSignature, name)
	}
}

func TestSpellingsOfASignature(t *testing.T) {
	for name, change := range map[string]struct {
		scheme string
		change func(string) string
	}{
		"lower-case hex":   {"oura", strings.ToLower},
		"upper-case hex":   {"meta", func(text string) string { return "sha256=" + strings.ToUpper(text[len("sha256="):]) }},
		"another label":    {"meta", func(text string) string { return "md5=" + text[len("sha256="):] }},
		"no label":         {"meta", func(text string) string { return text[len("sha256="):] }},
		"no version":       {"zoom", func(text string) string { return text[len("v0="):] }},
		"label of Meta":    {"cal", func(text string) string { return "sha256=" + text }},
		"no secret set":    {"cal", func(string) string { return "no-secret-provided" }},
		"hex for base64":   {"daily", func(string) string { return strings.Repeat("0", 64) }},
		"padded base64url": {"sanity", func(text string) string { return text + "=" }},
		"cut":              {"cloudinary", func(text string) string { return text[:39] }},
	} {
		s := senders[change.scheme]
		secret := s.secret()
		verifier := must[verify.Verifier](t)(s.verifier(secret))
		message := signed(s, secret, now)
		message.Header.Set(s.names[0], change.change(message.Header.Get(s.names[0])))
		_, err := verifier.Verify(message, now)
		require.Error(t, err, name)
	}
}

// A hash with the secret in front can be prolonged without the secret.
func TestHubSpotLegacyIsNotProlonged(t *testing.T) {
	const secret, body = "0123456789abcdef", `[{"eventId":1}]`
	legacy := must[*verify.HubSpotLegacy](t)(verify.NewHubSpotLegacy(secret))
	padding := "\x80" + strings.Repeat("\x00", 64-len(secret)-len(body)-1-8) + "\x00\x00\x00\x00\x00\x00\x00\xf8"
	prolonged := body + padding + `[{"eventId":2}]`
	sum := sha256.Sum256([]byte(secret + prolonged)) // what an attacker computes from the signature of body
	message := verify.Message{Body: []byte(prolonged), Header: headers(
		verify.HubSpotVersionHeader, "v1", verify.HubSpotLegacyHeader, hexOf(sum[:]))}
	_, err := legacy.Verify(message, now)
	require.ErrorIs(t, err, verify.ErrSignature)

	message.Header.Set(verify.HubSpotVersionHeader, "v3")
	_, err = legacy.Verify(message, now)
	require.ErrorIs(t, err, verify.ErrHeader)
}

func TestContentfulTrustsSignedHeadersOnly(t *testing.T) {
	s := senders["contentful"]
	secret := s.secret()
	contentful := must[verify.Verifier](t)(s.verifier(secret))
	message := signed(s, secret, now)
	message.Header.Set("X-Contentful-Webhook-Name", "anybody's word")
	match, err := contentful.Verify(message, now)
	require.NoError(t, err)
	require.True(t, match.Signed("X-Contentful-Topic"))
	require.False(t, match.Signed("X-Contentful-Webhook-Name"))

	message.Header.Set("X-Contentful-Topic", "Entry.unpublish")
	_, err = contentful.Verify(message, now)
	require.ErrorIs(t, err, verify.ErrSignature)
}

func TestContentfulHeaderLists(t *testing.T) {
	s := senders["contentful"]
	secret := s.secret()
	contentful := must[verify.Verifier](t)(s.verifier(secret))
	for name, list := range map[string]string{
		"out of order":       "x-contentful-timestamp,x-contentful-signed-headers",
		"without the list":   "x-contentful-timestamp",
		"without the time":   "x-contentful-signed-headers",
		"capitals":           "X-Contentful-Topic,x-contentful-signed-headers,x-contentful-timestamp",
		"twice":              "x-contentful-signed-headers,x-contentful-timestamp,x-contentful-timestamp",
		"a header not there": "x-contentful-signed-headers,x-contentful-timestamp,x-other",
		"too many":           "x-contentful-signed-headers,x-contentful-timestamp" + strings.Repeat(",y", 64),
	} {
		message := signed(s, secret, now)
		message.Header.Set(verify.ContentfulSignedHeadersHeader, list)
		_, err := contentful.Verify(message, now)
		require.ErrorIs(t, err, verify.ErrHeader, name)
	}
	for _, address := range []string{"https://hooks.example.com", "https://hooks.example.com/in?a=1?b=2"} {
		message := signed(s, secret, now)
		message.URL = address
		_, err := contentful.Verify(message, now)
		require.ErrorIs(t, err, verify.ErrSignature, address)
	}
}

func TestTheFirstOfEqualSecretsCounts(t *testing.T) {
	match, err := must[*verify.HMAC](t)(verify.NewMeta("same", "same")).Verify(signed(senders["meta"], "same", now), now)
	require.NoError(t, err)
	require.Zero(t, match.Key)
}

func TestKeyID(t *testing.T) {
	require.Equal(t, "2bb80d53", verify.KeyID("secret"))
}
