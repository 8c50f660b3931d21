package verify_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // version 1 of Amazon's scheme
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"guestjourney/internal/verify"
)

const (
	snsHost  = "sns.eu-central-1.amazonaws.com"
	snsTopic = "arn:aws:sns:eu-central-1:123456789012:ses-feedback"
	snsPath  = "/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem"
)

// authority issues certificates.
type authority struct {
	certificate *x509.Certificate
	key         crypto.Signer
}

func newAuthority(t testing.TB, parent *authority) *authority {
	key := must[*ecdsa.PrivateKey](t)(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	return parent.issue(t, key, &x509.Certificate{
		Subject: pkix.Name{CommonName: "test authority"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	})
}

// issue signs a template that is valid around now; without an authority it
// signs itself.
func (a *authority) issue(t testing.TB, key crypto.Signer, template *x509.Certificate) *authority {
	template.SerialNumber = must[*big.Int](t)(rand.Int(rand.Reader, big.NewInt(1<<62)))
	if template.NotAfter.IsZero() {
		template.NotAfter = now.AddDate(0, 6, 0)
	}
	template.NotBefore = now.AddDate(-2, 0, 0)
	parent, signer := template, key
	if a != nil {
		parent, signer = a.certificate, a.key
	}
	der := must[[]byte](t)(x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer))
	return &authority{certificate: must[*x509.Certificate](t)(x509.ParseCertificate(der)), key: key}
}

func (a *authority) pem() string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.certificate.Raw}))
}

// signingKey is made once: RSA keys take their time.
var signingKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

// amazon is a TLS server that answers for Amazon's host.
type amazon struct {
	root, signing *authority
	rootPool      *x509.CertPool
	transport     *http.Transport
	asked         atomic.Int64

	mu      sync.Mutex
	answers map[string]http.HandlerFunc
}

func newAmazon(t testing.TB) *amazon {
	a := &amazon{root: newAuthority(t, nil), rootPool: x509.NewCertPool(), answers: map[string]http.HandlerFunc{}}
	a.rootPool.AddCert(a.root.certificate)
	a.signing = a.root.issue(t, signingKey(), &x509.Certificate{Subject: pkix.Name{CommonName: "sns.amazonaws.com"}})
	a.answer(snsPath, text(a.signing.pem()))
	a.serve(t, a.root)
	return a
}

// serve starts the server with a certificate of the issuer, which it sends too.
func (a *amazon) serve(t testing.TB, issuer *authority) {
	key := must[*ecdsa.PrivateKey](t)(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	host := issuer.issue(t, key, &x509.Certificate{DNSNames: []string{snsHost}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}})
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.asked.Add(1)
		a.mu.Lock()
		answer := a.answers[r.URL.Path]
		a.mu.Unlock()
		if answer == nil {
			http.Error(w, "no such key", http.StatusNotFound)
			return
		}
		answer(w, r)
	}))
	server.TLS = &tls.Config{Certificates: []tls.Certificate{{
		Certificate: [][]byte{host.certificate.Raw, issuer.certificate.Raw}, PrivateKey: key,
	}}}
	server.StartTLS()
	t.Cleanup(server.Close)
	a.transport = &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: a.rootPool, Time: func() time.Time { return now }},
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, server.Listener.Addr().String())
		},
	}
	t.Cleanup(a.transport.CloseIdleConnections)
}

func (a *amazon) answer(path string, handler http.HandlerFunc) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.answers[path] = handler
}

func text(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) }
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

func (a *amazon) verifier(t testing.TB, topics ...string) *verify.SNS {
	return must[*verify.SNS](t)(verify.NewSNSWith(verify.NewCertificates(a.transport, a.rootPool), topics...))
}

