package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"guestjourney/activities/options"
	"guestjourney/activities/paging"
	"guestjourney/internal/sandbox"
	"guestjourney/workflows/health"
)

// staffFile is a house in which one person is always on duty, and another one is
// the failsafe.
func staffFile(t *testing.T, until string) string {
	t.Helper()
	person := func(code, phone string) map[string]any {
		return map[string]any{"code": code, "contact": []any{
			map[string]string{"channel": "sms", "to": phone}, map[string]string{"channel": "voice", "to": phone}, map[string]string{"channel": "email", "to": code + "@casa.example"},
		}}
	}
	text, err := json.Marshal(map[string]any{
		"zone": "America/Mexico_City", "coversUntil": until, "failsafe": "p-desk",
		"people": []any{person("p-ana", "+14155550134"), person("p-desk", "+14155550135")},
		"shifts": []any{map[string]any{"person": "p-ana", "days": []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}, "from": "00:00", "to": "00:00"}},
	})
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "staff.json")
	require.NoError(t, os.WriteFile(path, text, 0o600))
	return path
}

// paged asks for the ladder and pages everybody on it, by every channel, as a
// workflow does.
func paged(ctx workflow.Context) ([]paging.Receipt, error) {
	ladder, err := paging.ReadLadder(ctx, paging.LadderRequest{At: workflow.Now(ctx)}).Get(ctx)
	if err != nil {
		return nil, err
	}
	var receipts []paging.Receipt
	for _, rung := range []paging.Rung{ladder.Rungs[0], ladder.Rungs[len(ladder.Rungs)-1]} {
		for _, contact := range rung.Contacts {
			for _, channel := range contact.Channels {
				receipt, err := paging.Send(ctx, options.Effect{Key: "session/s1/" + contact.Person + string(channel), FirstTry: true}, paging.Page{
					Session: "session/s1", Room: "3", Priority: "HIGH", Code: "HR-LOW", Key: "session/s1/7", Person: contact.Person, Channel: channel,
				}).Get(ctx)
				if err != nil {
					return nil, err
				}
				receipts = append(receipts, receipt)
			}
		}
	}
	return receipts, nil
}

// TestStaffArePaged goes the whole way: a workflow, the queue of sessions, the
// staff file, the vendors.
func TestStaffArePaged(t *testing.T) {
	w := newWatchedWorld(t, map[string]string{"STAFF_FILE": staffFile(t, time.Now().AddDate(0, 0, 30).Format(time.DateOnly)), "HEALTH_REPORT_INTERVAL": "100ms"})
	asks := worker.New(w.temporal, "asks", worker.Options{})
	asks.RegisterWorkflowWithOptions(paged, workflow.RegisterOptions{Name: "paged"})
	require.NoError(t, asks.Start())
	t.Cleanup(asks.Stop)
	run, err := w.temporal.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{TaskQueue: "asks"}, "paged")
	require.NoError(t, err)
	var receipts []paging.Receipt
	require.NoError(t, run.Get(t.Context(), &receipts))
	require.Len(t, receipts, 6)
	for _, receipt := range receipts {
		assert.NotEmpty(t, receipt.ID)
		assert.False(t, receipt.Undeliverable)
		assert.False(t, receipt.HandedAt.IsZero())
	}
	var got []string
	for _, message := range w.sandbox.Messages(sandbox.MessageFilter{}) {
		assert.Contains(t, message.Body, "Room 3")
		got = append(got, message.Channel+" "+message.To)
	}
	assert.ElementsMatch(t, []string{
		"sms +14155550134", "voice +14155550134", "email p-ana@casa.example", "sms +14155550135", "voice +14155550135", "email p-desk@casa.example",
	}, got)
	w.until(func(view health.Overview) bool {
		var names []string
		for _, standing := range health.FleetAt(view.Workers, time.Now()).Standings {
			names = append(names, standing.Provider)
		}
		return strings.Join(names, " ") == "google hubspot sendgrid sendgrid-paging stripe telemetry telemetry-records twilio twilio-paging"
	})
}
