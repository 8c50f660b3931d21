// Command judge verifies messages from standard input, one JSON object a line,
// and writes a verdict a line: "ok", or why not. Called by ../run.mjs alone,
// which holds the verdicts against those of the providers' npm libraries.
package main

import (
	"bufio"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"guestjourney/internal/verify"
)

// question is a message, and what is needed to judge it.
type question struct {
	Scheme, Secret string
	Method, URL    string
	Header         map[string]string
	Body           []byte // base64
	Now            int64  // milliseconds
	Certificate    string // PEM, of SNS
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var asked question
		if err := json.Unmarshal(lines.Bytes(), &asked); err != nil {
			fmt.Fprintln(os.Stderr, "judge: a line is no question:", err)
			os.Exit(1)
		}
		fmt.Println(judge(asked))
	}
}

func judge(asked question) string {
	verifier, err := verifierOf(asked)
	if err != nil {
		return "configuration: " + err.Error()
	}
	message := verify.Message{Method: asked.Method, URL: asked.URL, Header: http.Header{}, Body: asked.Body}
	for name, value := range asked.Header {
		message.Header.Set(name, value)
	}
	if _, err := verifier.Verify(message, time.UnixMilli(asked.Now)); err != nil {
		return err.Error()
	}
	return "ok"
}

func verifierOf(asked question) (verify.Verifier, error) {
	switch asked.Scheme {
	case "stripe":
		return verify.NewStripe(asked.Secret)
	case "mux":
		return verify.NewMux(asked.Secret)
	case "sanity":
		return verify.NewSanity(asked.Secret)
	case "svix":
		return verify.NewStandard(asked.Secret)
	case "twilio":
		return verify.NewTwilio(asked.Secret)
	case "sendgrid":
		return verify.NewSendGrid(asked.Secret)
	case "hubspot":
		return verify.NewHubSpot(asked.Secret)
	case "hubspot legacy":
		return verify.NewHubSpotLegacy(asked.Secret)
	case "contentful":
		return verify.NewContentful(asked.Secret)
	case "cloudinary":
		return verify.NewCloudinary(asked.Secret)
	case "sns":
		roots := x509.NewCertPool()
		roots.AppendCertsFromPEM([]byte(asked.Certificate))
		return verify.NewSNSWith(verify.NewCertificates(file(asked.Certificate), roots), asked.Secret)
	default:
		return nil, fmt.Errorf("no scheme %q", asked.Scheme)
	}
}

// file answers every request with itself.
type file string

func (f file) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(string(f)))}, nil
}
