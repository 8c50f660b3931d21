package secrets_test

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"guestjourney/webhookproxy/secrets"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var now = time.Date(2027, 3, 2, 9, 0, 0, 0, time.UTC)

func environment(variables map[string]string) func(string) string {
	return func(name string) string { return variables[name] }
}

func open(t *testing.T, file string, variables map[string]string) (*secrets.Source, error) {
	t.Helper()
	path := ""
	if file != "" {
		path = filepath.Join(t.TempDir(), "secrets.env")
		require.NoError(t, os.WriteFile(path, []byte(file), 0o600))
	}
	return secrets.Open(path, environment(variables), func() time.Time { return now })
}

func TestActive(t *testing.T) {
	for name, test := range map[string]struct {
		file, environment string
		want              []string
	}{
		"none":                   {"", "", nil},
		"environment":            {"", "new, old", []string{"new", "old"}},
		"file before it":         {"SECRETS=new,old", "older", []string{"new", "old"}},
		"file without it":        {"OTHER=x", "older", []string{"older"}},
		"an empty one":           {"", "a,,b", []string{"a", "", "b"}},
		"not any more":           {"", "new,old|until=2027-03-02T09:00:00Z", []string{"new"}},
		"still":                  {"", "new,old|until=2027-03-02T09:00:01Z", []string{"new", "old"}},
		"from now":               {"", "new|from=2027-03-02T09:00:00Z,old", []string{"new", "old"}},
		"not yet":                {"", "new|from=2027-03-02T09:00:01Z,old", []string{"old"}},
		"both terms":             {"", "a|from=2027-03-01T00:00:00Z|until=2027-03-03T00:00:00Z", []string{"a"}},
		"base64 keeps its end":   {"SECRETS=whsec_YQ==,YWI=", "", []string{"whsec_YQ==", "YWI="}},
		"a secret with a stroke": {"", "a|b", []string{"a|b"}},
	} {
		t.Run(name, func(t *testing.T) {
			source, err := open(t, test.file, map[string]string{"SECRETS": test.environment})
			require.NoError(t, err)
			require.Equal(t, test.want, source.Active("SECRETS"))
		})
	}
}

func TestABadFileIsNamedAndNotQuoted(t *testing.T) {
	for name, file := range map[string]string{
		"no lines":   "canary without an equals sign",
		"bad term":   "SECRETS=canary|until=tomorrow",
		"other term": "SECRETS=canary|after=2027-03-02T09:00:00Z",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := open(t, file, nil)
			require.ErrorContains(t, err, "WEBHOOK_SECRETS_FILE")
			require.NotContains(t, err.Error(), "canary")
		})
	}
	_, err := secrets.Open(filepath.Join(t.TempDir(), "none"), environment(nil), time.Now)
	require.ErrorContains(t, err, "WEBHOOK_SECRETS_FILE: cannot be read: no such file")
}

// watched is a source under Watch, whose clock a test can move.
type watched struct {
	source *secrets.Source
	path   string
	logs   *bytes.Buffer
	mutex  sync.Mutex
	at     time.Time
	taken  chan []string
}

func watch(t *testing.T, file string) *watched {
	t.Helper()
	w := &watched{path: filepath.Join(t.TempDir(), "secrets.env"), logs: &bytes.Buffer{}, at: now, taken: make(chan []string, 10)}
	w.write(t, file)
	source, err := secrets.Open(w.path, environment(nil), func() time.Time {
		w.mutex.Lock()
		defer w.mutex.Unlock()
		return w.at
	})
	require.NoError(t, err)
	w.source = source
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() {
		source.Watch(ctx, time.Millisecond, []string{"SECRETS"}, func() error {
			w.taken <- source.Active("SECRETS")
			return nil
		}, slog.New(slog.NewJSONHandler(w.logs, nil)))
	})
	t.Cleanup(func() {
		cancel()
		running.Wait()
	})
	return w
}

func (w *watched) write(t *testing.T, text string) {
	t.Helper()
	next := w.path + ".new"
	require.NoError(t, os.WriteFile(next, []byte(text), 0o600))
	require.NoError(t, os.Rename(next, w.path))
}

func (w *watched) takes(t *testing.T, want ...string) {
	t.Helper()
	select {
	case got := <-w.taken:
		require.ElementsMatch(t, want, got)
	case <-time.After(10 * time.Second):
		t.Fatal("nothing was taken over")
	}
}

func TestAChangedFileIsTakenOver(t *testing.T) {
	w := watch(t, "SECRETS=old")
	w.takes(t, "old")
	w.write(t, "SECRETS=new,old")
	w.takes(t, "new", "old")
	for _, broken := range []string{"", "nonsense", "OTHER=x", "SECRETS=new|until=soon"} {
		w.write(t, broken)
		require.Error(t, w.source.Reload(), broken)
	}
	require.Equal(t, []string{"new", "old"}, w.source.Active("SECRETS"), "what is known stays in force")
	w.write(t, "SECRETS=new")
	w.takes(t, "new")
	w.write(t, "SECRETS=")
	w.takes(t)
}

func TestATermEndsByItself(t *testing.T) {
	w := watch(t, "SECRETS=new,old|until=2027-03-02T10:00:00Z")
	w.takes(t, "new", "old")
	w.mutex.Lock()
	w.at = now.Add(time.Hour)
	w.mutex.Unlock()
	w.takes(t, "new")
}
