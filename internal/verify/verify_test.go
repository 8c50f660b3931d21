package verify_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
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
		}
		_, err := verifier.Verify(signed(s, s.secret(), now), now)
		require.ErrorIs(t, err, verify.ErrSignature)
	})
}

func TestEveryChangedByteOfTheBodyIsNoticed(t *testing.T) {
	every(t, func(t *testing.T, s sender) {
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
			return // Twilio signs no time
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
	stripe := must[*verify.Stripe](t)(verify.NewStripe("whsec_x"))
	hubSpot := must[*verify.HubSpot](t)(verify.NewHubSpot("x"))
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
	stripe := must[*verify.Stripe](t)(verify.NewStripe(secret))
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
	hubSpot := must[*verify.HubSpot](t)(verify.NewHubSpot("x"))
	message := sampleMessage()
	message.Header = headers("X-HubSpot-Signature", hexOf(hmacOf(nil, "x")), "X-HubSpot-Signature-Version", "v1")
	_, err := hubSpot.Verify(message, now)
	require.ErrorIs(t, err, verify.ErrHeader)
}

func TestStandardIDHasNoFullStop(t *testing.T) {
	secret := senders["standard"].secret()
	standard := must[*verify.Standard](t)(verify.NewStandard(secret))
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
		"no address":        {URL: "://", Body: []byte("a=b")},
		"wrong body hash":   {URL: "https://h/?bodySHA256=00", Body: []byte("{}")},
		"two body hashes":   {URL: "https://h/?bodySHA256=00&bodySHA256=" + hexOf(nil), Body: nil},
		"unescapable query": {URL: "https://h/?a=%zz", Body: []byte("a=b")},
	} {
		message.Header = headers(verify.TwilioHeader, twilioMAC("x", "anything"))
		_, err := twilio.Verify(message, now)
		require.ErrorIs(t, err, verify.ErrSignature, name)
	}
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
	for _, secret := range []string{"", "whsec_", "whsec_c2hvcnQ=", "whsec_%%%", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_" + base64.StdEncoding.EncodeToString(make([]byte, 65))} {
		_, err = verify.NewStandard(secret)
		require.ErrorContains(t, err, "whsec_ and base64")
		if len(secret) > len("whsec_") {
			require.NotContains(t, err.Error(), secret)
		}
	}
}
