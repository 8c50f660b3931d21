package samples

import (
	"crypto/sha256"
	"encoding/base64"
	"net/url"
	"strings"
	"time"

	"guestjourney/internal/verify"
)

var pages = []Sample{
	{
		Name: "sanity", Provider: "sanity", Variable: "SANITY_WEBHOOK_SECRETS", path: "/webhooks/sanity",
		body: fill(`{"_id":"program-7d","_type":"program","_rev":"r{ms}","title":"Seven days"}`),
		sign: signingPairs(verify.SanityHeader, millis, base64.RawURLEncoding.EncodeToString),
	},
	{
		Name: "contentful", Provider: "contentful", Variable: "CONTENTFUL_WEBHOOK_SECRETS", path: "/webhooks/contentful",
		body: fill(`{"sys":{"type":"Entry","id":"program","revision":3,"updatedAt":"{iso}","space":{"sys":{"type":"Link","linkType":"Space","id":"space1"}}},"fields":{}}`),
		sign: signContentful,
	},
}

// signContentful signs method, path, some headers and body; the path of the
// sample is plain, so that nothing in it needs an escape.
func signContentful(secret string, message *verify.Message, at time.Time) error {
	address, err := url.Parse(message.URL)
	if err != nil {
		return err
	}
	headers := []string{
		"x-contentful-idempotency-key", "sample-" + millis(at), "x-contentful-signed-headers", "",
		"x-contentful-timestamp", millis(at), "x-contentful-topic", "ContentManagement.Entry.publish",
	}
	var names, lines []string
	for i := 0; i < len(headers); i += 2 {
		names = append(names, headers[i])
	}
	headers[3] = strings.Join(names, ",")
	for i := 0; i < len(headers); i += 2 {
		lines = append(lines, headers[i]+":"+headers[i+1])
		message.Header.Set(headers[i], headers[i+1])
	}
	text := strings.Join([]string{message.Method, address.EscapedPath(), strings.Join(lines, ";"), string(message.Body)}, "\n")
	message.Header.Set(verify.ContentfulHeader, hexOf(macOf(sha256.New, []byte(secret), text)))
	return nil
}
