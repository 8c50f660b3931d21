package worldtest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"

	"guestjourney/activities/directory"
	"guestjourney/activities/programs"
	"guestjourney/workflows"
	"guestjourney/workflows/journey"
	"guestjourney/workflows/kit"
	"guestjourney/workflows/playtest"
)

// JourneyID is the journey under test.
const JourneyID = "journey/J1"

// Stay is one journey under test, with its plan and its appointment, on a clock
// that skips.
type Stay struct {
	*testsuite.TestWorkflowEnvironment
	World *World
	// Profile is what the guest's profile was told: signal, type and channel.
	Profile []string

	t     *testing.T
	tries int // counts the updates of Try
}

// NewStay makes the environment. The clock starts at playtest.Begin.
func NewStay(t *testing.T, program programs.Program) *Stay {
	t.Helper()
	stay := newStay(t, JourneyID, program)
	// The guest's profile is another workflow's business here.
	stay.OnSignalExternalWorkflow(mock.Anything, "guest/J1", mock.Anything, mock.Anything, mock.Anything).Return(
		func(_, _, _, signal string, message any) error {
			fact, _ := message.(kit.Fact)
			stay.Profile = append(stay.Profile, signal+" "+fact.Type+" "+fact.Data["channel"])
			return nil
		}).Maybe()
	return stay
}

// NewAlone makes an environment for one workflow that is started by itself. The
// clock starts at playtest.Begin.
func NewAlone(t *testing.T, workflowID string) *Stay {
	t.Helper()
	return newStay(t, workflowID, Retreat())
}

func newStay(t *testing.T, workflowID string, program programs.Program) *Stay {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestWorkflowEnvironment()
	env.SetStartTime(playtest.Begin)
	env.SetStartWorkflowOptions(client.StartWorkflowOptions{ID: workflowID})
	env.SetTestTimeout(30 * time.Second)
	// A machine that is busy with other tests is no deadlock.
	env.SetWorkerOptions(worker.Options{DeadlockDetectionTimeout: 10 * time.Second})
	stay := &Stay{TestWorkflowEnvironment: env, t: t, World: New(program, env.Now)}
	workflows.Register(env, playtest.Policy)
	stay.World.Register(env)
	return stay
}

// Run runs the journey to its end.
func (s *Stay) Run() (journey.Result, error) {
	s.t.Helper()
	s.ExecuteWorkflow(journey.Type, journey.Input{Program: s.World.Program.Code, Lead: directory.Lead{
		Email: "ana@example.com", Phone: "+525512345678", FirstName: "Ana", LastName: "Luz", Source: "website",
	}})
	require.True(s.t, s.IsWorkflowCompleted(), "the journey has not ended")
	var result journey.Result
	if err := s.GetWorkflowError(); err != nil {
		return result, err
	}
	require.NoError(s.t, s.GetWorkflowResult(&result))
	return result, nil
}

// After does something so long after the start.
func (s *Stay) After(delay time.Duration, do func()) { s.RegisterDelayedCallback(do, delay) }

// Guest sends a fact of the guest's app.
func (s *Stay) Guest(id, kind string, data map[string]string) {
	s.SignalWorkflow(kit.SignalGuest, kit.Fact{ID: id, Provider: "guest", Type: kind, OccurredAt: s.Now(), Data: data})
}

// Intake sends intake and consent.
func (s *Stay) Intake(arrival string) {
	s.Guest("intake", journey.GuestIntake, map[string]string{"arrival": arrival})
	s.Guest("consent", journey.GuestConsent, map[string]string{"purpose": "health_data", "granted": "true", "version": "1"})
}

// Accept accepts policy and offer.
func (s *Stay) Accept() {
	s.Guest("policy", journey.GuestPolicy, map[string]string{"version": "1"})
	s.Guest("answer", journey.GuestAnswer, map[string]string{"answer": "accepted"})
}

// Hint tells the plan that the payment provider has news.
func (s *Stay) Hint(id string) {
	err := s.SignalWorkflowByID("pay/J1", kit.SignalPayment, kit.Fact{ID: id, Provider: "stripe", Type: "payment_intent.succeeded"})
	require.NoError(s.t, err)
}

// Pay lets the guest pay a step's open page, and the provider tell of it.
func (s *Stay) Pay(step string) {
	require.True(s.t, s.World.Pay(step), "no open page for the %s", step)
	s.Hint("pay-" + step)
}

// Command sends an operator's update to a workflow and gives its outcome to
// then; a rejection fails the test.
func (s *Stay) Command(workflowID, name string, input any, then func(kit.Outcome)) {
	err := s.UpdateWorkflowByID(workflowID, name, "command-"+name+"-"+s.Now().Format(time.RFC3339), &testsuite.TestUpdateCallback{
		OnAccept: func() {},
		OnReject: func(err error) { s.t.Errorf("%s was rejected: %v", name, err) },
		OnComplete: func(result any, err error) {
			require.NoError(s.t, err)
			if outcome, ok := result.(kit.Outcome); ok && then != nil {
				then(outcome)
			}
		},
	}, input)
	require.NoError(s.t, err)
}

// Operator is an envelope for tests.
func Operator(reason string) kit.Envelope {
	return kit.Envelope{Actor: "desk", Role: "operator", Reason: reason}
}
