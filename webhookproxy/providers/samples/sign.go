package samples

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"hash"
	"strconv"
	"strings"
	"time"

	"guestjourney/internal/verify"
)

// signature makes the headers of a message, or what else of it proves its sender.
type signature = func(secret string, message *verify.Message, at time.Time) error

func macOf(algorithm func() hash.Hash, secret []byte, text string) []byte {
	mac := hmac.New(algorithm, secret)
	mac.Write([]byte(text))
	return mac.Sum(nil)
}

func hexOf(sum []byte) string    { return hex.EncodeToString(sum) }
func base64Of(sum []byte) string { return base64.StdEncoding.EncodeToString(sum) }

func seconds(at time.Time) string { return strconv.FormatInt(at.Unix(), 10) }
func millis(at time.Time) string  { return strconv.FormatInt(at.UnixMilli(), 10) }

// bearing puts the secret itself into a header.
func bearing(header string) signature {
	return func(secret string, message *verify.Message, _ time.Time) error {
		message.Header.Set(header, secret)
		return nil
	}
}

// signingBody signs the body alone, in hex.
func signingBody(header, prefix string) signature {
	return func(secret string, message *verify.Message, _ time.Time) error {
		message.Header.Set(header, prefix+hexOf(macOf(sha256.New, []byte(secret), string(message.Body))))
		return nil
	}
}

// signingPairs signs time and body, and sends "t=...,v1=...".
func signingPairs(header string, stamp func(time.Time) string, encode func([]byte) string) signature {
	return func(secret string, message *verify.Message, at time.Time) error {
		mac := macOf(sha256.New, []byte(secret), stamp(at)+"."+string(message.Body))
		message.Header.Set(header, "t="+stamp(at)+",v1="+encode(mac))
		return nil
	}
}

// stamped signs time and body, and sends the time in a header of its own.
type stamped struct {
	header, timeHeader    string
	stamp                 func(time.Time) string
	before, between, sign string // before the time, before the body, before the signature
	encode                func([]byte) string
	secret                func(string) ([]byte, error) // nil: as text
}

func (s stamped) make(secret string, message *verify.Message, at time.Time) error {
	key := []byte(secret)
	if s.secret != nil {
		var err error
		if key, err = s.secret(secret); err != nil {
			return err
		}
	}
	mac := macOf(sha256.New, key, s.before+s.stamp(at)+s.between+string(message.Body))
	message.Header.Set(s.header, s.sign+s.encode(mac))
	message.Header.Set(s.timeHeader, s.stamp(at))
	return nil
}

func fromBase64(secret string) ([]byte, error) {
	key, err := base64.StdEncoding.DecodeString(secret)
	if err != nil {
		return nil, errors.New("want base64")
	}
	return key, nil
}

// standardWebhooks signs as Standard Webhooks says; the ID is that of the time.
func standardWebhooks(secret string, message *verify.Message, at time.Time) error {
	key, err := fromBase64(strings.TrimPrefix(secret, "whsec_"))
	if err != nil {
		return errors.New("want whsec_ and base64")
	}
	id := "msg_sample_" + millis(at)
	mac := macOf(sha256.New, key, id+"."+seconds(at)+"."+string(message.Body))
	message.Header.Set(verify.StandardIDHeader, id)
	message.Header.Set(verify.StandardTimestampHeader, seconds(at))
	message.Header.Set(verify.StandardSignatureHeader, "v1,"+base64Of(mac))
	return nil
}

// privateKey reads base64 of PKCS #8.
func privateKey[T any](text string) (T, error) {
	var none T
	wrong := errors.New("want a private key of the provider's kind: base64 of PKCS #8")
	der, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return none, wrong
	}
	parsed, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return none, wrong
	}
	key, ok := parsed.(T)
	if !ok {
		return none, wrong
	}
	return key, nil
}
