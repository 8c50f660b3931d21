package verify_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // Twilio's and Cloudinary's scheme
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"guestjourney/internal/verify"
)

// sender signs for one scheme, written apart from its verifier; tests that every
// scheme must pass use it.
type sender struct {
	verifier func(secrets ...string) (verify.Verifier, error)
	secret   func() string
	// sign makes the headers; at is ignored where no time is signed.
	sign  func(secret string, message verify.Message, at time.Time) http.Header
	names []string // of the headers
	// past and future are the window; unit is 0 where no time is signed.
	past, future, unit time.Duration
	bySize             bool   // the unit is told by the number's size
	header             string // of a shared secret, which covers no body
}

func wide[V verify.Verifier](constructor func(...string) (V, error)) func(...string) (verify.Verifier, error) {
	return func(secrets ...string) (verify.Verifier, error) { return constructor(secrets...) }
}

func hmacOf(secret []byte, text string) []byte {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(text))
	return mac.Sum(nil)
}

func hexOf(mac []byte) string    { return hex.EncodeToString(mac) }
func base64Of(mac []byte) string { return base64.StdEncoding.EncodeToString(mac) }

// stamp writes a time in a unit.
func stamp(at time.Time, unit time.Duration) string {
	if unit == time.Millisecond {
		return strconv.FormatInt(at.UnixMilli(), 10)
	}
	return strconv.FormatInt(at.Unix(), 10)
}

// bodySigner is a sender of a signature of the body alone.
func bodySigner(constructor func(...string) (*verify.HMAC, error), header, prefix string) sender {
	return sender{
		verifier: wide(constructor), secret: rand.Text, names: []string{header},
		sign: func(secret string, message verify.Message, _ time.Time) http.Header {
			return headers(header, prefix+hexOf(hmacOf([]byte(secret), string(message.Body))))
		},
	}
}

// pairSigner is a sender of "t=...,v1=...".
func pairSigner(constructor func(...string) (*verify.HMAC, error), header string, unit time.Duration, encode func([]byte) string) sender {
	return sender{
		verifier: wide(constructor), secret: func() string { return "whsec_" + rand.Text() }, names: []string{header},
		past: 300 * time.Second, future: 60 * time.Second, unit: unit,
		sign: func(secret string, message verify.Message, at time.Time) http.Header {
			text := stamp(at, unit)
			return headers(header, "t="+text+",v1="+encode(hmacOf([]byte(secret), text+"."+string(message.Body))))
		},
	}
}

// stampSigner is a sender of a signature and a time in headers of their own.
func stampSigner(constructor func(...string) (*verify.HMAC, error), header, timeHeader string, unit time.Duration, text func(stamp, body string) string, encode func([]byte) string) sender {
	return sender{
		verifier: wide(constructor), secret: rand.Text, names: []string{header, timeHeader},
		past: 300 * time.Second, future: 60 * time.Second, unit: unit,
		sign: func(secret string, message verify.Message, at time.Time) http.Header {
			stamped := stamp(at, unit)
			return headers(header, encode(hmacOf([]byte(secret), text(stamped, string(message.Body)))), timeHeader, stamped)
		},
	}
}

// tokenSender is a sender of a shared secret.
func tokenSender(header string) sender {
	return sender{
		verifier: func(secrets ...string) (verify.Verifier, error) { return verify.NewToken(header, secrets...) },
		secret:   rand.Text, names: []string{header}, header: header,
		sign: func(secret string, _ verify.Message, _ time.Time) http.Header { return headers(header, secret) },
	}
}

func withDot(stamp, body string) string    { return stamp + "." + body }
func withoutDot(stamp, body string) string { return stamp + body }
func withVersion(stamp, body string) string {
	return "v0:" + stamp + ":" + body
}
func upperHexOf(mac []byte) string { return strings.ToUpper(hexOf(mac)) }

// unitBySize is for providers that do not document the unit of their time.
func unitBySize(s sender) sender {
	s.bySize = true
	return s
}

// decoded is for providers whose secret is base64.
func decoded(s sender) sender {
	plain := s.sign
	s.secret = func() string { return base64Of([]byte(rand.Text())) }
	s.sign = func(secret string, message verify.Message, at time.Time) http.Header {
		key, err := base64.StdEncoding.DecodeString(secret)
		if err != nil {
			panic(err)
		}
		return plain(string(key), message, at)
	}
	return s
}

// hubSpotDecoded are the escapes that HubSpot decodes before it signs.
var hubSpotDecoded = regexp.MustCompile("%(3A|2F|3F|40|21|24|27|28|29|2A|2C|3B)")

