package sandbox

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Secrets are the credentials of the stand-in accounts: what a client must
// show, and with what the webhooks are signed.
type Secrets struct {
	StripeKey           string
	StripeWebhookSecret string // whsec_..., used as text
	TwilioAccountSID    string
	TwilioKeySID        string
	TwilioKeySecret     string
	TwilioAuthToken     string // signs Twilio's webhooks
	SendGridKey         string
	SendGridPrivateKey  *ecdsa.PrivateKey // P-256, signs SendGrid's webhooks
	HubSpotToken        string
	HubSpotClientSecret string // signs HubSpot's webhooks
	GoogleToken         string
	GuestSecret         string // whsec_ + base64, Standard Webhooks
}

// GenerateSecrets makes new credentials in the providers' own forms.
func GenerateSecrets() (Secrets, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return Secrets{}, fmt.Errorf("sandbox: generate the SendGrid key: %w", err)
	}
	guest := make([]byte, 32)
	if _, err := rand.Read(guest); err != nil {
		return Secrets{}, fmt.Errorf("sandbox: generate the guest secret: %w", err)
	}
	return Secrets{
		StripeKey:           "sk_test_" + randomText(24),
		StripeWebhookSecret: "whsec_" + randomText(32),
		TwilioAccountSID:    "AC" + randomHex(16),
		TwilioKeySID:        "SK" + randomHex(16),
		TwilioKeySecret:     randomText(32),
		TwilioAuthToken:     randomHex(16),
		SendGridKey:         "SG." + randomText(22) + "." + randomText(43),
		SendGridPrivateKey:  key,
		HubSpotToken:        "pat-na1-" + randomHex(16),
		HubSpotClientSecret: randomHex(18),
		GoogleToken:         "ya29." + randomText(40),
		GuestSecret:         "whsec_" + base64.StdEncoding.EncodeToString(guest),
	}, nil
}

// LoadOrCreateSecrets reads the credentials from a file, or makes the file
// (mode 0600) with new ones, so that a second start knows the same accounts.
func LoadOrCreateSecrets(path string) (Secrets, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return createSecrets(path)
	}
	if err != nil {
		return Secrets{}, fmt.Errorf("sandbox: read secrets: %w", err)
	}
	var secrets Secrets
	if err := json.Unmarshal(data, &secrets); err != nil {
		return Secrets{}, fmt.Errorf("sandbox: secrets file %s is damaged; remove it to make new ones: %w", path, err)
	}
	return secrets, secrets.check()
}

