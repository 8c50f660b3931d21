package dev

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"guestjourney/activities/options"
	"guestjourney/internal/config"
	"guestjourney/starter/dev/simulation"
	"guestjourney/workflows/kit"
	"guestjourney/workflows/session"
)

const (
	// mixed gives each guest the next scenario.
	mixed = "mixed"
	// commandWithin bounds one command to a session.
	commandWithin = 15 * time.Second
	// endWithin is how long a session may take to end.
	endWithin = 30 * time.Second
)

// simulated are the flags of `dev simulate`.
type simulated struct {
	guests   int
	scenario string
	lasts    time.Duration
	ecg      bool
}

func simulateCommand() *cobra.Command {
	var flags simulated
	command := &cobra.Command{
		Use: "simulate", Args: cobra.NoArgs,
		Short: "Let guests wear a monitor for a while, in a house that runs",
		Long: "Starts a session for each guest in the house of `make run`, sends readings through the real endpoint, and compares what\n" +
			"was raised with what the scenario must raise. Scenarios: " + strings.Join(scenarioNames(), ", ") + ", or " + mixed + ".",
		RunE: func(c *cobra.Command, _ []string) error {
			settings, err := readSettings()
			if err != nil {
				return err
			}
			k, err := loadKeys(settings.data("keys.env"))
			if err != nil {
				return err
			}
			temporal, err := connect(c.Context(), settings, k)
			if err != nil {
				return err
			}
			defer temporal.Close()
			return simulate(c.Context(), settings, k, temporal, flags, func(format string, values ...any) {
				_, _ = fmt.Fprintf(c.OutOrStdout(), format+"\n", values...)
			})
		},
	}
	command.Flags().IntVar(&flags.guests, "guests", 1, fmt.Sprintf("how many, %d at most", maxMonitors))
	command.Flags().StringVar(&flags.scenario, "scenario", mixed, "what happens to them")
	command.Flags().DurationVar(&flags.lasts, "for", 0, "how long they send; 0 is as long as the scenario")
	command.Flags().BoolVar(&flags.ecg, "ecg", false, "send one lead of ECG as well")
	return command
}

func scenarioNames() (names []string) {
	for _, scenario := range simulation.Scenarios() {
		names = append(names, scenario.Name)
	}
	return names
}

// wearers are the guests of the flags.
func (s simulated) wearers(secret string) ([]simulation.Wearer, error) {
	if s.guests < 1 || s.guests > maxMonitors {
		return nil, config.Invalid("--guests", fmt.Sprintf("want 1 to %d", maxMonitors))
	}
	scenarios := simulation.Scenarios()
	if s.scenario != mixed {
		one, known := simulation.Find(s.scenario)
		if !known {
			return nil, config.Invalid("--scenario", "want "+mixed+", or one of "+strings.Join(scenarioNames(), ", "))
		}
		scenarios = []simulation.Scenario{one}
	}
	var list []simulation.Wearer
	for i := range s.guests {
		device := monitor(i + 1)
		list = append(list, simulation.Wearer{Device: device, Key: deviceKey(secret, device), Scenario: scenarios[i%len(scenarios)]})
	}
	return list, nil
}

// simulate plays the sessions of some guests and says how they differ from their
// scenarios.
func simulate(ctx context.Context, s settings, k keys, temporal client.Client, flags simulated, say func(string, ...any)) error {
	wearers, err := flags.wearers(k.Devices)
	if err != nil {
		return err
	}
	sessions := make([]*watchedSession, len(wearers))
	for i, wearer := range wearers {
		if sessions[i], err = beginSession(ctx, temporal, wearer, i+1); err != nil {
			return err
		}
	}
	say("%d sessions are watched; %s", len(sessions), sessions[0].id)
	report := simulation.Run(ctx, simulation.Plan{Guests: wearers, Lasts: flags.lasts, URL: []string{s.url(s.TelemetryPort)}, Strips: flags.ecg})
	say("%s", report)
	var mutex sync.Mutex
	var wrong []error
	var ending sync.WaitGroup
	for _, one := range sessions {
		ending.Go(func() {
			raised, err := one.end(context.WithoutCancel(ctx))
			mutex.Lock()
			defer mutex.Unlock()
			say("%s: %s: raised %s", one.id, one.wearer.Scenario.Name, strings.Join(raised, " "))
			if err == nil {
				err = one.differs(raised)
			}
			wrong = append(wrong, err)
		})
	}
	ending.Wait()
	return errors.Join(append(wrong, ctx.Err())...)
}