// notification is the fields of a message as Amazon sends it.
func notification(at time.Time) map[string]any {
	return map[string]any{
		"Type": "Notification", "MessageId": "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324", "TopicArn": snsTopic,
		"Subject": "My First Message", "Message": `{"notificationType":"Bounce"}`, "Timestamp": at.UTC().Format("2006-01-02T15:04:05.000Z"),
		"SignatureVersion": "1", "SigningCertURL": "https://" + snsHost + snsPath,
		"UnsubscribeURL": "https://" + snsHost + "/?Action=Unsubscribe",
	}
}

func confirmation(kind string) map[string]any {
	fields := notification(now)
	delete(fields, "Subject")
	fields["Type"], fields["Token"], fields["SubscribeURL"] = kind, "2336412f37", "https://"+snsHost+"/?Action=ConfirmSubscription"
	return fields
}

// sign is written apart from the verifier: the fields of the type, in the order
// of the alphabet, each name and value on a line.
func (a *amazon) sign(t testing.TB, fields map[string]any) verify.Message {
	names := []string{"Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"}
	if fields["Type"] != "Notification" {
		names = []string{"Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"}
	}
	signed := ""
	for _, name := range names {
		if value, ok := fields[name].(string); ok {
			signed += name + "\n" + value + "\n"
		}
	}
	hash, digest := crypto.SHA1, sha1Of(signed)
	if fields["SignatureVersion"] == "2" {
		sum := sha256.Sum256([]byte(signed))
		hash, digest = crypto.SHA256, sum[:]
	}
	signature := must[[]byte](t)(a.signing.key.Sign(rand.Reader, digest, hash))
	fields["Signature"] = base64.StdEncoding.EncodeToString(signature)
	return asSNS(t, fields)
}

func sha1Of(text string) []byte {
	sum := sha1.Sum([]byte(text)) //nolint:gosec // version 1 of Amazon's scheme
	return sum[:]
}

func asSNS(t testing.TB, fields map[string]any) verify.Message {
	body := must[[]byte](t)(json.Marshal(fields))
	kind, _ := fields["Type"].(string)
	return verify.Message{Method: http.MethodPost, URL: "https://hooks.example.com/sns", Body: body, Header: headers(verify.SNSTypeHeader, kind)}
}

func TestSNSAcceptsWhatAmazonSigns(t *testing.T) {
	a := newAmazon(t)
	sns := a.verifier(t, "arn:aws:sns:eu-central-1:123456789012:other", snsTopic)
	for name, fields := range map[string]map[string]any{
		"notification": notification(now), "subscription": confirmation("SubscriptionConfirmation"),
		"end of subscription, with its token": confirmation("UnsubscribeConfirmation"),
	} {
		for _, version := range []string{"1", "2"} {
			fields["SignatureVersion"] = version
			match, err := sns.Verify(a.sign(t, fields), now)
			require.NoError(t, err, "%s, version %s", name, version)
			require.Equal(t, verify.Match{Key: 1, KeyID: verify.KeyID(string(a.signing.certificate.Raw)), SignedAt: now}, match)
		}
	}
	for name, subject := range map[string]any{"missing": nil, "empty": ""} {
		fields := notification(now)
		fields["Subject"] = subject
		_, err := sns.Verify(a.sign(t, fields), now)
		require.NoError(t, err, "subject: %s", name)
	}
	require.EqualValues(t, 1, a.asked.Load(), "the certificate is fetched once")
}

func TestSNSNoticesEveryChangedField(t *testing.T) {
	a := newAmazon(t)
	sns := a.verifier(t, snsTopic)
	for _, fields := range []map[string]any{notification(now), confirmation("SubscriptionConfirmation")} {
		for _, name := range verify.SNSSigned(fields["Type"].(string)) {
			if name == "Type" {
				continue // has no other value of the same fields
			}
			message := a.sign(t, fields)
			changed := map[string]any{}
			require.NoError(t, json.Unmarshal(message.Body, &changed))
			changed[name] = changed[name].(string) + "0"
			if name == "Timestamp" {
				changed[name] = "2027-03-02T09:00:01.000Z"
			}
			_, err := sns.Verify(asSNS(t, changed), now)
			require.ErrorIs(t, err, verify.ErrSignature, name)

			delete(changed, name)
			_, err = sns.Verify(asSNS(t, changed), now)
			require.Error(t, err, "without %s", name)
		}
	}
	unsubscribe := map[string]any{}
	require.NoError(t, json.Unmarshal(a.sign(t, confirmation("UnsubscribeConfirmation")).Body, &unsubscribe))
	unsubscribe["Token"] = "another"
	_, err := sns.Verify(asSNS(t, unsubscribe), now)
	require.ErrorIs(t, err, verify.ErrSignature, "the token is signed at the end too")
}