var ecdsaKeys = map[string]*ecdsa.PrivateKey{}

var senders = map[string]sender{
	"stripe":         pairSigner(verify.NewStripe, verify.StripeHeader, time.Second, hexOf),
	"mux":            pairSigner(verify.NewMux, verify.MuxHeader, time.Second, hexOf),
	"practicebetter": pairSigner(verify.NewPracticeBetter, verify.PracticeBetterHeader, time.Second, hexOf),
	"sanity":         pairSigner(verify.NewSanity, verify.SanityHeader, time.Millisecond, base64.RawURLEncoding.EncodeToString),

	"meta":         bodySigner(verify.NewMeta, verify.MetaHeader, "sha256="),
	"360dialog":    bodySigner(verify.New360Dialog, verify.Dialog360Header, ""),
	"cal":          bodySigner(verify.NewCal, verify.CalHeader, ""),
	"medplum":      bodySigner(verify.NewMedplum, verify.MedplumHeader, ""),
	"whooppartner": bodySigner(verify.NewWHOOPPartner, verify.WHOOPPartnerHeader, ""),

	"zoom": stampSigner(verify.NewZoom, verify.ZoomHeader, verify.ZoomTimestampHeader, time.Second, withVersion,
		func(mac []byte) string { return "v0=" + hexOf(mac) }),
	"daily":     decoded(stampSigner(verify.NewDaily, verify.DailyHeader, verify.DailyTimestampHeader, time.Second, withDot, base64Of)),
	"oura":      unitBySize(stampSigner(verify.NewOura, verify.OuraHeader, verify.OuraTimestampHeader, time.Second, withoutDot, upperHexOf)),
	"ouramilli": unitBySize(stampSigner(verify.NewOura, verify.OuraHeader, verify.OuraTimestampHeader, time.Millisecond, withoutDot, upperHexOf)),
	"whoop":     stampSigner(verify.NewWHOOP, verify.WHOOPHeader, verify.WHOOPTimestampHeader, time.Millisecond, withoutDot, base64Of),
	"vapi":      unitBySize(stampSigner(verify.NewVapi, verify.VapiHeader, verify.VapiTimestampHeader, time.Second, withDot, hexOf)),
	"vapimilli": unitBySize(stampSigner(verify.NewVapi, verify.VapiHeader, verify.VapiTimestampHeader, time.Millisecond, withDot, hexOf)),

	"token": tokenSender("X-Goog-Channel-Token"),
	"basic": {
		verifier: wide(verify.NewBasic), secret: func() string { return "mixpanel:" + rand.Text() + ":with:colons" },
		names: []string{"Authorization"}, header: "Authorization",
		sign: func(secret string, _ verify.Message, _ time.Time) http.Header {
			user, password, _ := strings.Cut(secret, ":")
			request := http.Request{Header: http.Header{}}
			request.SetBasicAuth(user, password)
			return request.Header
		},
	},

	"hubspot": {
		verifier: wide(verify.NewHubSpot), secret: rand.Text,
		names: []string{verify.HubSpotHeader, verify.HubSpotTimestampHeader}, past: 300 * time.Second, future: 60 * time.Second, unit: time.Millisecond,
		sign: func(secret string, message verify.Message, at time.Time) http.Header {
			text := stamp(at, time.Millisecond)
			address := hubSpotDecoded.ReplaceAllStringFunc(message.URL, func(escape string) string {
				character, err := url.PathUnescape(escape)
				if err != nil {
					panic(err)
				}
				return character
			})
			mac := hmacOf([]byte(secret), message.Method+address+string(message.Body)+text)
			return headers(verify.HubSpotHeader, base64Of(mac), verify.HubSpotTimestampHeader, text)
		},
	},
	"hubspot1": hubSpotLegacy("v1", func(verify.Message) string { return "" }),
	"hubspot2": hubSpotLegacy("v2", func(message verify.Message) string { return message.Method + message.URL }),
	"standard": {
		verifier: wide(verify.NewStandard), secret: func() string {
			return "whsec_" + base64Of([]byte(rand.Text() + rand.Text())[:32])
		},
		names: []string{verify.StandardIDHeader, verify.StandardTimestampHeader, verify.StandardSignatureHeader}, past: 300 * time.Second, future: 300 * time.Second, unit: time.Second,
		sign: func(secret string, message verify.Message, at time.Time) http.Header {
			key, err := base64.StdEncoding.DecodeString(secret[len("whsec_"):])
			if err != nil {
				panic(err)
			}
			text := stamp(at, time.Second)
			mac := hmacOf(key, "msg_1."+text+"."+string(message.Body))
			return headers(verify.StandardIDHeader, "msg_1", verify.StandardTimestampHeader, text, verify.StandardSignatureHeader, "v1,"+base64Of(mac))
		},
	},
	"device": {
		verifier: wide(verify.NewDevice), secret: rand.Text,
		names: []string{verify.DeviceNameHeader, verify.DeviceSequenceHeader, verify.DeviceTimestampHeader, verify.DeviceHeader},
		past:  300 * time.Second, future: 60 * time.Second, unit: time.Second,
		sign: func(secret string, message verify.Message, at time.Time) http.Header {
			text := stamp(at, time.Second)
			mac := hmacOf([]byte(secret), "monitor-7.41."+text+"."+string(message.Body))
			return headers(verify.DeviceNameHeader, "monitor-7", verify.DeviceSequenceHeader, "41",
				verify.DeviceTimestampHeader, text, verify.DeviceHeader, hexOf(mac))
		},
	},
	"sendgrid": {
		verifier: wide(verify.NewSendGrid), secret: newPublicKey,
		names: []string{verify.SendGridHeader, verify.SendGridTimestampHeader}, past: 24 * time.Hour, future: 60 * time.Second, unit: time.Second,
		sign: func(secret string, message verify.Message, at time.Time) http.Header {
			text := stamp(at, time.Second)
			digest := sha256.Sum256([]byte(text + string(message.Body)))
			signature, err := ecdsa.SignASN1(rand.Reader, ecdsaKeys[secret], digest[:])
			if err != nil {
				panic(err)
			}
			return headers(verify.SendGridHeader, base64Of(signature), verify.SendGridTimestampHeader, text)
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
	"cloudinary": cloudinary(func(text string) string {
		sum := sha1.Sum([]byte(text)) //nolint:gosec // Cloudinary's scheme
		return hexOf(sum[:])
	}),
	"cloudinary256": cloudinary(func(text string) string {
		sum := sha256.Sum256([]byte(text))
		return hexOf(sum[:])
	}),
	"contentful": {
		verifier: wide(verify.NewContentful), secret: func() string { return strings.Repeat(rand.Text(), 3)[:64] },
		names: []string{verify.ContentfulHeader, verify.ContentfulSignedHeadersHeader, verify.ContentfulTimestampHeader, "X-Contentful-Topic"},
		past:  30 * time.Second, future: 60 * time.Second, unit: time.Millisecond,
		sign: func(secret string, message verify.Message, at time.Time) http.Header {
			const list = "x-contentful-signed-headers,x-contentful-timestamp,x-contentful-topic"
			text := stamp(at, time.Millisecond)
			path := "no path that this sender knows"
			if message.URL == sampleMessage().URL {
				path = "/in?a%253D1" // its query, escaped twice
			}
			mac := hmacOf([]byte(secret), message.Method+"\n"+path+"\nx-contentful-signed-headers:"+list+
				";x-contentful-timestamp:"+text+";x-contentful-topic:Entry.publish\n"+string(message.Body))
			return headers(verify.ContentfulHeader, hexOf(mac), verify.ContentfulSignedHeadersHeader, list,
				verify.ContentfulTimestampHeader, text, "X-Contentful-Topic", "Entry.publish")
		},
	},
}

func hubSpotLegacy(version string, before func(verify.Message) string) sender {
	return sender{
		verifier: wide(verify.NewHubSpotLegacy), secret: rand.Text,
		names: []string{verify.HubSpotLegacyHeader, verify.HubSpotVersionHeader},
		sign: func(secret string, message verify.Message, _ time.Time) http.Header {
			sum := sha256.Sum256([]byte(secret + before(message) + string(message.Body)))
			return headers(verify.HubSpotLegacyHeader, hexOf(sum[:]), verify.HubSpotVersionHeader, version)
		},
	}
}

func cloudinary(hash func(string) string) sender {
	return sender{
		verifier: wide(verify.NewCloudinary), secret: rand.Text,
		names: []string{verify.CloudinaryHeader, verify.CloudinaryTimestampHeader},
		past:  2 * time.Hour, future: 60 * time.Second, unit: time.Second,
		sign: func(secret string, message verify.Message, at time.Time) http.Header {
			text := stamp(at, time.Second)
			return headers(verify.CloudinaryHeader, hash(string(message.Body)+text+secret), verify.CloudinaryTimestampHeader, text)
		},
	}
}

func twilioMAC(token, text string) string {
	mac := hmac.New(sha1.New, []byte(token))
	mac.Write([]byte(text))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
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