// showSession shows a session: a heart that becomes slow, and who is paged for it.
func (p played) showSession(ctx context.Context) error {
	p.screen.line("session", "a guest wears a monitor, and their heart becomes slow")
	s := p.house.settings
	err := simulate(ctx, s, p.keys, p.temporal, simulated{guests: 1, scenario: "bradycardia"}, func(format string, values ...any) {
		p.screen.line("session", format, values...)
	})
	if interrupted := ctx.Err(); interrupted != nil {
		return interrupted
	}
	p.screen.line("open", "what the nurse's telephone got: %s/control/messages", s.url(s.SandboxPort))
	return err
}

// watchedSession is the session of one simulated guest.
type watchedSession struct {
	id       string
	wearer   simulation.Wearer
	temporal client.Client
	run      client.WorkflowRun
}

// beginSession starts a SessionMonitor by itself, and waits until it is watched.
func beginSession(ctx context.Context, temporal client.Client, wearer simulation.Wearer, number int) (*watchedSession, error) {
	now := time.Now().UTC()
	one := &watchedSession{id: fmt.Sprintf("%s%s-%d", session.IDPrefix, wearer.Device, now.UnixMilli()), wearer: wearer, temporal: temporal}
	run, err := temporal.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: one.id, TaskQueue: options.QueueSessions}, session.Type, session.Input{
		GuestRef: "simulated-" + wearer.Device, Device: wearer.Device, Room: fmt.Sprint(number), QTcBaseline: 410, Test: true, LatestEnd: now.Add(24 * time.Hour),
		Protocol:  session.Protocol{Code: "SIM", SignedBy: "simulation", SignedAt: now.Add(-time.Minute)},
		Clearance: session.Clearance{Ref: "simulation", ValidUntil: now.Add(48 * time.Hour)},
	})
	if err != nil {
		return nil, fmt.Errorf("begin %s: %w", one.id, err)
	}
	one.run = run
	return one, nil
}

func (w *watchedSession) status(ctx context.Context) (view session.Overview, err error) {
	ctx, cancel := context.WithTimeout(ctx, commandWithin)
	defer cancel()
	// A hundred queries at one instant find fewer pollers, and the server says after a
	// second that it has seen none: it is asked again.
	for {
		var answer converter.EncodedValue
		if answer, err = w.temporal.QueryWorkflow(ctx, w.id, "", kit.QueryStatus); err == nil {
			return view, answer.Get(&view)
		}
		select {
		case <-ctx.Done():
			return view, fmt.Errorf("status of %s: %w", w.id, err)
		case <-time.After(time.Second):
		}
	}
}

// end acknowledges what waits, ends the session, and returns the codes of what was
// raised in it.
func (w *watchedSession) end(ctx context.Context) ([]string, error) {
	view, err := w.status(ctx)
	if err != nil {
		return nil, err
	}
	raised := map[string]bool{}
	staff := kit.Envelope{Actor: nurse, Role: kit.RoleClinician, Reason: "the simulation is over"}
	for _, alarm := range view.Alarms {
		raised[alarm.Code] = true
		if alarm.State == session.StateRaised || alarm.State == session.StateLatched {
			// It may be over by now, which is as good.
			_ = w.give(ctx, session.UpdateAcknowledge, session.Acknowledge{Envelope: staff, Alarm: alarm.ID})
		}
	}
	codes := slices.Sorted(maps.Keys(raised))
	if err := w.give(ctx, session.UpdateEnd, staff); err != nil {
		return codes, err
	}
	ctx, cancel := context.WithTimeout(ctx, endWithin)
	defer cancel()
	if err := w.run.Get(ctx, nil); err != nil {
		return codes, fmt.Errorf("end of %s: %w", w.id, err)
	}
	return codes, nil
}

func (w *watchedSession) give(ctx context.Context, update string, input any) error {
	ctx, cancel := context.WithTimeout(ctx, commandWithin)
	defer cancel()
	handle, err := w.temporal.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
		WorkflowID: w.id, UpdateName: update, Args: []any{input}, WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	if err == nil {
		err = handle.Get(ctx, nil)
	}
	if err != nil {
		return fmt.Errorf("%s of %s: %w", update, w.id, err)
	}
	return nil
}

// differs says what the scenario must raise and did not. Pages say a heart rate in
// short: "HR-LOW".
func (w *watchedSession) differs(raised []string) error {
	var missing []string
	for _, code := range w.wearer.Scenario.Raises {
		said := strings.ToUpper(strings.ReplaceAll(code, "heart-rate", "hr"))
		if !slices.Contains(raised, said) {
			missing = append(missing, said)
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("%s: scenario %s did not raise %s", w.id, w.wearer.Scenario.Name, strings.Join(missing, ", "))
	}
	return nil
}