func TestSNSRefusesWhatReadersReadDifferently(t *testing.T) {
	a := newAmazon(t)
	sns := a.verifier(t, snsTopic)
	good := string(a.sign(t, notification(now)).Body)
	for name, body := range map[string]string{
		"a field twice":            `{"Message":"forged",` + good[1:],
		"a field in other letters": good[:len(good)-1] + `,"message":"forged"}`,
		"with the long s":          good[:len(good)-1] + `,"Meſsage":"forged"}`,
		"something after":          good + "{}",
		"a list":                   "[" + good + "]",
		"no JSON":                  good[:len(good)-1],
		"no UTF-8":                 strings.Replace(good, "My First", "My\xffFirst", 1),
		"a number for a text":      strings.Replace(good, `"My First Message"`, "1", 1),
		"many fields":              good[:len(good)-1] + manyFields() + "}",
		"nothing":                  "",
	} {
		message := a.sign(t, notification(now))
		message.Body = []byte(body)
		_, err := sns.Verify(message, now)
		require.Error(t, err, name)
		require.NotErrorIs(t, err, verify.ErrUnavailable, name)
	}
	fields := notification(now)
	fields["Subject"] = "\ufffd" // what JSON readers make of bytes that are no UTF-8
	message := a.sign(t, fields)
	message.Body = []byte(strings.Replace(string(message.Body), "\ufffd", "\xff", 1))
	_, err := sns.Verify(message, now)
	require.ErrorIs(t, err, verify.ErrHeader, "two bodies of one signature")

	message = a.sign(t, notification(now))
	message.Header.Set(verify.SNSTypeHeader, "SubscriptionConfirmation")
	_, err = sns.Verify(message, now)
	require.ErrorIs(t, err, verify.ErrHeader, "the header says something else")
	for name, value := range map[string]string{"Signature": "!", "SignatureVersion": "3", "Type": "Other"} {
		fields := map[string]any{}
		require.NoError(t, json.Unmarshal([]byte(good), &fields))
		fields[name] = value
		_, err := sns.Verify(asSNS(t, fields), now)
		require.ErrorIs(t, err, verify.ErrHeader, name)
	}
}

func manyFields() string {
	all := ""
	for i := range 40 {
		all += fmt.Sprintf(`,"field%d":1`, i)
	}
	return all
}

func TestSNSAsksOnlyAmazon(t *testing.T) {
	a := newAmazon(t)
	sns := a.verifier(t, snsTopic)
	for _, address := range []string{
		"http://" + snsHost + snsPath, "https://example.com" + snsPath, "https://" + snsHost + ".example.com" + snsPath,
		"https://example.com/" + snsHost + snsPath, "https://" + snsHost + ":444" + snsPath, "https://x@" + snsHost + snsPath,
		"https://sns.amazonaws.com" + snsPath, "https://snsxeu-central-1.amazonaws.com" + snsPath,
		"https://" + snsHost + "/attacker.pem", "https://" + snsHost + "/?x=.pem", "https://" + snsHost + snsPath + "?x=.pem",
		"https://" + snsHost + snsPath + "#.pem", "https://" + snsHost + "/a/.." + snsPath, "https://" + snsHost + snsPath + "\n", "",
		"https://" + snsHost + "/SimpleNotificationService-" + strings.Repeat("a", 65) + ".pem",
	} {
		fields := notification(now)
		fields["SigningCertURL"] = address
		_, err := sns.Verify(a.sign(t, fields), now)
		require.ErrorIs(t, err, verify.ErrSignature, address)
	}
	fields := notification(now)
	fields["TopicArn"] = "arn:aws:sns:eu-central-1:999999999999:anybodys"
	_, err := sns.Verify(a.sign(t, fields), now)
	require.ErrorIs(t, err, verify.ErrSignature, "another topic")
	_, err = a.verifier(t).Verify(a.sign(t, notification(now)), now)
	require.ErrorIs(t, err, verify.ErrNoSecret, "no topic")
	require.Zero(t, a.asked.Load(), "nothing was fetched for any of them")

	_, err = verify.NewSNS("arn:aws:sqs:eu-central-1:123456789012:queue")
	require.ErrorContains(t, err, "arn:aws:sns:")
}

