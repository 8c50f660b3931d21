package verify_test

import (
	"crypto/ecdsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"sort"
	"strings"
	"testing"

	"guestjourney/internal/verify"
)

// covered says whether the sender could have made an accepted message: it is
// the second opinion that no mutation passes.
type covered func(secret string, message verify.Message, match verify.Match) bool

// resigned signs the message again, as the sender does, and finds the result in
// its headers. Among several signatures one must be it.
func resigned(s sender) covered {
	return func(secret string, message verify.Message, match verify.Match) bool {
		for name, values := range s.sign(secret, message, match.SignedAt) {
			given := strings.FieldsFunc(message.Header.Get(name), func(r rune) bool { return r == ',' || r == ' ' })
			for _, part := range strings.FieldsFunc(values[0], func(r rune) bool { return r == ',' || r == ' ' }) {
				if !slices.Contains(given, part) {
					return false
				}
			}
		}
		return true
	}
}

const sampleOrigin = "https://hooks.example.com"

// fuzz begins with a signed message and changes its body, its path and the
// values of its headers.
func fuzz(f *testing.F, s sender, made covered) {
	secret := s.secret()
	verifier, err := s.verifier(secret, s.secret())
	if err != nil {
		f.Fatal(err)
	}
	valid := signed(s, secret, now)
	path := strings.TrimPrefix(valid.URL, sampleOrigin)
	values := make([]string, 3)
	for i, name := range s.names[:min(3, len(s.names))] {
		values[i] = valid.Header.Get(name)
	}
	f.Add(valid.Body, path, values[0], values[1], values[2])
	f.Add(valid.Body, path, values[0], values[0], values[0])
	f.Add(valid.Body, path, values[0]+","+values[0], values[1], values[2]+" "+values[2])
	f.Add(valid.Body, path, strings.Repeat(values[0], 100), values[1], values[2])
	for _, body := range []string{"Body=hell0", "", "{}", "Body=%zz", "Body=hello&Body=hello", "1Body=hello", "\xff\x00"} {
		f.Add([]byte(body), path+"&bodySHA256=0", values[0], values[1], values[2])
	}
	f.Fuzz(func(t *testing.T, body []byte, path, first, second, third string) {
		message := verify.Message{Method: http.MethodPost, URL: sampleOrigin + path, Header: valid.Header.Clone(), Body: body}
		for i, value := range []string{first, second, third}[:min(3, len(s.names))] {
			message.Header.Set(s.names[i], value)
		}
		match, err := verifier.Verify(message, now)
		if err != nil {
			return
		}
		for _, name := range s.names {
			if len(message.Header.Get(name)) > 4096 {
				t.Fatalf("%s of %d bytes was read", name, len(message.Header.Get(name)))
			}
		}
		if !made(secret, message, match) {
			t.Fatalf("nobody signed %q to %q with %q", message.Body, message.URL, message.Header)
		}
	})
}

func fuzzScheme(f *testing.F, name string) { fuzz(f, senders[name], resigned(senders[name])) }

func FuzzStripe(f *testing.F)         { fuzzScheme(f, "stripe") }
func FuzzMux(f *testing.F)            { fuzzScheme(f, "mux") }
func FuzzPracticeBetter(f *testing.F) { fuzzScheme(f, "practicebetter") }
func FuzzSanity(f *testing.F)         { fuzzScheme(f, "sanity") }
func FuzzMeta(f *testing.F)           { fuzzScheme(f, "meta") }
func FuzzCal(f *testing.F)            { fuzzScheme(f, "cal") }
func FuzzMedplum(f *testing.F)        { fuzzScheme(f, "medplum") }
func FuzzWHOOPPartner(f *testing.F)   { fuzzScheme(f, "whooppartner") }
func FuzzZoom(f *testing.F)           { fuzzScheme(f, "zoom") }
func FuzzDaily(f *testing.F)          { fuzzScheme(f, "daily") }
func FuzzOura(f *testing.F)           { fuzzScheme(f, "oura") }
func FuzzWHOOP(f *testing.F)          { fuzzScheme(f, "whoop") }
func FuzzVapi(f *testing.F)           { fuzzScheme(f, "vapi") }
func FuzzToken(f *testing.F)          { fuzzScheme(f, "token") }
func FuzzBasic(f *testing.F)          { fuzzScheme(f, "basic") }
func FuzzHubSpot(f *testing.F)        { fuzzScheme(f, "hubspot") }
func FuzzHubSpotV1(f *testing.F)      { fuzzScheme(f, "hubspot1") }
func FuzzHubSpotV2(f *testing.F)      { fuzzScheme(f, "hubspot2") }
func FuzzStandard(f *testing.F)       { fuzzScheme(f, "standard") }
func FuzzCloudinary(f *testing.F)     { fuzzScheme(f, "cloudinary") }
func FuzzCloudinary256(f *testing.F)  { fuzzScheme(f, "cloudinary256") }
func FuzzContentful(f *testing.F)     { fuzzScheme(f, "contentful") }
func FuzzDevice(f *testing.F)         { fuzzScheme(f, "device") }

