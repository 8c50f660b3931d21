package proxytest

import (
	"bufio"
	"io"
	"maps"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"github.com/stretchr/testify/require"
)

// counts are what the proxy's metrics tell: events by decision, tries of the
// forwarder by outcome ("forwarded accepted"), and what the inbox holds.
type counts map[string]int

func (c counts) add(more counts) {
	for name, number := range more {
		c[name] += number
	}
}

// forget leaves out what a name begins with.
func (c counts) forget(prefix string) {
	maps.DeleteFunc(c, func(name string, _ int) bool { return strings.HasPrefix(name, prefix) })
}

var (
	metric   = regexp.MustCompile(`^guestjourney_(webhook_events_total|inbox_forwarded_total|inbox_events)\{(.*)\} ([0-9.e+]+)$`)
	decision = regexp.MustCompile(`(?:decision|outcome|state)="([a-z_]+)"`)
	prefixes = map[string]string{"webhook_events_total": "", "inbox_forwarded_total": "forwarded ", "inbox_events": "holds "}
)

// scrape reads the metrics of the proxy that runs.
func (h *house) scrape() counts {
	h.t.Helper()
	request, err := http.NewRequestWithContext(h.t.Context(), http.MethodGet, h.metricsURL, nil)
	require.NoError(h.t, err)
	answer, err := unpooled.Do(request)
	require.NoError(h.t, err)
	defer answer.Body.Close() //nolint:errcheck // read to its end
	found := counts{}
	lines := bufio.NewScanner(io.LimitReader(answer.Body, 1<<20))
	for lines.Scan() {
		if matched := metric.FindStringSubmatch(lines.Text()); matched != nil {
			number, err := strconv.ParseFloat(matched[3], 64)
			require.NoError(h.t, err)
			found[prefixes[matched[1]]+decision.FindStringSubmatch(matched[2])[1]] += int(number)
		}
	}
	require.NoError(h.t, lines.Err())
	return found
}
