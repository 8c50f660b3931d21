package verify_test

import (
	"net/http"
	"net/url"
	"sort"
	"testing"

	"guestjourney/internal/verify"
)

// fuzz tries any body and any header values on one scheme: it must never
// panic, and must refuse whatever its own signature was not made for.
func fuzz(f *testing.F, s sender, same func(a, b []byte) bool) {
	secret := s.secret()
	verifier, err := s.verifier(secret)
	if err != nil {
		f.Fatal(err)
	}
	valid := signed(s, secret, now)
	for _, body := range []string{"Body=hello", "Body=hell0", "", "{}", "Body=%zz", "Body=hello&Body=hello", "\xff\x00"} {
		f.Add([]byte(body), "t=1,v1=00", "1", "POST", "/in?a=1")
	}
	f.Add([]byte("Body=hello"), valid.Header.Get(s.names[0]), valid.Header.Get(s.names[len(s.names)-1]), "POST", "/in?a=1&bodySHA256=0")
	f.Fuzz(func(t *testing.T, body []byte, first, last, method, path string) {
		changed := valid
		changed.Body = body
		if _, err := verifier.Verify(changed, now); err == nil && !same(body, valid.Body) {
			t.Fatalf("the signature of %q was accepted for %q", valid.Body, body)
		}
		forged := verify.Message{Method: method, URL: "https://hooks.example.com" + path, Header: http.Header{}, Body: body}
		for _, name := range s.names {
			forged.Header.Set(name, last)
		}
		forged.Header.Set(s.names[0], first)
		_, err := verifier.Verify(forged, now)
		if err == nil && first != valid.Header.Get(s.names[0]) {
			t.Fatal("a header that nobody signed was accepted")
		}
	})
}

func equal(a, b []byte) bool { return string(a) == string(b) }

func FuzzStripe(f *testing.F)   { fuzz(f, senders["stripe"], equal) }
func FuzzHubSpot(f *testing.F)  { fuzz(f, senders["hubspot"], equal) }
func FuzzStandard(f *testing.F) { fuzz(f, senders["standard"], equal) }
func FuzzSendGrid(f *testing.F) { fuzz(f, senders["sendgrid"], equal) }

// Twilio signs the form's meaning, and that without separators: bodies of the
// same signed text are the same to it.
func FuzzTwilio(f *testing.F) {
	fuzz(f, senders["twilio"], func(a, b []byte) bool { return twilioText(a) == twilioText(b) })
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
