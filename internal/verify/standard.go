package verify

import (
	"encoding/base64"
	"errors"
	"regexp"
	"strings"
	"time"
)

// Headers of Standard Webhooks.
const (
	StandardIDHeader        = "Webhook-Id"
	StandardTimestampHeader = "Webhook-Timestamp"
	StandardSignatureHeader = "Webhook-Signature"
)

// Lengths of a secret that the specification allows, in bytes.
const (
	minStandardSecret = 24
	maxStandardSecret = 64
)

// NewStandard makes the verifier of Standard Webhooks with the given secrets,
// "whsec_" and base64: HMAC-SHA256 of "<id>.<time>.<body>" in base64, signatures
// separated by spaces. Without any it refuses everything.
func NewStandard(secrets ...string) (*HMAC, error) {
	return newHMAC(scheme{
		header: StandardSignatureHeader, encoding: base64Standard, read: readStandard,
		beside: []string{StandardIDHeader, StandardTimestampHeader}, covers: []string{PartID},
		window: Window{Past: 5 * time.Minute, Future: 5 * time.Minute},
	}, secrets, standardSecret)
}

func standardSecret(secret string) ([]byte, error) {
	encoded, found := strings.CutPrefix(secret, "whsec_")
	key, err := base64.StdEncoding.DecodeString(encoded)
	if !found || err != nil || len(key) < minStandardSecret || len(key) > maxStandardSecret {
		return nil, errors.New("want whsec_ and base64 of 24 to 64 bytes")
	}
	return key, nil
}

// standardID keeps the full stop out of the ID: it separates the signed parts,
// and "a" + "1.b" must not be signed like "a.1" + "b".
var standardID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,128}$`)

func readStandard(message Message, header string) (claim, error) {
	id, errID := single(message.Header, StandardIDHeader)
	timestamp, errTime := single(message.Header, StandardTimestampHeader)
	value, errSignature := single(message.Header, header)
	if errors.Join(errID, errTime, errSignature) != nil || !standardID.MatchString(id) {
		return claim{}, ErrHeader
	}
	signedAt, err := parseTimestamp(timestamp, time.Second)
	if err != nil {
		return claim{}, err
	}
	signatures, err := standardSignatures(value)
	return claim{signatures: signatures, before: id + "." + timestamp + ".", signedAt: signedAt}, err
}

// standardSignatures takes the symmetric ones, "v1,<base64>".
func standardSignatures(header string) ([]string, error) {
	all := strings.Split(header, " ")
	if len(all) > maxSignatures {
		return nil, ErrHeader
	}
	symmetric := all[:0]
	for _, text := range all {
		if signature, found := strings.CutPrefix(text, "v1,"); found {
			symmetric = append(symmetric, signature)
		}
	}
	return symmetric, nil
}