func createSecrets(path string) (Secrets, error) {
	secrets, err := GenerateSecrets()
	if err != nil {
		return Secrets{}, err
	}
	data, err := json.MarshalIndent(secrets, "", "  ")
	if err != nil {
		return Secrets{}, fmt.Errorf("sandbox: encode secrets: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return Secrets{}, fmt.Errorf("sandbox: make the folder of the secrets: %w", err)
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		return Secrets{}, fmt.Errorf("sandbox: write secrets: %w", err)
	}
	return secrets, nil
}

// secretsFile is the form on disk; the private key is base64 of PKCS #8.
type secretsFile struct {
	StripeKey, StripeWebhookSecret                                 string
	TwilioAccountSID, TwilioKeySID, TwilioKeySecret                string
	TwilioAuthToken, SendGridKey, SendGridPrivateKey, HubSpotToken string
	HubSpotClientSecret, GoogleToken, GuestSecret                  string
}

// MarshalJSON writes the credentials in clear: only for a file of mode 0600.
func (s Secrets) MarshalJSON() ([]byte, error) {
	key, err := x509.MarshalPKCS8PrivateKey(s.SendGridPrivateKey)
	if err != nil {
		return nil, fmt.Errorf("encode SendGridPrivateKey: %w", err)
	}
	return json.Marshal(secretsFile{
		s.StripeKey, s.StripeWebhookSecret, s.TwilioAccountSID, s.TwilioKeySID, s.TwilioKeySecret, s.TwilioAuthToken,
		s.SendGridKey, base64.StdEncoding.EncodeToString(key), s.HubSpotToken, s.HubSpotClientSecret, s.GoogleToken, s.GuestSecret,
	})
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (s *Secrets) UnmarshalJSON(data []byte) error {
	var file secretsFile
	if err := json.Unmarshal(data, &file); err != nil {
		return err
	}
	der, err := base64.StdEncoding.DecodeString(file.SendGridPrivateKey)
	if err != nil {
		return fmt.Errorf("SendGridPrivateKey is no base64: %w", err)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return fmt.Errorf("SendGridPrivateKey is no PKCS #8 key: %w", err)
	}
	key, ok := parsed.(*ecdsa.PrivateKey)
	if !ok {
		return fmt.Errorf("SendGridPrivateKey is a %T, want ECDSA", parsed)
	}
	*s = Secrets{
		file.StripeKey, file.StripeWebhookSecret, file.TwilioAccountSID, file.TwilioKeySID, file.TwilioKeySecret, file.TwilioAuthToken,
		file.SendGridKey, key, file.HubSpotToken, file.HubSpotClientSecret, file.GoogleToken, file.GuestSecret,
	}
	return nil
}

// SendGridPublicKey is what SENDGRID_WEBHOOK_PUBLIC_KEYS holds: base64 of PKIX.
func (s Secrets) SendGridPublicKey() (string, error) {
	der, err := x509.MarshalPKIXPublicKey(&s.SendGridPrivateKey.PublicKey)
	if err != nil {
		return "", fmt.Errorf("sandbox: encode the SendGrid public key: %w", err)
	}
	return base64.StdEncoding.EncodeToString(der), nil
}

func (s Secrets) check() error {
	var problems []error
	for name, value := range map[string]string{
		"StripeKey": s.StripeKey, "StripeWebhookSecret": s.StripeWebhookSecret,
		"TwilioAccountSID": s.TwilioAccountSID, "TwilioKeySID": s.TwilioKeySID, "TwilioKeySecret": s.TwilioKeySecret,
		"TwilioAuthToken": s.TwilioAuthToken, "SendGridKey": s.SendGridKey, "HubSpotToken": s.HubSpotToken,
		"HubSpotClientSecret": s.HubSpotClientSecret, "GoogleToken": s.GoogleToken, "GuestSecret": s.GuestSecret,
	} {
		if value == "" {
			problems = append(problems, fmt.Errorf("sandbox: Secrets.%s is empty; GenerateSecrets makes one", name))
		}
	}
	if s.SendGridPrivateKey == nil || s.SendGridPrivateKey.Curve != elliptic.P256() {
		problems = append(problems, errors.New("sandbox: Secrets.SendGridPrivateKey must be an ECDSA P-256 key"))
	}
	if _, err := guestKey(s.GuestSecret); err != nil {
		problems = append(problems, err)
	}
	return errors.Join(problems...)
}

func guestKey(secret string) ([]byte, error) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil {
		return nil, errors.New("sandbox: Secrets.GuestSecret must be whsec_ and base64")
	}
	return key, nil
}

// Environment is what worker and proxy read to use this sandbox instead of the
// providers: credentials, webhook keys, base URLs and the guest's pages.
func (c Config) Environment() (map[string]string, error) {
	public, err := c.Secrets.SendGridPublicKey()
	if err != nil {
		return nil, err
	}
	base := strings.TrimRight(c.BaseURL, "/")
	return map[string]string{
		"STRIPE_SECRET_KEY": c.Secrets.StripeKey, "STRIPE_WEBHOOK_SECRETS": c.Secrets.StripeWebhookSecret, "STRIPE_BASE_URL": base + "/stripe",
		"TWILIO_ACCOUNT_SID": c.Secrets.TwilioAccountSID, "TWILIO_API_KEY_SID": c.Secrets.TwilioKeySID, "TWILIO_API_KEY_SECRET": c.Secrets.TwilioKeySecret,
		"TWILIO_AUTH_TOKEN": c.Secrets.TwilioAuthToken, "TWILIO_BASE_URL": base + "/twilio",
		"SENDGRID_API_KEY": c.Secrets.SendGridKey, "SENDGRID_WEBHOOK_PUBLIC_KEYS": public, "SENDGRID_BASE_URL": base + "/sendgrid",
		"HUBSPOT_ACCESS_TOKEN": c.Secrets.HubSpotToken, "HUBSPOT_CLIENT_SECRETS": c.Secrets.HubSpotClientSecret, "HUBSPOT_BASE_URL": base + "/hubspot",
		"GOOGLE_ACCESS_TOKEN": c.Secrets.GoogleToken, "GOOGLE_CALENDAR_BASE_URL": base + "/google",
		"GUEST_WEBHOOK_SECRETS": c.Secrets.GuestSecret, "GUEST_APP_URL": base + "/pages",
	}, nil
}
