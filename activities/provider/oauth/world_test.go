package oauth_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"guestjourney/activities/provider/oauth"
	"guestjourney/activities/provider/providertest"
	"guestjourney/internal/codec"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// issuer is a provider's token endpoint: it numbers the tokens that it hands out.
type issuer struct {
	url   string
	mutex sync.Mutex
	asked []url.Values
	// answer replaces the next token.
	answer http.HandlerFunc
	life   time.Duration
	gate   chan struct{} // an answer waits until it is closed; nil: none does
}

func newIssuer(t *testing.T) *issuer {
	t.Helper()
	i := &issuer{life: time.Hour}
	server := httptest.NewServer(i)
	t.Cleanup(server.Close)
	i.url = server.URL
	return i
}

func (i *issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	i.mutex.Lock()
	i.asked = append(i.asked, r.Form)
	number, answer, gate := len(i.asked), i.answer, i.gate
	i.mutex.Unlock()
	if gate != nil {
		select {
		case <-gate:
		case <-r.Context().Done():
		}
	}
	if answer != nil {
		answer(w, r)
		return
	}
	providertest.Reply(http.StatusOK, fmt.Sprintf(
		`{"access_token":"access-%d","token_type":"Bearer","expires_in":%d,"refresh_token":"refresh-%d"}`, number, int(i.life.Seconds()), number))(w, r)
}

func (i *issuer) requests() []url.Values {
	i.mutex.Lock()
	defer i.mutex.Unlock()
	return i.asked
}

// answers replaces the tokens by an answer, nil gives tokens again.
func (i *issuer) answers(answer http.HandlerFunc) {
	i.mutex.Lock()
	defer i.mutex.Unlock()
	i.answer = answer
}

// world is a process's tokens before an issuer, with a clock that a test moves.
type world struct {
	*issuer
	tokens *oauth.Tokens
	ahead  time.Duration
	log    *bytes.Buffer
}

func newWorld(t *testing.T, change ...func(*oauth.Config)) *world {
	t.Helper()
	w := &world{issuer: newIssuer(t), log: &bytes.Buffer{}}
	w.start(t, change...)
	return w
}

// start begins as a process does, without a token in memory.
func (w *world) start(t *testing.T, change ...func(*oauth.Config)) {
	t.Helper()
	config := oauth.Config{
		Client: providertest.NewClient(t, "zoom", w.url, nil), Account: "zoom a1", Advice: "check the app's secret",
		Grant: oauth.ClientCredentials(&clientcredentials.Config{
			ClientID: "a1", ClientSecret: "s3cret", TokenURL: "https://zoom.example/oauth/token", AuthStyle: oauth2.AuthStyleInHeader,
		}),
		Now:    func() time.Time { return time.Now().Add(w.ahead) },
		Logger: slog.New(slog.NewTextHandler(w.log, nil)),
	}
	for _, alter := range change {
		alter(&config)
	}
	tokens, err := oauth.New(config)
	require.NoError(t, err)
	w.tokens = tokens
}

func (w *world) current(t *testing.T) string {
	t.Helper()
	token, err := w.tokens.Current(t.Context())
	require.NoError(t, err)
	return token
}

// quiet checks that the log names no token.
func (w *world) quiet(t *testing.T) {
	t.Helper()
	for _, secret := range []string{"access-", "refresh-", "s3cret"} {
		assert.NotContains(t, w.log.String(), secret)
	}
}

func sealing(t *testing.T, id string, fill byte) *codec.Codec {
	t.Helper()
	ring, err := codec.ParseRing(id + ":" + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{fill}, codec.KeySize)))
	require.NoError(t, err)
	made, err := codec.New(ring)
	require.NoError(t, err)
	return made
}
