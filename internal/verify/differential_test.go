package verify_test

import (
	"encoding/asn1"
	"encoding/base64"
	"net/http"
	"net/url"
	"strconv"
	"testing"
	"time"

	"github.com/cloudinary/cloudinary-go/v2/api/uploader"
	cloudinaryconfig "github.com/cloudinary/cloudinary-go/v2/config"
	sendgrid "github.com/sendgrid/sendgrid-go/helpers/eventwebhook"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stretchr/testify/require"
	stripewebhook "github.com/stripe/stripe-go/v76/webhook"
	twilioclient "github.com/twilio/twilio-go/client"
	"pgregory.net/rapid"

	"guestjourney/internal/verify"
)

// The providers' own libraries judge the same messages. Where we differ on
// purpose, the case is named.

// verdict says whether a verifier accepts.
func verdict(t require.TestingT, s sender, secret string, message verify.Message, at time.Time) bool {
	verifier, err := s.verifier(secret)
	require.NoError(t, err)
	_, err = verifier.Verify(message, at)
	return err == nil
}

// mutated draws a signed message, as it is or with one byte changed in the body
// or in a header.
func mutated(t *rapid.T, s sender, secret string, at time.Time) verify.Message {
	message := sampleMessage()
	message.Body = []byte("Body=" + url.QueryEscape(rapid.String().Draw(t, "text")))
	message.Header = s.sign(secret, message, at)
	switch rapid.SampledFrom([]string{"none", "body", "header"}).Draw(t, "changed") {
	case "body":
		i := rapid.IntRange(0, len(message.Body)-1).Draw(t, "at")
		message.Body[i] ^= byte(rapid.IntRange(1, 255).Draw(t, "by"))
	case "header":
		name := rapid.SampledFrom(s.names).Draw(t, "name")
		value := []byte(message.Header.Get(name))
		i := rapid.IntRange(0, len(value)-1).Draw(t, "at")
		value[i] = byte(rapid.IntRange('!', '~').Draw(t, "to"))
		message.Header.Set(name, string(value))
	}
	return message
}

func TestStripeAgreesWithItsLibrary(t *testing.T) {
	s, at := senders["stripe"], time.Now().UTC().Truncate(time.Second)
	rapid.Check(t, func(t *rapid.T) {
		secret := s.secret()
		message := mutated(t, s, secret, at)
		theirs := stripewebhook.ValidatePayload(message.Body, message.Header.Get(verify.StripeHeader), secret) == nil
		if ours := verdict(t, s, secret, message, at); ours {
			require.True(t, theirs, "accepted by us only")
		} else if theirs {
			// Named: the library reads hex in capitals, and times with a sign.
			require.NotRegexp(t, `^t=[0-9]+,v1=[0-9a-f]+$`, message.Header.Get(verify.StripeHeader))
		}
	})
}

func TestStripeLibraryAcceptsTheFuture(t *testing.T) {
	s, secret, now := senders["stripe"], "whsec_x", time.Now()
	message := signed(s, secret, now.Add(time.Hour))
	require.NoError(t, stripewebhook.ValidatePayload(message.Body, message.Header.Get(verify.StripeHeader), secret))
	require.False(t, verdict(t, s, secret, message, now))
}

func TestStandardAgreesWithItsLibrary(t *testing.T) {
	s, at := senders["standard"], time.Now().UTC().Truncate(time.Second)
	rapid.Check(t, func(t *rapid.T) {
		secret := s.secret()
		library, err := standardwebhooks.NewWebhook(secret)
		require.NoError(t, err)
		message := mutated(t, s, secret, at)
		header := http.Header{}
		for _, name := range s.names {
			header.Set(name, message.Header.Get(name))
		}
		theirs := library.Verify(message.Body, header) == nil
		if ours := verdict(t, s, secret, message, at); ours {
			require.True(t, theirs, "accepted by us only")
		} else if theirs {
			// Named: the library normalises the time and passes over what
			// follows a second comma.
			require.NotEqual(t, s.sign(secret, message, at), message.Header)
		}
	})
}