func TestSNSWindowIsADay(t *testing.T) {
	a := newAmazon(t)
	sns := a.verifier(t, snsTopic)
	for offset, fresh := range map[time.Duration]bool{
		-24 * time.Hour: true, -24*time.Hour - time.Millisecond: false, time.Minute: true, time.Minute + time.Millisecond: false,
	} {
		_, err := sns.Verify(a.sign(t, notification(now.Add(offset))), now)
		if fresh {
			require.NoError(t, err, "%s from now", offset)
		} else {
			require.ErrorIs(t, err, verify.ErrStale, "%s from now", offset)
		}
	}
	fields := notification(now)
	fields["Timestamp"] = "1803978000"
	_, err := sns.Verify(a.sign(t, fields), now)
	require.ErrorIs(t, err, verify.ErrHeader)
}

func TestSNSCertificatesThatAreNotTaken(t *testing.T) {
	a := newAmazon(t)
	ecKey := must[*ecdsa.PrivateKey](t)(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	stranger := newAuthority(t, nil)
	for name, answer := range map[string]http.HandlerFunc{
		"a redirect": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", "https://"+snsHost+snsPath)
			w.WriteHeader(http.StatusFound)
			text(a.signing.pem())(w, r)
		},
		"an error":     status(http.StatusInternalServerError),
		"no PEM":       text("<html>"),
		"a broken PEM": text(string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("x")}))),
		"too large":    text(a.signing.pem() + strings.Repeat("\n", 33<<10)),
		"not trusted":  text(stranger.issue(t, a.signing.key, &x509.Certificate{}).pem()),
		"expired":      text(a.root.issue(t, a.signing.key, &x509.Certificate{NotAfter: now.Add(-time.Second)}).pem()),
		"no RSA key":   text(a.root.issue(t, ecKey, &x509.Certificate{}).pem()),
		"hangs up":     func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"breaks inside": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, "x")
		},
	} {
		a.answer(snsPath, answer)
		_, err := a.verifier(t, snsTopic).Verify(a.sign(t, notification(now)), now)
		require.ErrorIs(t, err, verify.ErrUnavailable, name)
		require.ErrorIs(t, err, verify.ErrNoSecret, "%s: who asks only that answers 503 too", name)
	}
	a.answer(snsPath, nil)
	_, err := a.verifier(t, snsTopic).Verify(a.sign(t, notification(now)), now)
	require.ErrorIs(t, err, verify.ErrSignature, "Amazon has no such certificate")
}

