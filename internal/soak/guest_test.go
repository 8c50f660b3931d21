package soak

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"guestjourney/activities/options"
	"guestjourney/internal/sandbox"
	"guestjourney/starter/dev/simulation"
	"guestjourney/webhookproxy/telemetry/detector"
	"guestjourney/webhookproxy/telemetry/outbox"
	"guestjourney/webhookproxy/telemetry/reading"
	"guestjourney/webhookproxy/telemetry/store"
	"guestjourney/workflows/kit"
	"guestjourney/workflows/session"
)

// alarmLasts is how long an alarm of a monitor does.
const alarmLasts = 3 * time.Second

// guest is one in a session, who wears a monitor.
type guest struct {
	house   *house
	number  int
	session string // workflow ID
	run     client.WorkflowRun

	mutex   sync.Mutex // held while a batch is sent: a gateway sends one at a time
	monitor *simulation.Guest
	gateway *simulation.Gateway
	alarms  []reading.Alarm
	raised  map[string]time.Time // when, by the code as pages say it
	last    time.Time            // the last batch that was stored
}

// admit starts sessions and waits until all are watched.
func (h *house) admit(count int) (guests []*guest) {
	h.t.Helper()
	calm, _ := simulation.Find("calm")
	now := time.Now().UTC()
	for n := range count {
		g := &guest{house: h, number: n, session: fmt.Sprintf("%sS%d", session.IDPrefix, n), raised: map[string]time.Time{}}
		g.monitor = simulation.NewGuest(device(n), calm, time.Now(), uint64(n), false) //nolint:gosec // a small number
		g.gateway = &simulation.Gateway{URL: "http://" + h.telemetryAddress, Key: deviceKey, Client: h.http, Answered: g.answered}
		var err error
		g.run, err = h.client.ExecuteWorkflow(h.t.Context(), client.StartWorkflowOptions{ID: g.session, TaskQueue: options.QueueSessions}, session.Type, session.Input{
			GuestRef: fmt.Sprintf("g-%d", n), Device: device(n), Room: fmt.Sprint(n), QTcBaseline: 410, LatestEnd: now.Add(24 * time.Hour),
			Protocol:  session.Protocol{Code: "SOAK", SignedBy: "dr-x", SignedAt: now.Add(-time.Hour)},
			Clearance: session.Clearance{Ref: "c-1", ValidUntil: now.Add(48 * time.Hour)},
		})
		require.NoError(h.t, err)
		guests = append(guests, g)
	}
	eventually(h.t, "all sessions are watched", func() bool {
		watched, known := h.figure("guestjourney_telemetry_sessions")
		return known && watched == count
	})
	return guests
}

// answered is called under the mutex.
func (g *guest) answered(status int, _ time.Duration) {
	switch {
	case status == http.StatusOK:
		g.last = time.Now()
	case status/100 == 4 && status != http.StatusConflict: // stored before, and not answered
		g.house.t.Errorf("a batch of guest %d is answered %d", g.number, status)
	}
}

// live sends a batch a second until the returned function is called.
func (g *guest) live() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var living sync.WaitGroup
	living.Go(func() {
		every := time.NewTicker(time.Second)
		defer every.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-every.C:
				g.mutex.Lock()
				g.send()
				g.mutex.Unlock()
			}
		}
	})
	stop = sync.OnceFunc(func() { cancel(); living.Wait() })
	g.house.t.Cleanup(stop)
	return stop
}

// send sends what there is now. What is not answered goes with the next batch. An alarm
// is told of until a batch that is no backfill has told of its end.
func (g *guest) send() {
	now := time.Now()
	batch, _ := g.monitor.Next(now)
	for i, alarm := range g.alarms {
		if alarm.End == nil && now.Sub(alarm.Start) >= alarmLasts {
			g.alarms[i].End = &now
		}
	}
	batch.Alarms = slices.Clone(g.alarms)
	if g.gateway.Send(context.Background(), batch, now) == nil {
		g.alarms = slices.DeleteFunc(g.alarms, func(alarm reading.Alarm) bool { return alarm.End != nil })
	}
}

