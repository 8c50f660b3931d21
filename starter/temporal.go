package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"go.temporal.io/sdk/client"

	"guestjourney/internal/config"
	"guestjourney/internal/identity"
	"guestjourney/internal/telemetry"
	"guestjourney/internal/temporalclient"
)

type settings struct {
	config.PayloadKeys
	UI string `env:"TEMPORAL_UI_URL" envDefault:"http://127.0.0.1:8233"`
}

// session is a connection for one command.
type session struct {
	client.Client
	traces    *telemetry.Traces
	namespace string
	ui        string
}

// withSession runs a command on a connection, within --timeout. What can be
// checked without Temporal is checked before.
func withSession(command *cobra.Command, run func(ctx context.Context, s *session) error) error {
	limit, err := command.Flags().GetDuration("timeout")
	if err != nil {
		return err
	}
	if _, err := asJSON(command); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(command.Context(), limit)
	defer cancel()
	s, err := connect(ctx)
	if err != nil {
		return inOneLine(err)
	}
	defer s.traces.Close(ctx)
	defer s.Close()
	return inOneLine(run(ctx, s))
}

func connect(ctx context.Context) (*session, error) {
	set, err := config.Load[settings]()
	if err != nil {
		return nil, err
	}
	traces, err := telemetry.Start(ctx, "starter", slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, err
	}
	options := temporalclient.Options{Program: "starter", Keys: set.Ring(), RequireKeys: true, Traces: traces.Provider()}
	namespace, err := temporalclient.Namespace(options)
	if err != nil {
		return nil, err
	}
	connection, err := temporalclient.Dial(ctx, options)
	if err != nil {
		return nil, err
	}
	return &session{Client: connection, traces: traces, namespace: namespace, ui: strings.TrimRight(set.UI, "/")}, nil
}

// link is where the Temporal UI shows a workflow.
func (s *session) link(workflowID, runID string) string {
	link := fmt.Sprintf("%s/namespaces/%s/workflows/%s", s.ui, url.PathEscape(s.namespace), url.PathEscape(workflowID))
	if runID != "" {
		link += "/" + url.PathEscape(runID) + "/history"
	}
	return link
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
