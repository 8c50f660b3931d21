package proxytest

import (
	"crypto/ecdsa"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // Twilio's scheme
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"hash"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"guestjourney/internal/verify"
)

// The senders sign every attempt anew, as their providers do.

func signStripe(h *house, p post) http.Header {
	stamp := now()
	return header("Stripe-Signature", "t="+stamp+",v1="+hex.EncodeToString(mac(sha256.New, []byte(h.secrets.StripeWebhookSecret), stamp+"."+p.body)))
}

func signSendGrid(h *house, p post) http.Header {
	stamp := now()
	digest := sha256.Sum256([]byte(stamp + p.body))
	signature, err := ecdsa.SignASN1(rand.Reader, h.secrets.SendGridPrivateKey, digest[:])
	if err != nil {
		panic(err)
	}
	return header(
		"X-Twilio-Email-Event-Webhook-Signature", base64.StdEncoding.EncodeToString(signature), "X-Twilio-Email-Event-Webhook-Timestamp", stamp)
}

func signTwilio(h *house, p post) http.Header {
	form, err := url.ParseQuery(p.body)
	if err != nil {
		panic(err)
	}
	signed := h.proxyURL + p.path
	for _, key := range slices.Sorted(maps.Keys(form)) {
		signed += key + form.Get(key)
	}
	return header("X-Twilio-Signature", base64.StdEncoding.EncodeToString(mac(sha1.New, []byte(h.secrets.TwilioAuthToken), signed)))
}

func signGuest(h *house, p post) http.Header {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(h.secrets.GuestSecret, "whsec_"))
	if err != nil {
		panic(err)
	}
	stamp, id := now(), p.events[0].id
	signature := "v1," + base64.StdEncoding.EncodeToString(mac(sha256.New, key, id+"."+stamp+"."+p.body))
	return header(verify.StandardIDHeader, id, verify.StandardTimestampHeader, stamp, verify.StandardSignatureHeader, signature)
}

func now() string { return strconv.FormatInt(time.Now().Unix(), 10) }

func header(pairs ...string) http.Header {
	all := http.Header{}
	for i := 0; i < len(pairs); i += 2 {
		all.Set(pairs[i], pairs[i+1])
	}
	return all
}

func mac(algorithm func() hash.Hash, key []byte, text string) []byte {
	sum := hmac.New(algorithm, key)
	sum.Write([]byte(text))
	return sum.Sum(nil)
}