func TestSNSWaitsOnlySoLong(t *testing.T) {
	t.Parallel()
	a := newAmazon(t)
	a.answer(snsPath, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	begun := time.Now()
	_, err := a.verifier(t, snsTopic).Verify(a.sign(t, notification(now)), now)
	require.ErrorIs(t, err, verify.ErrUnavailable)
	require.Less(t, time.Since(begun), 10*time.Second, "Amazon waits 15 seconds")
}

// The file may hold the signing certificate alone: its issuer comes with the
// connection, or in the file.
func TestSNSChains(t *testing.T) {
	a := newAmazon(t)
	intermediate := newAuthority(t, a.root)
	leaf := intermediate.issue(t, a.signing.key, &x509.Certificate{})
	a.answer(snsPath, text(leaf.pem()+intermediate.pem()))
	_, err := a.verifier(t, snsTopic).Verify(a.sign(t, notification(now)), now)
	require.NoError(t, err, "in the file")

	a.answer(snsPath, text(leaf.pem()))
	_, err = a.verifier(t, snsTopic).Verify(a.sign(t, notification(now)), now)
	require.ErrorIs(t, err, verify.ErrUnavailable, "nowhere")

	a.serve(t, intermediate)
	_, err = a.verifier(t, snsTopic).Verify(a.sign(t, notification(now)), now)
	require.NoError(t, err, "of the connection")
}

func TestSNSFetchesOnceForManyAtOnce(t *testing.T) {
	a := newAmazon(t)
	entered, leave := make(chan struct{}), make(chan struct{})
	a.answer(snsPath, func(w http.ResponseWriter, r *http.Request) {
		close(entered) // panics if there is a second fetch
		<-leave
		text(a.signing.pem())(w, r)
	})
	sns, message := a.verifier(t, snsTopic), a.sign(t, notification(now))
	var requests sync.WaitGroup
	for range 50 {
		requests.Go(func() {
			if _, err := sns.Verify(message, now); err != nil {
				t.Errorf("refused: %v", err)
			}
		})
	}
	<-entered
	close(leave)
	requests.Wait()
	require.EqualValues(t, 1, a.asked.Load())
}

func TestSNSRemembersCertificates(t *testing.T) {
	a := newAmazon(t)
	sns := a.verifier(t, snsTopic)
	at := func(moment time.Time) error {
		_, err := sns.Verify(a.sign(t, notification(moment)), moment)
		return err
	}
	a.answer(snsPath, status(http.StatusInternalServerError))
	require.ErrorIs(t, at(now), verify.ErrUnavailable)
	a.answer(snsPath, text(a.signing.pem()))
	require.ErrorIs(t, at(now.Add(9*time.Second)), verify.ErrUnavailable, "remembered for 10 seconds")
	require.EqualValues(t, 1, a.asked.Load())
	require.NoError(t, at(now.Add(10*time.Second)))
	require.NoError(t, at(a.signing.certificate.NotAfter.Add(-time.Second)))
	require.EqualValues(t, 2, a.asked.Load(), "good as long as it is valid")
	require.ErrorIs(t, at(a.signing.certificate.NotAfter.Add(time.Second)), verify.ErrUnavailable, "then asked for again, and expired")
	require.EqualValues(t, 3, a.asked.Load())
}

// Who knows a topic can name as many addresses as he likes: few are asked, and
// the good certificate stays.
func TestSNSIsNoWayToFlood(t *testing.T) {
	a := newAmazon(t)
	sns := a.verifier(t, snsTopic)
	_, err := sns.Verify(a.sign(t, notification(now)), now)
	require.NoError(t, err)
	flood := func(moment time.Time, number int) {
		fields := notification(moment)
		fields["SigningCertURL"] = fmt.Sprintf("https://%s/SimpleNotificationService-%x.pem", snsHost, number)
		fields["Signature"] = "AAAA"
		_, err := sns.Verify(asSNS(t, fields), moment)
		require.Error(t, err)
	}
	for number := range 100 {
		flood(now, number)
	}
	require.LessOrEqual(t, a.asked.Load(), int64(8))
	for number := range 100 {
		flood(now.Add(time.Duration(number)*10001*time.Millisecond), 1000+number)
	}
	asked := a.asked.Load()
	_, err = sns.Verify(a.sign(t, notification(now)), now)
	require.NoError(t, err)
	require.Equal(t, asked, a.asked.Load(), "the good certificate was kept")
}
