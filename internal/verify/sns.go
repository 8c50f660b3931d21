package verify

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // Version 1 of Amazon's scheme; see snsHashes.
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
)

// SNSTypeHeader tells the kind of message. Nothing signs it; it must say what
// the signed body says.
const SNSTypeHeader = "X-Amz-Sns-Message-Type"

// SNS verifies messages of Amazon's Simple Notification Service, which carry
// the bounces and complaints of SES: RSA over some of the body's fields, with
// the key of a certificate that the body names. What other fields of the body
// say (SNSSigned tells) is anybody's word.
type SNS struct {
	topics       []string
	certificates *Certificates
	window       Window
}

var topicARN = regexp.MustCompile(`^arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_.-]{1,256}$`)

// NewSNS makes the verifier of the given topics. Anybody may have a topic of
// their own, signed by Amazon as well: without any it refuses everything. The
// window is a day, because a retry keeps the time at which it was published.
// Certificates are fetched from Amazon.
func NewSNS(topicARNs ...string) (*SNS, error) {
	return NewSNSWith(NewCertificates(nil, nil), topicARNs...)
}

// NewSNSWith is NewSNS with certificates of another origin.
func NewSNSWith(certificates *Certificates, topicARNs ...string) (*SNS, error) {
	for _, topic := range topicARNs {
		if !topicARN.MatchString(topic) {
			return nil, errors.New("want the ARN of an SNS topic: arn:aws:sns:<region>:<account>:<name>")
		}
	}
	return &SNS{topics: topicARNs, certificates: certificates, window: Window{Past: 24 * time.Hour, Future: time.Minute}}, nil
}

// Verify implements Verifier. Match.Key is the index of the topic, Match.KeyID
// names the certificate. Without the certificate it is ErrUnavailable.
func (s *SNS) Verify(message Message, now time.Time) (Match, error) {
	if len(s.topics) == 0 {
		return Match{}, ErrNoSecret
	}
	fields, signature, err := readSNS(message)
	if err != nil {
		return Match{}, err
	}
	// Before anything is fetched: who knows no topic of ours costs nothing.
	topic := slices.Index(s.topics, fields["TopicArn"])
	address := fields["SigningCertURL"]
	if topic < 0 || !certificateURL.MatchString(address) {
		return Match{}, ErrSignature
	}
	signedAt, err := time.Parse(time.RFC3339, fields["Timestamp"])
	if err != nil {
		return Match{}, ErrHeader
	}
	found, err := s.certificates.get(address, now)
	if err != nil {
		return Match{}, err
	}
	if err := checkSNS(found.key, fields, signature); err != nil {
		return Match{}, err
	}
	return Match{Key: topic, KeyID: found.id, SignedAt: signedAt.UTC()}, s.window.check(signedAt, now)
}

func (s *SNS) claims(header http.Header) bool { return has(header, SNSTypeHeader) }

// readSNS takes the fields of a message that is complete.
func readSNS(message Message) (fields map[string]string, signature []byte, err error) {
	kind, err := single(message.Header, SNSTypeHeader)
	if err != nil {
		return nil, nil, err
	}
	fields, err = flatObject(message.Body)
	if err != nil {
		return nil, nil, err
	}
	signed := SNSSigned(fields["Type"])
	if signed == nil || fields["Type"] != kind {
		return nil, nil, ErrHeader
	}
	for _, name := range signed {
		if _, found := fields[name]; !found && name != "Subject" {
			return nil, nil, ErrHeader
		}
	}
	signature, err = base64.StdEncoding.Strict().DecodeString(fields["Signature"])
	if err != nil || strings.ContainsAny(fields["Signature"], "\r\n") {
		return nil, nil, ErrHeader
	}
	return fields, signature, nil
}

// SNSSigned returns the fields that the signature of a message of this type
// covers, in the order of signing; nil for an unknown type. The Subject may be
// missing. The confirmations cover the Token: Amazon's JavaScript validator
// forgets it when a subscription ends.
func SNSSigned(kind string) []string {
	switch kind {
	case "Notification":
		return []string{"Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"}
	case "SubscriptionConfirmation", "UnsubscribeConfirmation":
		return []string{"Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"}
	default:
		return nil
	}
}

// checkSNS: version 1 is SHA-1, which nobody can forge an existing message of,
// version 2 is SHA-256. Topics are version 1 until they are set to 2.
func checkSNS(key *rsa.PublicKey, fields map[string]string, signature []byte) error {
	var text strings.Builder
	for _, name := range SNSSigned(fields["Type"]) {
		if value, found := fields[name]; found {
			text.WriteString(name + "\n" + value + "\n")
		}
	}
	switch fields["SignatureVersion"] {
	case "1":
		sum := sha1.Sum([]byte(text.String())) //nolint:gosec // see above
		return asErrSignature(rsa.VerifyPKCS1v15(key, crypto.SHA1, sum[:], signature))
	case "2":
		sum := sha256.Sum256([]byte(text.String()))
		return asErrSignature(rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], signature))
	default:
		return ErrHeader
	}
}

func asErrSignature(err error) error {
	if err != nil {
		return ErrSignature
	}
	return nil
}
