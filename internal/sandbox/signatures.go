package sandbox

import (
	"crypto/ecdsa"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // Twilio's scheme
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// sign makes the headers with which the provider proves a webhook. It runs at
// every attempt: the timestamp is that of the attempt.
func (s *Server) sign(sent delivery, target string, now time.Time) (http.Header, error) {
	secrets := s.config.Secrets
	switch sent.Provider {
	case providerStripe:
		return signStripe(secrets.StripeWebhookSecret, sent.Body, now), nil
	case providerTwilio:
		return signTwilio(secrets.TwilioAuthToken, target, sent.Body)
	case providerSendGrid:
		return signSendGrid(secrets.SendGridPrivateKey, sent.Body, now)
	case providerHubSpot:
		return signHubSpot(secrets.HubSpotClientSecret, http.MethodPost, target, sent.Body, now), nil
	default:
		return signGuest(secrets.GuestSecret, sent.EventID, sent.Body, now)
	}
}

// signStripe: HMAC-SHA256, hex, over "t.body" with the secret's text.
func signStripe(secret, body string, now time.Time) http.Header {
	timestamp := strconv.FormatInt(now.Unix(), 10)
	mac := hex.EncodeToString(authenticate(sha256.New, []byte(secret), timestamp+"."+body))
	return http.Header{"Stripe-Signature": {"t=" + timestamp + ",v1=" + mac}}
}

// signTwilio: HMAC-SHA1, base64, over the URL and the sorted form. A key that
// occurs several times is signed with its sorted distinct values.
func signTwilio(token, target, body string) (http.Header, error) {
	form, err := url.ParseQuery(body)
	if err != nil {
		return nil, fmt.Errorf("sandbox: a Twilio webhook's body is no form: %w", err)
	}
	keys := make([]string, 0, len(form))
	for key := range form {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	var signed strings.Builder
	signed.WriteString(target)
	for _, key := range keys {
		values := slices.Compact(slices.Sorted(slices.Values(form[key])))
		for _, value := range values {
			signed.WriteString(key + value)
		}
	}
	mac := base64.StdEncoding.EncodeToString(authenticate(sha1.New, []byte(token), signed.String()))
	return http.Header{"X-Twilio-Signature": {mac}}, nil
}

// signSendGrid: ECDSA P-256 with SHA-256, ASN.1, base64, over timestamp+body.
func signSendGrid(key *ecdsa.PrivateKey, body string, now time.Time) (http.Header, error) {
	timestamp := strconv.FormatInt(now.Unix(), 10)
	digest := sha256.Sum256([]byte(timestamp + body))
	signature, err := ecdsa.SignASN1(rand.Reader, key, digest[:])
	if err != nil {
		return nil, fmt.Errorf("sandbox: sign a SendGrid webhook: %w", err)
	}
	header := http.Header{}
	header.Set("X-Twilio-Email-Event-Webhook-Signature", base64.StdEncoding.EncodeToString(signature))
	header.Set("X-Twilio-Email-Event-Webhook-Timestamp", timestamp)
	return header, nil
}

// hubSpotDecoded are the only escapes that HubSpot decodes in the URI it signs.
var hubSpotDecoded = strings.NewReplacer(
	"%3A", ":", "%2F", "/", "%3F", "?", "%40", "@", "%21", "!", "%24", "$", "%27", "'", "%28", "(", "%29", ")", "%2A", "*", "%2C", ",", "%3B", ";",
)

// signHubSpot: version 3, HMAC-SHA256, base64, over method, URI, body and the
// timestamp in milliseconds; as HubSpot does, with version 1 beside it.
func signHubSpot(secret, method, target, body string, now time.Time) http.Header {
	timestamp := strconv.FormatInt(now.UnixMilli(), 10)
	mac := authenticate(sha256.New, []byte(secret), method+hubSpotDecoded.Replace(target)+body+timestamp)
	first := sha256.Sum256([]byte(secret + body))
	header := http.Header{}
	header.Set("X-HubSpot-Signature-V3", base64.StdEncoding.EncodeToString(mac))
	header.Set("X-HubSpot-Request-Timestamp", timestamp)
	header.Set("X-HubSpot-Signature", hex.EncodeToString(first[:]))
	header.Set("X-HubSpot-Signature-Version", "v1")
	return header
}

// signGuest: Standard Webhooks, HMAC-SHA256, base64, over "id.timestamp.body".
func signGuest(secret, id, body string, now time.Time) (http.Header, error) {
	key, err := guestKey(secret)
	if err != nil {
		return nil, err
	}
	timestamp := strconv.FormatInt(now.Unix(), 10)
	mac := authenticate(sha256.New, key, id+"."+timestamp+"."+body)
	header := http.Header{}
	header.Set("Webhook-Id", id)
	header.Set("Webhook-Timestamp", timestamp)
	header.Set("Webhook-Signature", "v1,"+base64.StdEncoding.EncodeToString(mac))
	return header, nil
}

func authenticate(algorithm func() hash.Hash, key []byte, text string) []byte {
	mac := hmac.New(algorithm, key)
	mac.Write([]byte(text))
	return mac.Sum(nil)
}
