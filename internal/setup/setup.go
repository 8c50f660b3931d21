// Package setup makes a Temporal namespace ready for the workflows.
//
// Called by `starter setup` and by `starter dev`. It owns how long closed
// workflows are kept, how search attributes are registered, and which Schedules
// there are; which attributes there are is workflows/kit's. It promises that
// Namespace and Schedules may run any number of times and at the same time as
// another one, that they change nothing that is as it should be, never shorten a
// retention, never resume what an operator has paused, and that Namespace
// returns only when the namespace can be used.
package setup

import (
	"context"
	"errors"
	"fmt"
	"time"

	namespacepb "go.temporal.io/api/namespace/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/protobuf/types/known/durationpb"
)

// Retention is how long closed workflows are kept.
const Retention = 30 * 24 * time.Hour

const (
	// pause between two looks at a server that is not ready.
	pause = 250 * time.Millisecond
	// patience for one answer: a server that starts may accept a call and
	// never answer it.
	patience = 5 * time.Second
)

// Changes is what Namespace has done; the zero value says that all was there.
type Changes struct {
	Registered bool     // the namespace is new
	Kept       bool     // its retention was raised to Retention
	Added      []string // names of search attributes
}

// Namespace registers the namespace and what search attributes it lacks. It
// waits for the server until the context ends, and for the server's caches:
// they learn of a new namespace up to ten seconds late. An attribute that has
// another type is an error that names it; then nothing is added.
func Namespace(ctx context.Context, connection client.Client, name string) (Changes, error) {
	p := preparation{connection: connection, name: name}
	err := keepTrying(ctx, "namespace "+name, p.attempt)
	return p.changes, err
}

// keepTrying attempts until it succeeds, the context ends, or an error comes
// that does not pass.
func keepTrying(ctx context.Context, what string, attempt func(context.Context) error) error {
	var last error
	for {
		err := attempt(ctx)
		if err == nil {
			return nil
		}
		if ctx.Err() == nil || last == nil {
			last = err // what the end of the context interrupts says less
		}
		if ctx.Err() == nil && !passes(err) {
			return fmt.Errorf("%s: %w", what, err)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s is not ready: %w", what, last)
		case <-time.After(pause):
		}
	}
}

type preparation struct {
	connection client.Client
	name       string
	changes    Changes
}

// attempt does what is still to do, from the start: what is done is seen.
func (p *preparation) attempt(ctx context.Context) error {
	for _, step := range []func(context.Context) error{p.register, p.keep, p.addAttributes, p.use} {
		limited, cancel := context.WithTimeout(ctx, patience)
		err := step(limited)
		cancel()
		if err != nil {
			return err
		}
	}
	return nil
}

func (p *preparation) register(ctx context.Context) error {
	_, err := p.describe(ctx)
	var missing *serviceerror.NamespaceNotFound
	if !errors.As(err, &missing) {
		return err
	}
	_, err = p.connection.WorkflowService().RegisterNamespace(ctx, &workflowservice.RegisterNamespaceRequest{
		Namespace: p.name, WorkflowExecutionRetentionPeriod: durationpb.New(Retention),
	})
	if err != nil {
		return fmt.Errorf("register it: %w", err)
	}
	p.changes.Registered = true
	return nil
}

// keep raises a retention that is too short, as a development server's is.
func (p *preparation) keep(ctx context.Context) error {
	found, err := p.describe(ctx)
	if err != nil {
		return err
	}
	if found.GetConfig().GetWorkflowExecutionRetentionTtl().AsDuration() >= Retention {
		return nil
	}
	_, err = p.connection.WorkflowService().UpdateNamespace(ctx, &workflowservice.UpdateNamespaceRequest{
		Namespace: p.name, Config: &namespacepb.NamespaceConfig{WorkflowExecutionRetentionTtl: durationpb.New(Retention)},
	})
	if err != nil {
		return fmt.Errorf("raise its retention to %s: %w", Retention, err)
	}
	p.changes.Kept = true
	return nil
}

func (p *preparation) describe(ctx context.Context) (*workflowservice.DescribeNamespaceResponse, error) {
	found, err := p.connection.WorkflowService().DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: p.name})
	if err != nil {
		return nil, fmt.Errorf("look at it: %w", err)
	}
	return found, nil
}

// passes says whether an error may be gone at the next look: the server
// starts, another setup was quicker, or a cache has not heard of it yet.
func passes(err error) bool {
	var (
		unavailable *serviceerror.Unavailable
		slow        *serviceerror.DeadlineExceeded
		busy        *serviceerror.ResourceExhausted
		unknown     *serviceerror.NamespaceNotFound
		absent      *serviceerror.NotFound
		twice       *serviceerror.NamespaceAlreadyExists
		known       *serviceerror.AlreadyExists
	)
	return errors.As(err, &unavailable) || errors.As(err, &slow) || errors.As(err, &busy) || errors.As(err, &unknown) ||
		errors.As(err, &absent) || errors.As(err, &twice) || errors.As(err, &known) ||
		errors.Is(err, context.DeadlineExceeded) || errors.Is(err, errNotYet)
}