func TestSendGridAgreesWithItsLibrary(t *testing.T) {
	s, at := senders["sendgrid"], time.Now().UTC().Truncate(time.Second)
	secret := s.secret()
	key, err := sendgrid.ConvertPublicKeyBase64ToECDSA(secret)
	require.NoError(t, err)
	rapid.Check(t, func(t *rapid.T) {
		message := mutated(t, s, secret, at)
		theirs, err := sendgrid.VerifySignature(key, message.Body, message.Header.Get(verify.SendGridHeader), message.Header.Get(verify.SendGridTimestampHeader))
		if ours := verdict(t, s, secret, message, at); ours {
			require.True(t, theirs && err == nil, "accepted by us only")
		} else if theirs && err == nil {
			// Named: the library passes over unused bits at the end of base64, over
			// bytes after the signature, and over a second header.
			header := message.Header.Get(verify.SendGridHeader)
			raw, err := base64.StdEncoding.DecodeString(header)
			require.NoError(t, err)
			rest, err := asn1.Unmarshal(raw, &asn1.RawValue{})
			require.NoError(t, err)
			loose := base64.StdEncoding.EncodeToString(raw) != header || len(rest) > 0 ||
				len(message.Header.Values(verify.SendGridHeader)) > 1 || len(message.Header.Values(verify.SendGridTimestampHeader)) > 1
			require.True(t, loose, "accepted by the library only")
		}
	})
}

func TestTwilioAgreesWithItsLibrary(t *testing.T) {
	s := senders["twilio"]
	rapid.Check(t, func(t *rapid.T) {
		secret := s.secret()
		message := mutated(t, s, secret, time.Time{})
		library := twilioclient.NewRequestValidator(secret)
		theirs := library.ValidateBody(message.URL, message.Body, message.Header.Get(verify.TwilioHeader))
		require.Equal(t, theirs, verdict(t, s, secret, message, time.Time{}))
	})
}

// Twilio's Go library takes the first value of a repeated field only; its Node
// library and Twilio itself sign all of them.
func TestTwilioLibraryFailsOnLists(t *testing.T) {
	library := twilioclient.NewRequestValidator("12345")
	const address, body = "https://mycompany.com/myapp.php?foo=1&bar=2", "Sid=CA123&SidAccount=AC123&Digits=5678&Digits=1234&Digits=1234"
	require.False(t, library.ValidateBody(address, []byte(body), "IK+Dwps556ElfBT0I3Rgjkr1wJU="))
	message := verify.Message{URL: address, Body: []byte(body), Header: headers(verify.TwilioHeader, "IK+Dwps556ElfBT0I3Rgjkr1wJU=")}
	require.True(t, verdict(t, senders["twilio"], "12345", message, time.Time{}))
}

// cloudinaryJudge is Cloudinary's library with a secret and an algorithm.
func cloudinaryJudge(secret, algorithm string) *uploader.API {
	config := cloudinaryconfig.Configuration{}
	config.Cloud.APISecret, config.Cloud.SignatureAlgorithm = secret, algorithm
	return &uploader.API{Config: config}
}

func TestCloudinaryAgreesWithItsLibrary(t *testing.T) {
	for scheme, algorithm := range map[string]string{"cloudinary": "sha1", "cloudinary256": "sha256"} {
		t.Run(algorithm, func(t *testing.T) {
			s, at := senders[scheme], time.Now().UTC().Truncate(time.Second)
			rapid.Check(t, func(t *rapid.T) {
				secret := s.secret()
				message := mutated(t, s, secret, at)
				header := message.Header.Get(verify.CloudinaryTimestampHeader)
				timestamp, err := strconv.ParseInt(header, 10, 64)
				theirs := err == nil && cloudinaryJudge(secret, algorithm).VerifyNotificationSignature(
					string(message.Body), timestamp, message.Header.Get(verify.CloudinaryHeader), 0)
				if ours := verdict(t, s, secret, message, at); ours {
					require.True(t, theirs, "accepted by us only")
				} else if theirs {
					// Named: the library is given a number, so that "+1" and "01" are 1.
					require.NotEqual(t, strconv.FormatInt(timestamp, 10), header)
				}
			})
		})
	}
}

func TestCloudinaryLibraryAcceptsTheFuture(t *testing.T) {
	s, secret, at := senders["cloudinary"], "secret", time.Now()
	message := signed(s, secret, at.Add(time.Hour))
	require.True(t, cloudinaryJudge(secret, "sha1").VerifyNotificationSignature(
		string(message.Body), at.Add(time.Hour).Unix(), message.Header.Get(verify.CloudinaryHeader), 0))
	require.False(t, verdict(t, s, secret, message, at))
}
