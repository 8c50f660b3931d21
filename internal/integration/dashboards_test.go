package integration

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"guestjourney/internal/freeport"
	"guestjourney/internal/sandbox"
	"guestjourney/starter/dev/simulation"
)

// TestEveryPanelShowsSomething scrapes a house through a journey in which a
// provider fails once and a session has alarms, with a real Prometheus, and asks
// for every expression of every dashboard.
func TestEveryPanelShowsSomething(t *testing.T) {
	binary, err := exec.LookPath("prometheus")
	if err != nil {
		t.Skip("needs prometheus of the Debian package prometheus")
	}
	w := openWatched(t, settings{env: []string{"BACKLOG_INTERVAL=1s"}})
	prometheus := w.scrape(binary, w.worker, w.proxy, w.monitors)
	require.NoError(t, w.sandbox.SetFault(sandbox.Fault{Provider: "hubspot", Kind: sandbox.Fault503, Count: 1}))
	w.monitored()
	w.wears(troubled())

	for title, expressions := range dashboards(t) {
		for _, expression := range expressions {
			w.eventually(90*time.Second, title+": "+expression, func() bool { return prometheus.has(expression) })
		}
	}
}

// troubled is a slow heart, and then an alarm of the monitor's own that comes and goes.
// How soon an alarm is committed is measured only where a batch causes it, which on a
// full machine the time that passes may do; what the monitor says always comes in a
// batch, and a rate needs one of them before another.
func troubled() simulation.Scenario {
	scenario := slow()
	own := scenario.Phases[0]
	own.Alarm, own.Lasts = "vf", 10*time.Second
	scenario.Phases = slices.Insert(scenario.Phases, 2, own)
	return scenario
}

// dashboards returns the expressions by dashboard and panel.
func dashboards(t *testing.T) map[string][]string {
	t.Helper()
	files, err := filepath.Glob("../../deploy/grafana/*.json")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	found := map[string][]string{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		require.NoError(t, err)
		var dashboard struct {
			Title  string
			Panels []struct {
				Title, Description string
				Targets            []struct{ Expr string }
			}
		}
		require.NoError(t, json.Unmarshal(data, &dashboard), file)
		require.NotEmpty(t, dashboard.Panels, file)
		for _, panel := range dashboard.Panels {
			assert.NotEmpty(t, panel.Description, "%s: %s says not what it shows", file, panel.Title)
			require.NotEmpty(t, panel.Targets, "%s: %s", file, panel.Title)
			for _, target := range panel.Targets {
				title := dashboard.Title + ", " + panel.Title
				found[title] = append(found[title], target.Expr)
			}
		}
	}
	return found
}

// prometheus is a server that scrapes programs of a house.
type prometheus struct {
	t       *testing.T
	address string
}

func (h *house) scrape(binary string, programs ...*process) prometheus {
	h.t.Helper()
	targets := make([]string, len(programs))
	for i, program := range programs {
		targets[i] = program.metrics
	}
	listed, err := json.Marshal(targets) // which is YAML as well
	require.NoError(h.t, err)
	folder, address := h.t.TempDir(), freeport.Address(h.t)
	file := filepath.Join(folder, "prometheus.yml")
	require.NoError(h.t, os.WriteFile(file, fmt.Appendf(nil, `
global: {scrape_interval: 1s}
scrape_configs:
  - job_name: house
    static_configs:
      - targets: %s
`, listed), 0o600))
	command := exec.Command(binary, "--config.file="+file, "--storage.tsdb.path="+filepath.Join(folder, "data"), "--web.listen-address="+address)
	h.keep("prometheus", command, nil)
	p := prometheus{t: h.t, address: address}
	h.eventually(30*time.Second, "prometheus scrapes all", func() bool { return p.has(fmt.Sprintf("count(up == 1) == %d", len(programs))) })
	return p
}

// has says whether an expression has a series now, and a number in it.
func (p prometheus) has(expression string) bool {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+p.address+"/api/v1/query?query="+url.QueryEscape(expression), http.NoBody)
	require.NoError(p.t, err)
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	defer answer.Body.Close() //nolint:errcheck // read to its end
	if answer.StatusCode == http.StatusServiceUnavailable {
		return false // it has just been started
	}
	var said struct {
		Error string
		Data  struct {
			Result []struct{ Value [2]any }
		}
	}
	require.NoError(p.t, json.NewDecoder(answer.Body).Decode(&said))
	require.Empty(p.t, said.Error, expression)
	for _, series := range said.Data.Result {
		if text, _ := series.Value[1].(string); !strings.Contains(text, "NaN") {
			return true
		}
	}
	return false
}