// over ends the monitor's alarms at once.
func (g *guest) over() {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	for i := range g.alarms {
		g.alarms[i].End = new(time.Now())
	}
	g.send()
}

// alarm has the monitor raise an alarm of its own and send it at once. It returns the
// code by which pages tell of it, which no other alarm has.
func (g *guest) alarm() string {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	code, now := fmt.Sprintf("G%d-A%d", g.number, len(g.raised)), time.Now()
	g.raised[code] = now
	g.alarms = append(g.alarms, reading.Alarm{Code: strings.ToLower(code), Priority: reading.High, Start: now})
	g.send()
	return code
}

// quiet says that everything was told and answered, and no alarm lasts.
func (g *guest) quiet() bool {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	return len(g.alarms) == 0 && g.gateway.Waiting() == 0
}

// status asks the workflow.
func (g *guest) status() (view session.Overview, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	answer, err := g.house.client.QueryWorkflow(ctx, g.session, "", kit.QueryStatus)
	if err != nil {
		return view, err
	}
	return view, answer.Get(&view)
}

// update gives the workflow a command.
func (g *guest) update(name string, input any) error {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	handle, err := g.house.client.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
		WorkflowID: g.session, UpdateName: name, Args: []any{input}, WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	if err != nil {
		return err
	}
	return handle.Get(ctx, nil)
}

var staff = kit.Envelope{Actor: nurse, Role: kit.RoleClinician, Reason: "at the bed"}

// acknowledge sees to everything that waits. What a worker had begun when it was killed
// holds a workflow up for ten seconds, so a call may have to be made again.
func (g *guest) acknowledge() {
	g.house.t.Helper()
	eventually(g.house.t, "all alarms are acknowledged", func() bool {
		view, err := g.status()
		for _, alarm := range view.Alarms {
			if alarm.State == session.StateRaised || alarm.State == session.StateLatched {
				err = errors.Join(err, g.update(session.UpdateAcknowledge, session.Acknowledge{Envelope: staff, Alarm: alarm.ID}))
			}
		}
		return err == nil
	})
}

// pages returns when the provider took the first page about each code, and how many it
// took by recipient and channel.
func (h *house) pages() (first map[string]time.Time, count map[string]map[string]int) {
	first, count = map[string]time.Time{}, map[string]map[string]int{}
	for _, message := range h.provider.Messages(sandbox.MessageFilter{}) {
		code := codeOf(message)
		if _, known := first[code]; !known {
			first[code], count[code] = message.At, map[string]int{}
		}
		count[code][message.Channel+" "+message.To]++
	}
	return first, count
}

// codeOf finds the code in the words of a page: a voice says "Code G1, A2."
func codeOf(message sandbox.Message) string {
	_, after, _ := strings.Cut(strings.ReplaceAll(message.Body, "Code ", "code "), "code ")
	code, _, _ := strings.Cut(after, ".")
	return strings.ReplaceAll(code, ", ", "-")
}

// found are the transitions of a session, in their order.
type found struct {
	store.Entry
	detector.Transition
}

func (g *guest) found(kept *store.Store) (all []found) {
	t := g.house.t
	t.Helper()
	for above := uint64(0); ; {
		rows, err := kept.Transitions(t.Context(), g.session, above, 500)
		require.NoError(t, err)
		for _, row := range rows {
			told, err := outbox.Read(row)
			require.NoError(t, err)
			all, above = append(all, found{row, told}), row.Number
		}
		if len(rows) < 500 {
			return all
		}
	}
}

// codeIn is a detector's code as a monitor's pages say it.
func codeIn(code string) string { return strings.ToUpper(strings.ReplaceAll(code, "_", "-")) }
