package dev

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"guestjourney/internal/codec"
	"guestjourney/internal/temporalclient"
)

// NewCommand returns the command `dev` with `run`, `demo`, `sandbox` and `simulate`. Its
// context must end at SIGINT and SIGTERM.
func NewCommand() *cobra.Command {
	root := &cobra.Command{Use: "dev", Short: "Run the whole house on this machine, without any account"}
	root.AddCommand(
		&cobra.Command{
			Use: "run", Args: cobra.NoArgs,
			Short: "Start everything, play the example journey, stay until Ctrl-C",
			RunE:  func(c *cobra.Command, _ []string) error { return start(c.Context(), c.OutOrStdout(), stay) },
		},
		&cobra.Command{
			Use: "demo", Args: cobra.NoArgs,
			Short: "Start everything, play the example journey, compare it with its scenario, stop",
			RunE:  func(c *cobra.Command, _ []string) error { return start(c.Context(), c.OutOrStdout(), leave) },
		},
		&cobra.Command{
			Use: "sandbox", Args: cobra.NoArgs,
			Short: "Serve the sandbox alone, in place of every provider",
			RunE:  func(c *cobra.Command, _ []string) error { return serveSandbox(c.Context()) },
		},
		simulateCommand(),
	)
	return root
}

// played is a house in which the example is over.
type played struct {
	house    *house
	screen   *screen
	example  *example
	temporal connection
	keys     keys
}

// after is what to do when the example is over.
type after func(ctx context.Context, p played) error

func start(ctx context.Context, out io.Writer, then after) error {
	settings, err := readSettings()
	if err != nil {
		return err
	}
	err = run(ctx, settings, out, then)
	if err != nil && ctx.Err() != nil {
		return fmt.Errorf("interrupted before the example was over: %w", context.Cause(ctx))
	}
	return err
}

// broken is the end of a service that nobody asked for.
type broken struct{ error }

// run runs the house until the example is over, a service breaks or ctx ends
// (the CLI ends it at the first signal), and leaves nothing behind.
func run(ctx context.Context, s settings, out io.Writer, then after) (err error) {
	wanted, err := readScenario(s)
	if err != nil {
		return err
	}
	screen := newScreen(out)
	h := newHouse(s)
	defer h.stop()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() {
		select {
		case err := <-h.broken:
			cancel(broken{err})
		case <-ctx.Done():
		}
	}()
	err = runHouse(ctx, h, screen, wanted, then)
	var first broken
	if errors.As(context.Cause(ctx), &first) {
		err = first.error // what followed from it says less
	}
	if h.isRunning() {
		screen.line("stop", "the services end, in order")
	}
	return err
}

func runHouse(ctx context.Context, h *house, screen *screen, wanted scenario, then after) error {
	k, err := open(ctx, h, screen)
	if err != nil {
		return err
	}
	temporal, err := connect(ctx, h.settings, k)
	if err != nil {
		return err
	}
	defer temporal.Close()
	example, differences, err := play(ctx, h.settings, temporal, screen, wanted)
	if err != nil {
		return err
	}
	if len(differences) > 0 {
		for _, difference := range differences {
			screen.line("differs", "%s", difference)
		}
		return fmt.Errorf("the example differs from its scenario in %d lines (- wanted, + found), shown above", len(differences))
	}
	screen.line("proof", "journal and result agree with the scenario: %d kinds of effect, each as often as wanted", len(wanted.Effects))
	return then(ctx, played{h, screen, example, temporal, k})
}

// open checks what is needed, then starts every service.
func open(ctx context.Context, h *house, screen *screen) (keys, error) {
	if err := checkPorts(ctx, h.settings.ports()); err != nil {
		return keys{}, err
	}
	if err := requireBinaries(h.settings, "starter", "worker", "webhookproxy"); err != nil {
		return keys{}, err
	}
	temporal, err := findTemporal(h.settings)
	if err != nil {
		return keys{}, err
	}
	if err := h.lock(); err != nil {
		return keys{}, err
	}
	k, err := loadKeys(h.settings.data("keys.env"))
	if err != nil {
		return keys{}, err
	}
	services, err := h.settings.services(temporal, k)
	if err != nil {
		return keys{}, err
	}
	for _, service := range services {
		began := time.Now()
		if err := h.start(ctx, service); err != nil {
			return keys{}, err
		}
		screen.line("ready", "%s (%.1f s)", service.name, time.Since(began).Seconds())
	}
	return k, nil
}

// connection is a client and what reads the payloads in histories.
type connection struct {
	client.Client
	data converter.DataConverter
}

// connect makes the client with this data's keys, whatever the shell's are.
func connect(ctx context.Context, s settings, k keys) (connection, error) {
	ring, err := codec.ParseRing(k.Payload)
	if err != nil {
		return connection{}, fmt.Errorf("keys.env: %w", err)
	}
	temporal, err := temporalclient.Dial(ctx, temporalclient.Options{
		Program: "dev", Keys: ring, RequireKeys: true, Address: address(s.TemporalPort), Namespace: namespace,
	})
	return connection{temporal, temporalclient.DataConverter(ring)}, err
}

// leave ends the demo at once.
func leave(context.Context, played) error { return nil }

// stay shows where to look, until Ctrl-C.
func stay(ctx context.Context, p played) error {
	s, screen := p.house.settings, p.screen
	screen.line("open", "the journey in the Temporal UI: %s", p.example.uiLink(s))
	screen.line("open", "the webhook proxy: %s", s.url(s.ProxyPort))
	screen.line("open", "the sandbox: its journal %s/journal, a guest's messages %s/control/messages", s.url(s.SandboxPort), s.url(s.SandboxPort))
	screen.line("open", "logs: %s; Ctrl-C stops everything", s.data("logs"))
	screen.line("open", "the live view: %s, sign in with STAFF_TOKEN of %s", s.url(s.StaffPort), s.data("keys.env"))
	if err := p.showSession(ctx); err != nil && ctx.Err() == nil {
		screen.line("session", "%v", err)
	}
	<-ctx.Done()
	return nil
}
