package main

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"guestjourney/internal/config"
	"guestjourney/internal/identity"
	"guestjourney/internal/telemetry"
	"guestjourney/internal/temporalclient"
	"guestjourney/internal/views"
)

type settings struct {
	config.PayloadKeys
	LinkSettings
}

// LinkSettings are those of links into the Temporal UI.
type LinkSettings struct {
	UI string `env:"TEMPORAL_UI_URL" envDefault:"http://127.0.0.1:8233"`
}

// session is a connection for one command.
type session struct {
	client.Client
	traces *telemetry.Traces
	data   converter.DataConverter // reads payloads in histories
	ui     views.UI
}

// withSession runs a command on a connection, within --timeout. What can be
// checked without Temporal is checked before.
func withSession(command *cobra.Command, run func(ctx context.Context, s *session) error) error {
	limit, err := command.Flags().GetDuration("timeout")
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(command.Context(), limit)
	defer cancel()
	return onSession(ctx, command, func(s *session) error { return run(ctx, s) })
}

// aboutWorkflow makes a command whose first argument is a workflow's ID: it has
// the common flags, and do is called with a session from with.
func aboutWorkflow(
	command *cobra.Command,
	with func(*cobra.Command, func(context.Context, *session) error) error,
	do func(ctx context.Context, s *session, command *cobra.Command, id string, rest []string) error,
) *cobra.Command {
	command.RunE = func(command *cobra.Command, args []string) error {
		id, err := workflowID(args[0])
		if err != nil {
			return err
		}
		return with(command, func(ctx context.Context, s *session) error { return do(ctx, s, command, id, args[1:]) })
	}
	addOutput(command)
	addTimeout(command)
	return command
}

// withOpenSession is withSession for a command that goes on until it is
// stopped: --timeout bounds the connecting alone.
func withOpenSession(command *cobra.Command, run func(ctx context.Context, s *session) error) error {
	limit, err := command.Flags().GetDuration("timeout")
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(command.Context(), limit)
	defer cancel()
	return onSession(ctx, command, func(s *session) error { return run(command.Context(), s) })
}

func onSession(ctx context.Context, command *cobra.Command, run func(s *session) error) error {
	if command.Flags().Lookup("output") != nil {
		if _, err := asJSON(command); err != nil {
			return err
		}
	}
	s, err := connect(ctx)
	if err != nil {
		return inOneLine(err)
	}
	defer s.traces.Close(ctx)
	defer s.Close()
	return inOneLine(run(s))
}

// withoutTemporal runs a command that needs the settings alone.
func withoutTemporal(command *cobra.Command, run func(command *cobra.Command, ui views.UI) error) error {
	set, err := config.Load[LinkSettings]()
	if err != nil {
		return err
	}
	ui, err := set.links()
	if err != nil {
		return err
	}
	return run(command, ui)
}

func connect(ctx context.Context) (*session, error) {
	set, err := config.Load[settings]()
	if err != nil {
		return nil, err
	}
	ui, err := set.links()
	if err != nil {
		return nil, err
	}
	traces, err := telemetry.Start(ctx, "starter", slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, err
	}
	connection, err := temporalclient.Dial(ctx, temporalclient.Options{Program: "starter", Keys: set.Ring(), RequireKeys: true, Traces: traces.Provider()})
	if err != nil {
		return nil, err
	}
	return &session{Client: connection, traces: traces, data: temporalclient.DataConverter(set.Ring()), ui: ui}, nil
}

// links makes links into the Temporal UI, in the namespace of the connection.
func (set LinkSettings) links() (views.UI, error) {
	namespace, err := temporalclient.Namespace(temporalclient.Options{})
	return views.UI{Base: strings.TrimRight(set.UI, "/"), Namespace: namespace}, err
}

// addTimeout gives a command the flag that withSession reads.
func addTimeout(command *cobra.Command) {
	command.Flags().Duration("timeout", 15*time.Second, "how long to wait for Temporal and a worker")
}

// workflowID completes a short ID: what has no prefix is a journey.
func workflowID(text string) (string, error) {
	if text == "" {
		return "", usagef("the workflow ID is empty")
	}
	if !strings.HasPrefix(text, "claim/") && identity.LooksLikeAddress(text) {
		return "", usagef("the workflow ID looks like an e-mail address or a phone number, and IDs are shown in clear: use an opaque one")
	}
	if !strings.Contains(text, "/") {
		text = "journey/" + text
	}
	return text, nil
}