// 360dialog's signature may have a label.
func Fuzz360Dialog(f *testing.F) {
	s := senders["360dialog"]
	fuzz(f, s, func(secret string, message verify.Message, _ verify.Match) bool {
		return strings.TrimPrefix(message.Header.Get(s.names[0]), "sha256=") == hexOf(hmacOf([]byte(secret), string(message.Body)))
	})
}

// ECDSA signs differently every time; the standard library judges.
func FuzzSendGrid(f *testing.F) {
	s := senders["sendgrid"]
	fuzz(f, s, func(secret string, message verify.Message, _ verify.Match) bool {
		signature, err := base64.StdEncoding.DecodeString(message.Header.Get(verify.SendGridHeader))
		digest := sha256.Sum256([]byte(message.Header.Get(verify.SendGridTimestampHeader) + string(message.Body)))
		return err == nil && ecdsa.VerifyASN1(&ecdsaKeys[secret].PublicKey, digest[:], signature)
	})
}

// Twilio signs the form's meaning, and that without separators: bodies of the
// same signed text are the same to it. Other addresses are TestTwilioVectors'.
func FuzzTwilio(f *testing.F) {
	s := senders["twilio"]
	fuzz(f, s, func(secret string, message verify.Message, _ verify.Match) bool {
		return message.URL != sampleMessage().URL ||
			message.Header.Get(verify.TwilioHeader) == twilioMAC(secret, message.URL+twilioText(message.Body))
	})
}

// twilioText is written apart from the verifier: names and distinct values in
// order, nothing between them.
func twilioText(body []byte) string {
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return "no form: " + string(body)
	}
	names := make([]string, 0, len(form))
	for name := range form {
		names = append(names, name)
	}
	sort.Strings(names)
	text := ""
	for _, name := range names {
		values := append([]string(nil), form[name]...)
		sort.Strings(values)
		for i, value := range values {
			if i == 0 || value != values[i-1] {
				text += name + value
			}
		}
	}
	return text
}

// SNS signs fields, not bytes: what is accepted must say the same in each of
// them to any reader of JSON.
func FuzzSNS(f *testing.F) {
	a := newAmazon(f)
	verifier := a.verifier(f, snsTopic)
	valid := a.sign(f, notification(now))
	f.Add(valid.Body, "Notification")
	f.Add(a.sign(f, confirmation("SubscriptionConfirmation")).Body, "SubscriptionConfirmation")
	for _, body := range []string{"", "{", "[]", `{"Message":null}`, `{"a":{"b":[1]}}`, `{"Message":"\ud800"}`, `{"":"","":""}`} {
		f.Add([]byte(body), "Notification")
	}
	f.Fuzz(func(t *testing.T, body []byte, kind string) {
		message := verify.Message{Method: http.MethodPost, Header: headers(verify.SNSTypeHeader, kind), Body: body}
		if _, err := verifier.Verify(message, now); err != nil {
			return
		}
		if kind != "Notification" {
			return // the other seed; its fields are TestSNSNoticesEveryChangedField's
		}
		for _, name := range verify.SNSSigned(kind) {
			if field(t, body, name) != field(t, valid.Body, name) {
				t.Fatalf("nobody signed %q", body)
			}
		}
	})
}

// field reads as a later reader does: the struct field takes names in any case.
func field(t *testing.T, body []byte, name string) string {
	var read struct{ Message, MessageID, Subject, Timestamp, TopicArn, Type string }
	if err := json.Unmarshal(body, &read); err != nil {
		t.Fatalf("accepted, but %v", err)
	}
	return map[string]string{
		"Message": read.Message, "MessageId": read.MessageID, "Subject": read.Subject,
		"Timestamp": read.Timestamp, "TopicArn": read.TopicArn, "Type": read.Type,
	}[name]
}
