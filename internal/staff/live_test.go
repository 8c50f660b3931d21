package staff_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"guestjourney/internal/logtest"
	"guestjourney/internal/staff"
)

// place writes a file as a careful program does: whole or not at all.
func place(t *testing.T, path string, text []byte) {
	t.Helper()
	require.NoError(t, os.WriteFile(path+".new", text, 0o600))
	require.NoError(t, os.Rename(path+".new", path))
}

func TestABadFileRefusesToStart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "staff.json")
	_, err := staff.Open(path, time.Now)
	require.ErrorContains(t, err, "STAFF_FILE: cannot be read: no such file")
	for want, file := range map[string]object{
		"STAFF_FILE: shifts: nobody is on duty from": with("shifts", list{weekly("p-ana", "07:00", "19:00")}),
		"STAFF_FILE: failsafe: nobody":               with("failsafe", ""),
	} {
		place(t, path, text(t, file))
		_, err := staff.Open(path, func() time.Time { return now })
		require.ErrorContains(t, err, want)
	}
}

// logs are a log's messages.
type logs struct{ logtest.Log }

func (l *logs) lines() (texts []string) {
	for line := range strings.Lines(l.String()) {
		var entry struct{ Msg, Error string }
		if json.Unmarshal([]byte(line), &entry) == nil {
			texts = append(texts, entry.Msg+" "+entry.Error)
		}
	}
	return texts
}

// TestAFileIsReplacedWhileItIsUsed: a good one takes over, a bad one is said once
// and leaves the old one in force.
func TestAFileIsReplacedWhileItIsUsed(t *testing.T) {
	path, written := filepath.Join(t.TempDir(), "staff.json"), &logs{}
	place(t, path, text(t, casa()))
	file, err := staff.Open(path, func() time.Time { return now })
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { file.Watch(ctx, time.Millisecond, slog.New(slog.NewJSONHandler(written, nil))) })
	t.Cleanup(func() { cancel(); running.Wait() })
	soon := func(what func() bool) {
		t.Helper()
		require.Eventually(t, what, 30*time.Second, time.Millisecond)
	}

	place(t, path, text(t, with("shifts", list{weekly("p-eva", "07:00", "07:00")})))
	soon(func() bool { return file.Ladder(now).Rungs[0].Contacts[0].Person == "p-eva" })
	place(t, path, text(t, with("failsafe", "p-"+canary)))
	soon(func() bool { return len(written.lines()) == 2 })
	before := file.Roster()
	_, err = file.Reload()
	require.Error(t, err)
	assert.Same(t, before, file.Roster(), "what is known stays in force")
	place(t, path, text(t, casa()))
	soon(func() bool { return file.Ladder(now).Rungs[0].Contacts[0].Person == "p-ana" })
	_, known := file.Route("p-ana", "sms")
	assert.True(t, known)
	cancel()
	running.Wait()
	assert.Equal(t, []string{
		"the staff file has changed and is in force ",
		"the staff file needs attention; what was known before stays in force STAFF_FILE: failsafe: not among the people",
		"the staff file has changed and is in force ",
	}, written.lines())
}

// TestARotaThatRunsOut is said, though nobody has written the file.
func TestARotaThatRunsOut(t *testing.T) {
	path, clock := filepath.Join(t.TempDir(), "staff.json"), now
	place(t, path, text(t, casa()))
	file, err := staff.Open(path, func() time.Time { return clock })
	require.NoError(t, err)
	changed, err := file.Reload()
	require.NoError(t, err)
	require.False(t, changed)
	clock = now.AddDate(1, 0, 0)
	_, err = file.Reload()
	require.EqualError(t, err, "STAFF_FILE: coversUntil: 2027-12-31 is over; add shifts and let it be a later day")
	require.NotEmpty(t, file.Ladder(clock).Rungs, "and pages go on")
}

// TestTheExampleIsGood: it is what an operator begins with.
func TestTheExampleIsGood(t *testing.T) {
	file, err := staff.Open("../../deploy/staff/example.json", func() time.Time { return now })
	require.NoError(t, err)
	assert.Equal(t, [][]string{{"p-ana"}, {"p-eva"}, {"p-ana", "p-eva", "p-med"}, {"p-desk"}}, codes(file.Ladder(now)))
}
