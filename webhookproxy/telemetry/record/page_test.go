package record_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"guestjourney/webhookproxy/telemetry/store"
)

// elements are those of a kind, in order.
func elements(t testing.TB, page string, kind atom.Atom) (found []*html.Node) {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	require.NoError(t, err)
	for node := range root.Descendants() {
		if node.Type == html.ElementNode && node.DataAtom == kind {
			found = append(found, node)
		}
	}
	return found
}

func text(node *html.Node) string {
	var all strings.Builder
	for inner := range node.Descendants() {
		if inner.Type == html.TextNode {
			all.WriteString(inner.Data)
		}
	}
	return strings.Join(strings.Fields(all.String()), " ")
}

func attribute(node *html.Node, name string) string {
	for _, one := range node.Attr {
		if one.Key == name {
			return one.Val
		}
	}
	return ""
}

func TestThePageIsWholeInItselfAndCanBeReadByAll(t *testing.T) {
	_, got := shared(t)
	page := got.files["summary.html"]
	require.Equal(t, "en", attribute(elements(t, page, atom.Html)[0], "lang"))
	require.Equal(t, "Record of session/s1", text(elements(t, page, atom.Title)[0]))
	require.Len(t, elements(t, page, atom.H1), 1)
	require.Len(t, elements(t, page, atom.Main), 1)
	tables := elements(t, page, atom.Table)
	require.Len(t, tables, 4, "alarms, who was told, silent minutes, missing batches")
	for _, table := range tables {
		require.Equal(t, atom.Caption, slices.Collect(table.ChildNodes())[1].DataAtom)
	}
	for _, head := range elements(t, page, atom.Th) {
		require.Equal(t, "col", attribute(head, "scope"))
	}
	drawings := elements(t, page, atom.Svg)
	require.Len(t, drawings, 4)
	for _, drawing := range drawings {
		require.Equal(t, "img", attribute(drawing, "role"))
		for _, id := range strings.Fields(attribute(drawing, "aria-labelledby")) {
			require.Equal(t, 1, strings.Count(page, ` id="`+id+`"`))
		}
	}
	for _, kind := range []atom.Atom{atom.Script, atom.Img, atom.Link, atom.Iframe, atom.A} {
		require.Empty(t, elements(t, page, kind), "nothing is loaded or left")
	}
	require.NotContains(t, page, "http://")
	require.NotContains(t, page, "https://")
	require.NotContains(t, page, "ZgotmplZ", "nothing was escaped away")
	require.Contains(t, page, "@media print")
	require.Contains(t, page, "size: A4")
	require.Contains(t, page, "The bedside monitor is the primary alarm.")
}

func TestThePageShowsAlarmsLimitsAndGaps(t *testing.T) {
	_, got := shared(t)
	page := got.files["summary.html"]
	var limits []string
	for _, line := range elements(t, page, atom.Lookup([]byte("line"))) {
		limits = append(limits, text(line))
	}
	for _, line := range strings.Split("critical limit 40,warning limit 50,warning limit 100,critical limit 120,critical limit 80,critical limit 180,warning limit 450,critical limit 500", ",") {
		require.Contains(t, page, "<title>"+line+"</title>", limits)
	}
	require.Contains(t, page, "<title>heart-rate-low, critical, 2026-11-27 09:02:10 to 2026-11-27 09:03:00 UTC</title>")
	require.Equal(t, 3, strings.Count(between(page, `<path class="mean one" d="`, `"`), "M"), "the curve breaks at both gaps")
	rows := elements(t, page, atom.Tr)
	var lines []string
	for _, row := range rows {
		lines = append(lines, text(row))
	}
	require.Contains(t, page, "<td>p-ana</td><td>nurse</td><td>sms</td><td>handed</td>")
	require.Contains(t, page, "<td>2026-11-27 09:05:00</td><td>2026-11-27 09:07:00</td>", lines)
	require.Contains(t, page, "<td>monitor-7</td><td>781</td><td>785</td>")
	require.Contains(t, page, "QTc not evaluable: wide QRS, in 7 minutes")
	require.NotContains(t, page, "behind the platform", "300 ms mislead nobody")
}

func between(text, from, to string) string {
	_, after, _ := strings.Cut(text, from)
	inside, _, _ := strings.Cut(after, to)
	return inside
}

func TestWhatTheLogSaysIsTextOnThePage(t *testing.T) {
	log := told()
	log.Room, log.Protocol.Thresholds = `<script>alert(1)</script>`, []byte(`{"heartRate":"fast"}`)
	got := write(t, &memory{batches: []store.Stored{{Position: 1, Received: store.Received{At: start}}}}, log)
	page := got.files["summary.html"]
	require.Empty(t, elements(t, page, atom.Script))
	require.Contains(t, page, "&lt;script&gt;")
	require.Contains(t, page, "its limits cannot be read, and none are drawn")
	require.Empty(t, elements(t, page, atom.Svg), "without a value nothing is drawn")
}
