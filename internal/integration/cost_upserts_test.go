package integration

import (
	"compress/gzip"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/client"

	"guestjourney/workflows/journey"
	"guestjourney/workflows/kit"
	"guestjourney/workflows/replaytest"
)

// TestNoHistoryShowsAnythingTwice: in every recorded history, with all that met
// in one task there, a task has one upsert at most, and each tells a change.
func TestNoHistoryShowsAnythingTwice(t *testing.T) {
	root := filepath.Join("..", "..", "workflows", "replaytest", filepath.FromSlash(replaytest.Histories))
	upserts := 0
	require.NoError(t, filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".json.gz") {
			return err
		}
		recorded := unpacked(t, path)
		upserts += tally(recorded.GetEvents()).Upserts
		assert.Empty(t, wasteful(recorded.GetEvents()), path)
		return nil
	}))
	assert.Greater(t, upserts, 100, "the recorded histories hold no upserts to look at")
}

// TestWhatMeetsInOneTaskIsShownOnce: while the worker is away a deadline passes
// and a text arrives. Both change what is shown, and the loop acts on one before
// it hears of the other.
func TestWhatMeetsInOneTaskIsShownOnce(t *testing.T) {
	program := measured()
	program.Deadlines.Conversing = seconds(8)
	h := open(t, settings{program: program})
	id := h.begin(lead(1))
	h.reaches(id, journey.StageConversing, 30*time.Second)
	h.worker.Stop()
	h.tells(id, kit.SignalMessageIn, kit.Fact{ID: "text", Provider: "twilio", Type: "received", OccurredAt: time.Now().UTC(), Data: map[string]string{"body": "hello"}})
	h.eventually(30*time.Second, "the deadline passes", func() bool {
		events := eventsOf(t, h.client, id, "")
		return slices.ContainsFunc(events, func(event *history.HistoryEvent) bool { return event.GetTimerFiredEventAttributes() != nil })
	})
	h.worker = h.restart(h.worker)

	require.Equal(t, journey.StageLost, h.result(id, time.Minute).Stage)
	events := eventsOf(t, h.client, id, "")
	assert.Empty(t, wasteful(events))
	var shown []string // with the text and the new stage
	for _, event := range events {
		fields := event.GetUpsertWorkflowSearchAttributesEventAttributes().GetSearchAttributes().GetIndexedFields()
		if _, attention := fields[kit.AttributeAttention.GetName()]; attention {
			shown = slices.Sorted(maps.Keys(fields))
		}
	}
	assert.Subset(t, shown, []string{kit.AttributeAttention.GetName(), kit.AttributeStage.GetName()}, "the text and the deadline did not meet")
}

func unpacked(t *testing.T, path string) *history.History {
	t.Helper()
	file, err := os.Open(path)
	require.NoError(t, err)
	defer file.Close() //nolint:errcheck // read only
	reader, err := gzip.NewReader(file)
	require.NoError(t, err)
	text, err := io.ReadAll(reader)
	require.NoError(t, err)
	recorded, err := client.HistoryFromJSON(strings.NewReader(string(text)), client.HistoryJSONOptions{})
	require.NoError(t, err, path)
	return recorded
}
