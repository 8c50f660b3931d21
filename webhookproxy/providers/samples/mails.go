package samples

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"time"

	"guestjourney/internal/verify"
)

var mails = []Sample{
	{
		Name: "sendgrid", Provider: "sendgrid", Variable: "SENDGRID_WEBHOOK_PUBLIC_KEYS", PrivateKey: "SENDGRID_SAMPLE_PRIVATE_KEY", path: "/webhooks/sendgrid",
		body: fill(`[{"email":"guest@example.com","timestamp":{s},"event":"delivered","sg_event_id":"sample-{ms}","sg_message_id":"m1.filter","workflowId":"journey/sample"},` +
			`{"email":"guest@example.com","timestamp":{s},"event":"open","sg_event_id":"sample-open-{ms}"}]` + "\r\n"),
		sign: signSendGrid,
	},
	fromSES("bounce", `{"Type":"Notification","MessageId":"sample-{ms}","TopicArn":"`+sampleTopic+`","Message":`+
		`"{\"notificationType\":\"Bounce\",\"bounce\":{\"bounceType\":\"Permanent\"},\"mail\":{\"messageId\":\"m1\"}}","Timestamp":"{iso}"}`),
	fromSES("confirmation", `{"Type":"SubscriptionConfirmation","MessageId":"sample-{ms}","TopicArn":"`+sampleTopic+`","Message":"Confirm the subscription.",`+
		`"Token":"t0","SubscribeURL":"https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=`+sampleTopic+`&Token=t0","Timestamp":"{iso}"}`),
}

// signSendGrid signs with a key of ours, whose public half is one of the
// variable's keys: nobody but SendGrid has SendGrid's.
func signSendGrid(secret string, message *verify.Message, at time.Time) error {
	key, err := privateKey[*ecdsa.PrivateKey](secret)
	if err != nil {
		return err
	}
	digest := sha256.Sum256([]byte(seconds(at) + string(message.Body)))
	signature, err := ecdsa.SignASN1(rand.Reader, key, digest[:])
	if err != nil {
		return errors.New("the key cannot sign")
	}
	message.Header.Set(verify.SendGridHeader, base64Of(signature))
	message.Header.Set(verify.SendGridTimestampHeader, seconds(at))
	return nil
}

// sampleTopic stands for the first topic that is configured.
const sampleTopic = "{topic}"

// SampleCertificate is the address of the certificate that a sample of SNS
// names. No proxy finds ours there but one that looks elsewhere (see
// providers.Config.Certificates): only Amazon's keys are there.
const SampleCertificate = "https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-00000000000000000000000000000000.pem"

func fromSES(kind, body string) Sample {
	return Sample{
		Name: "ses-" + kind, Provider: "ses", Variable: "SNS_TOPIC_ARNS", PrivateKey: "SNS_SAMPLE_PRIVATE_KEY", path: "/webhooks/ses", body: fill(body), sign: signSNS,
	}
}

// signSNS puts signature and certificate into the body, as SNS does.
func signSNS(secret string, message *verify.Message, _ time.Time) error {
	key, err := privateKey[*rsa.PrivateKey](secret)
	if err != nil {
		return err
	}
	var fields map[string]string
	if err := json.Unmarshal(message.Body, &fields); err != nil {
		return errors.New("the sample is no envelope")
	}
	text := ""
	for _, name := range []string{"Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"} {
		if value, found := fields[name]; found {
			text += name + "\n" + value + "\n"
		}
	}
	sum := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		return errors.New("the key cannot sign")
	}
	fields["SignatureVersion"], fields["Signature"], fields["SigningCertURL"] = "2", base64Of(signature), SampleCertificate
	message.Header.Set(verify.SNSTypeHeader, fields["Type"])
	message.Body, err = json.Marshal(fields)
	return err
}
