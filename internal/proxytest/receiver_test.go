package proxytest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"guestjourney/activities/options"
	"guestjourney/internal/codec"
	"guestjourney/internal/devserver"
	"guestjourney/internal/temporalclient"
	"guestjourney/workflows/inbox"
	"guestjourney/workflows/kit"
	"guestjourney/workflows/profile"
)

const (
	receiverType = "Receiver"
	queryTaken   = "taken"
	// asWorker makes the test program the worker of the Temporal at this address.
	asWorker = "PROXYTEST_WORKER"
)

// receiver is what a workflow of the house is to the proxy, and no more: it takes
// facts as the real ones do, and continues as new after a few of them.
type receiver struct {
	Common kit.Common `json:"common"`
	// Taken are the facts that had an effect, in order.
	Taken []string `json:"taken,omitempty"`
	// PerRun is after how many facts it continues as new; 0 means never by itself.
	PerRun int `json:"perRun"`
}

// Problems implements kit.Checked.
func (receiver) Problems() []string { return nil }

var policy = kit.Policy{AllowPlaintext: func() bool { return false }}

var receive = kit.Define(policy, func(ctx workflow.Context, state receiver) (string, error) {
	before := len(state.Taken)
	ctx, core := kit.Open(ctx, &state.Common, policy, options.Pace{}, func() kit.Face { return kit.Face{Stage: "receiving"} })
	for _, signal := range []string{kit.SignalPayment, kit.SignalEmail, kit.SignalMessageStatus, kit.SignalGuest, kit.SignalMessageIn} {
		kit.OnSignal(ctx, core, signal, "A fact.", func(fact kit.Fact) string { return fact.ID }, func(fact kit.Fact) {
			state.Taken = append(state.Taken, fact.ID)
		})
	}
	kit.OnQuery(ctx, queryTaken, "The facts that had an effect.", func() []string { return state.Taken })
	enough := func() bool { return state.PerRun > 0 && len(state.Taken)-before >= state.PerRun }
	longer := kit.Deadline{Name: "longer than any test", At: workflow.Now(ctx).Add(24 * time.Hour), Class: kit.ClassInternal}
	if _, err := core.Until(ctx, longer, enough); err != nil && !errors.Is(err, kit.ErrLeave) {
		return "", err
	}
	core.Finish(ctx)
	return "", kit.ContinueAsNew(ctx, receiverType, state)
})

// work is the worker's whole program. It ends by being killed.
func work(address string) {
	ring, err := codec.ParseRing(os.Getenv("PAYLOAD_KEYS"))
	if err != nil {
		panic(err)
	}
	for {
		err := serve(address, ring)
		fmt.Fprintln(os.Stderr, "the worker tries again:", err)
		time.Sleep(100 * time.Millisecond)
	}
}

func serve(address string, ring *codec.Ring) error {
	connection, err := temporalclient.Dial(context.Background(), temporalclient.Options{
		Program: "worker", Address: address, Namespace: devserver.Namespace, Keys: ring, RequireKeys: true, PanicOnFailure: true,
		Logger: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})),
	})
	if err != nil {
		return err
	}
	defer connection.Close()
	serving := worker.New(connection, options.QueueJourneys, worker.Options{})
	serving.RegisterWorkflowWithOptions(receive, workflow.RegisterOptions{Name: receiverType})
	serving.RegisterWorkflowWithOptions(profile.ClaimWorkflow(policy), workflow.RegisterOptions{Name: profile.ClaimType})
	serving.RegisterWorkflowWithOptions(inbox.Workflow(policy), workflow.RegisterOptions{Name: inbox.Type})
	return serving.Run(nil)
}
