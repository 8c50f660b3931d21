package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"guestjourney/internal/codec"
	"guestjourney/internal/config"
	"guestjourney/internal/inbox"
)

// runError is what a command returned once it ran; everything else that cobra
// returns is a wrong call.
type runError struct{ error }

func (e runError) Unwrap() error { return e.error }

// usageError is a wrong call that only the running command could see.
type usageError struct{ error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

func (e usageError) Unwrap() error { return e.error }

// markRunErrors marks what commands return, in every command below.
func markRunErrors(command *cobra.Command) {
	if run := command.RunE; run != nil {
		command.RunE = func(command *cobra.Command, args []string) error {
			if err := run(command, args); err != nil {
				return runError{err}
			}
			return nil
		}
	}
	for _, child := range command.Commands() {
		markRunErrors(child)
	}
}

// verdict is an answer that the exit code carries, and no failure.
type verdict struct {
	code int
	text string // for standard error; may be empty
}

func (v verdict) Error() string { return v.text }

// Exit codes of verdicts.
const (
	exitFound       = 3   // repair: there is something to do
	exitInterrupted = 130 // watch: stopped before the workflow closed, as a shell would say it
)

func exitCode(err error) int {
	var ran runError
	var usage usageError
	var said verdict
	switch {
	case err == nil:
		return 0
	case errors.As(err, &said):
		return said.code
	case !errors.As(err, &ran) || errors.As(err, &usage):
		return 2
	}
	return config.ExitCode(err)
}

// oneLine is an error whose text is one line, whatever a server put into it.
type oneLine struct{ error }

func (e oneLine) Error() string { return strings.Join(strings.Fields(e.error.Error()), " ") }

func (e oneLine) Unwrap() error { return e.error }

// inOneLine keeps nil what is nil.
func inOneLine(err error) error {
	if err == nil {
		return nil
	}
	return oneLine{err}
}

// advise adds a way forward to what Temporal answered.
func advise(err error) error {
	var missing *serviceerror.NotFound
	var namespace *serviceerror.NamespaceNotFound
	var started *serviceerror.WorkflowExecutionAlreadyStarted
	var unavailable *serviceerror.Unavailable
	var deadline *serviceerror.DeadlineExceeded
	var rejected *temporal.ApplicationError
	switch {
	case errors.Is(err, codec.ErrUnknownKey), errors.Is(err, codec.ErrAuthentication), errors.Is(err, inbox.ErrUnavailable):
		return err
	case errors.As(err, &namespace):
		return fmt.Errorf("%w: create it, or set TEMPORAL_NAMESPACE", err)
	case errors.As(err, &missing):
		return fmt.Errorf("%w: see starter list for what exists", err)
	case errors.As(err, &started):
		return fmt.Errorf("%w: look at it with starter status, or choose another --id", err)
	case errors.As(err, &rejected):
		return errors.New(rejected.Message())
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &deadline), isUpdateTimeout(err):
		return fmt.Errorf("%w: no answer in time; is Temporal reachable and a worker running? --timeout waits longer", err)
	case errors.As(err, &unavailable):
		return fmt.Errorf("%w: is Temporal running? make run starts one, TEMPORAL_ADDRESS names another", err)
	}
	return err
}

func isUpdateTimeout(err error) bool {
	var timeout *client.WorkflowUpdateServiceTimeoutOrCanceledError
	return errors.As(err, &timeout)
}
