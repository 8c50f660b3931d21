package provider

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"syscall"
)

// requestIDHeaders are where providers name the request for their support.
var requestIDHeaders = []string{"Request-Id", "X-Request-Id", "Twilio-Request-Id", "X-Message-Id", "X-Hubspot-Correlation-Id"}

var plainCode = regexp.MustCompile(`^[A-Za-z0-9_.:/-]{1,80}$`)

// safeCode lets a provider's code through if it looks like one: a text with
// spaces or an @ is a message, and may quote what was sent.
func safeCode(code string) string {
	if plainCode.MatchString(code) {
		return code
	}
	return ""
}

func requestID(header http.Header) string {
	for _, name := range requestIDHeaders {
		if id := safeCode(header.Get(name)); id != "" {
			return id
		}
	}
	return ""
}

// sentinels are the causes that a caller may ask for with errors.Is.
var sentinels = []error{
	ErrSecondAttempt, ErrCircuitOpen, ErrRedirected, ErrTooLarge, ErrRate, context.Canceled, context.DeadlineExceeded,
	io.EOF, io.ErrUnexpectedEOF, syscall.ECONNREFUSED, syscall.ECONNRESET, syscall.EPIPE,
}

// redacted keeps of an error what is known to quote nothing: its kind and the
// sentinels in it. A transport error quotes the URL, an SDK's the answer.
func redacted(err error) error {
	var kept []error
	for _, sentinel := range sentinels {
		if errors.Is(err, sentinel) {
			kept = append(kept, sentinel)
		}
	}
	if len(kept) == 0 {
		return errors.New(kindOf(err))
	}
	return fmt.Errorf("%s: %w", kindOf(err), errors.Join(kept...))
}

// kindOf names a transport error in words that quote nothing.
func kindOf(err error) string {
	var lookup *net.DNSError
	var network *net.OpError
	var certificate *tls.CertificateVerificationError
	var authority x509.UnknownAuthorityError
	var record tls.RecordHeaderError
	switch {
	case err == nil:
		return "no answer"
	case errors.Is(err, ErrSecondAttempt):
		return "second attempt refused"
	case errors.Is(err, ErrCircuitOpen):
		return "the circuit is open after repeated failures"
	case errors.Is(err, ErrRedirected):
		return "redirect not followed"
	case errors.Is(err, ErrTooLarge):
		return "answer too large"
	case errors.Is(err, ErrRate):
		return "waited too long for the call rate"
	case errors.Is(err, context.Canceled):
		return "cancelled"
	case errors.As(err, &lookup):
		return "host name not found"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused"
	case errors.Is(err, context.DeadlineExceeded), isTimeout(err):
		return "timed out"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "connection reset"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "connection closed early"
	case errors.As(err, &certificate), errors.As(err, &authority), errors.As(err, &record):
		return "TLS failed"
	case errors.As(err, &network):
		return "network error (" + network.Op + ")"
	default:
		return "no usable answer"
	}
}

func isTimeout(err error) bool {
	var timeout interface{ Timeout() bool }
	return errors.As(err, &timeout) && timeout.Timeout()
}

// usualCode finds an error code where JSON APIs put it. A policy's name says
// more than a category.
func usualCode(body []byte) string {
	var answer struct {
		PolicyName string `json:"policyName"`
		Category   string `json:"category"`
	}
	if json.Unmarshal(body, &answer) != nil {
		return ""
	}
	if answer.PolicyName != "" {
		return answer.PolicyName
	}
	return answer.Category
}
