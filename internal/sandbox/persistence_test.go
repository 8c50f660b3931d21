package sandbox_test

import (
	"context"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/sendgrid/rest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/stripe/stripe-go/v76"

	"guestjourney/internal/sandbox"
)

// copyDir copies the files as they are: what a killed sandbox leaves behind.
func copyDir(t *testing.T, from string) string {
	t.Helper()
	to := t.TempDir()
	require.NoError(t, os.CopyFS(to, os.DirFS(from)))
	return to
}

func TestKilledSandboxKeepsWhatItAnswered(t *testing.T) {
	dir := t.TempDir()
	first := start(t, func(c *sandbox.Config) { c.Dir = dir; c.ProxyURL = "" })
	customer, method := first.saved()
	_, err := first.stripe().PaymentIntents.New(balance(customer, method, "balance"))
	require.NoError(t, err)
	_, err = first.text(guestNumber, "hello", "text")
	require.NoError(t, err)
	first.mail(newMail("mail"))
	_, contact := first.crm("POST", "/crm/v3/objects/contacts/batch/upsert", upsertBody("email", "ana@example.com", map[string]string{"journey_ref": "journey/1"}))
	_, err = first.google(first.secrets.GoogleToken).Events.Insert("primary", appointment("hold", tomorrow)).Do()
	require.NoError(t, err)
	_, err = first.ReplySMS(guestNumber, "STOP")
	require.NoError(t, err)

	left := copyDir(t, dir) // not closed: the files are those of a killed process
	for _, name := range []string{"state.jsonl", "journal.jsonl"} {
		file, err := os.OpenFile(filepath.Join(left, name), os.O_APPEND|os.O_WRONLY, 0)
		require.NoError(t, err)
		_, err = file.WriteString(`{"torn`)
		require.NoError(t, err)
		require.NoError(t, file.Close())
	}
	second := start(t, func(c *sandbox.Config) { c.Dir = left; c.Secrets = first.secrets; c.EmailActivity = true })

	assert.Equal(t, first.Journal(sandbox.JournalFilter{}), second.Journal(sandbox.JournalFilter{}))
	assert.Equal(t, first.Effects(), second.Effects())
	assert.Equal(t, first.Messages(sandbox.MessageFilter{}), second.Messages(sandbox.MessageFilter{}))
	again, err := second.stripe().PaymentIntents.New(balance(customer, method, "balance"))
	require.NoError(t, err)
	assert.Equal(t, "true", again.LastResponse.Header.Get("Idempotent-Replayed"))
	_, err = second.text(guestNumber, "hello", "text2")
	assert.Equal(t, 21610, twilioFailure(t, err).Code)
	found := second.sendgrid(rest.Get, second.secrets.SendGridKey, "/v3/messages", map[string]string{"query": `unique_args['op_id']="mail"`}, nil)
	assert.Contains(t, found.Body, "msg_id")
	_, same := second.crm("POST", "/crm/v3/objects/contacts/batch/upsert", upsertBody("email", "ana@example.com", map[string]string{"journey_ref": "journey/1"}))
	assert.Equal(t, contact.Results[0].ID, same.Results[0].ID)
	_, err = second.google(second.secrets.GoogleToken).Events.Insert("primary", appointment("hold", tomorrow)).Do()
	assert.Equal(t, http.StatusConflict, googleFailure(t, err).Code)
	_, other := second.crm("POST", "/crm/v3/objects/contacts/batch/upsert", upsertBody("email", "bea@example.com", nil))
	assert.NotEqual(t, contact.Results[0].ID, other.Results[0].ID)

	second.stripeEvents(3)
	second.await("/webhooks/sendgrid", 1)
	second.await("/webhooks/hubspot", 2)
	second.await("/webhooks/twilio/inbound", 1)
}

func TestRestartOpensTheFilesTwice(t *testing.T) {
	dir := t.TempDir()
	for i := range 3 {
		t.Run("start", func(t *testing.T) {
			w := start(t, func(c *sandbox.Config) { c.Dir = dir })
			customers := w.stripe().Customers.List(&stripe.CustomerListParams{})
			count := 0
			for customers.Next() {
				count++
			}
			assert.Equal(t, i, count)
			w.customer()
			_, err := w.AnswerOffer("j1", "accepted")
			require.NoError(t, err)
			w.settled()
			assert.Len(t, w.Webhooks("guest"), i+1)
		})
	}
	info, err := os.Stat(filepath.Join(dir, "state.jsonl"))
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
}

func TestDamagedFilesAreNamed(t *testing.T) {
	secrets, err := sandbox.GenerateSecrets()
	require.NoError(t, err)
	for _, name := range []string{"state.jsonl", "journal.jsonl"} {
		dir := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte("nonsense\n"), 0o600))
		_, err := sandbox.New(sandbox.Config{Dir: dir, Secrets: secrets})
		require.ErrorContains(t, err, name)
	}
}

func TestSecretsAreMadeOnceAndKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys", "sandbox.json")
	made, err := sandbox.LoadOrCreateSecrets(path)
	require.NoError(t, err)
	read, err := sandbox.LoadOrCreateSecrets(path)
	require.NoError(t, err)
	assert.True(t, made.SendGridPrivateKey.Equal(read.SendGridPrivateKey))
	made.SendGridPrivateKey, read.SendGridPrivateKey = nil, nil
	assert.Equal(t, made, read)
	info, err := os.Stat(path)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	require.NoError(t, os.WriteFile(path, []byte("{"), 0o600))
	_, err = sandbox.LoadOrCreateSecrets(path)
	require.ErrorContains(t, err, "damaged")
}

func TestBadConfigurationIsNamed(t *testing.T) {
	secrets, err := sandbox.GenerateSecrets()
	require.NoError(t, err)
	_, err = sandbox.New(sandbox.Config{})
	require.ErrorContains(t, err, "Secrets.StripeKey")
	require.ErrorContains(t, err, "SendGridPrivateKey")
	_, err = sandbox.New(sandbox.Config{Secrets: secrets, ProxyURL: "proxy:8080"})
	require.ErrorContains(t, err, "ProxyURL")

	environment, err := sandbox.Config{Secrets: secrets, BaseURL: "http://127.0.0.1:9/"}.Environment()
	require.NoError(t, err)
	assert.Equal(t, "http://127.0.0.1:9/stripe", environment["STRIPE_BASE_URL"])
	assert.Equal(t, "http://127.0.0.1:9/pages", environment["GUEST_APP_URL"])
	for name, value := range environment {
		assert.NotEmpty(t, value, name)
	}
}

func TestRunServesAndStopsCleanly(t *testing.T) {
	secrets, err := sandbox.GenerateSecrets()
	require.NoError(t, err)
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	addr := listener.Addr().String()
	err = sandbox.Run(context.Background(), sandbox.Config{Secrets: secrets}, addr)
	require.ErrorContains(t, err, addr, "a busy port is named")
	require.NoError(t, listener.Close())

	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- sandbox.Run(ctx, sandbox.Config{Secrets: secrets, Dir: t.TempDir()}, addr) }()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	require.Eventually(t, func() bool {
		request, err := http.NewRequestWithContext(context.Background(), http.MethodGet, "http://"+addr+"/healthz", nil)
		if err != nil {
			return false
		}
		response, err := client.Do(request)
		if err != nil {
			return false
		}
		return response.Body.Close() == nil && response.StatusCode == http.StatusOK
	}, 30*time.Second, 5*time.Millisecond)
	cancel()
	require.NoError(t, <-done)
}
