package profile_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"guestjourney/activities/crm"
	"guestjourney/activities/directory"
	"guestjourney/workflows/kit"
	"guestjourney/workflows/profile"
	"guestjourney/workflows/worldtest"
)

// signals records what a workflow sends to others.
type signals struct {
	to, name []string
	facts    []kit.Fact
}

func watch(stay *worldtest.Stay, fails func(workflowID string) error) *signals {
	sent := &signals{}
	stay.OnSignalExternalWorkflow(mock.Anything, mock.Anything, mock.Anything, mock.Anything, mock.Anything).Return(
		func(_, workflowID, _, name string, arg any) error {
			if fails != nil {
				if err := fails(workflowID); err != nil {
					return err
				}
			}
			sent.to, sent.name = append(sent.to, workflowID), append(sent.name, name)
			if fact, ok := arg.(kit.Fact); ok {
				sent.facts = append(sent.facts, fact)
			}
			return nil
		})
	return sent
}

func text(id, body string) kit.Fact {
	return kit.Fact{ID: id, Provider: "twilio", Type: "message_in", Object: id, Data: map[string]string{"body": body, "from": "+525512345678"}}
}

func request(stay *worldtest.Stay, update string, input any) {
	stay.UpdateWorkflow(update, fmt.Sprintf("%s %v %s", update, input, stay.Now()), &testsuite.TestUpdateCallback{
		OnAccept: func() {}, OnReject: func(err error) { panic(err) }, OnComplete: func(any, error) {},
	}, input)
}

// end stops an entity that never ends: its next wait is left.
func end(stay *worldtest.Stay, after time.Duration) {
	stay.After(after, func() { stay.SignalWorkflow(kit.SignalContinueAsNew, kit.Empty{}) })
}

func TestStopReachesEveryOpenJourneyAndIsAnsweredOnce(t *testing.T) {
	stay := worldtest.NewAlone(t, "guest/G1")
	sent := watch(stay, nil)
	stay.After(time.Minute, func() {
		request(stay, profile.UpdateJourneyOpened, profile.Opened{JourneyID: "journey/1", Phone: "+525512345678", Locale: "es"})
		request(stay, profile.UpdateJourneyOpened, profile.Opened{JourneyID: "journey/2"})
	})
	stay.After(2*time.Minute, func() {
		stay.SignalWorkflow(kit.SignalMessageIn, text("SM1", "Baja"))
		stay.SignalWorkflow(kit.SignalMessageIn, text("SM1", "Baja"))
	})
	end(stay, time.Hour)
	stay.ExecuteWorkflow(profile.Type, profile.Input{GuestRef: "G1"})

	require.ErrorContains(t, stay.GetWorkflowError(), "continue as new")
	assert.Equal(t, []string{"journey/1", "journey/2"}, sent.to)
	for _, fact := range sent.facts {
		assert.Equal(t, "opted_out", fact.Type)
		assert.Equal(t, "sms", fact.Data["channel"])
	}
	assert.Equal(t, 1, stay.World.Count("sms"), "one confirmation")
}

func TestHelpIsAnsweredAndPlainTextGoesToTheNewestJourney(t *testing.T) {
	stay := worldtest.NewAlone(t, "guest/G1")
	sent := watch(stay, nil)
	stay.After(time.Minute, func() {
		request(stay, profile.UpdateJourneyOpened, profile.Opened{JourneyID: "journey/1"})
		request(stay, profile.UpdateJourneyOpened, profile.Opened{JourneyID: "journey/2"})
		stay.SignalWorkflow(kit.SignalMessageIn, text("SM1", "ayuda"))
		stay.SignalWorkflow(kit.SignalMessageIn, text("SM2", "When do I arrive?"))
		stay.SignalWorkflow(profile.SignalJourneyClosed, kit.Fact{ID: "c", Object: "journey/2"})
	})
	stay.After(2*time.Minute, func() { stay.SignalWorkflow(kit.SignalMessageIn, text("SM3", "And where?")) })
	end(stay, time.Hour)
	stay.ExecuteWorkflow(profile.Type, profile.Input{GuestRef: "G1"})

	assert.Equal(t, 1, stay.World.Count("sms"))
	assert.Equal(t, []string{kit.SignalMessageIn, kit.SignalMessageIn}, sent.name)
	assert.Equal(t, "journey/1", sent.to[1], "a closed journey gets nothing")
}

func TestAClaimKeepsWhatCameBeforeItsOwner(t *testing.T) {
	stay := worldtest.NewAlone(t, "claim/phone/abc")
	open := false
	sent := watch(stay, func(string) error {
		if !open {
			return assert.AnError
		}
		return nil
	})
	stay.After(time.Minute, func() { stay.SignalWorkflow(kit.SignalMessageIn, text("SM1", "Stop")) })
	stay.After(time.Hour, func() { request(stay, profile.UpdateBind, profile.Bind{GuestRef: "G1", JourneyID: "journey/1"}) })
	stay.After(2*time.Hour, func() { open = true })
	stay.After(3*time.Hour, func() { request(stay, profile.UpdateBind, profile.Bind{GuestRef: "G2", JourneyID: "journey/9"}) })
	stay.After(4*time.Hour, func() { stay.SignalWorkflow(kit.SignalMessageIn, text("SM2", "hi")) })
	end(stay, 5*time.Hour)
	stay.ExecuteWorkflow(profile.ClaimType, profile.ClaimInput{Kind: profile.KindPhone})

	assert.Equal(t, []string{"guest/G1", "guest/G1"}, sent.to, "the first guest keeps the address")
}

func TestAnUnclaimedFactIsDroppedAfterItsTime(t *testing.T) {
	stay := worldtest.NewAlone(t, "claim/phone/abc")
	stay.After(time.Minute, func() { stay.SignalWorkflow(kit.SignalMessageIn, text("SM1", "hello")) })
	stay.ExecuteWorkflow(profile.ClaimType, profile.ClaimInput{Kind: profile.KindPhone})

	require.NoError(t, stay.GetWorkflowError())
	var result profile.ClaimResult
	require.NoError(t, stay.GetWorkflowResult(&result))
	assert.Equal(t, 1, result.Dropped)
}

func TestOnlyAConfiguredContactGetsItsTurn(t *testing.T) {
	rules := &profile.StartRules{Forms: []string{"retreat form"}, Sources: []string{"website"}, Program: "retreat-7d", PerHour: 5}
	for name, test := range map[string]struct {
		record crm.Record
		rules  *profile.StartRules
		starts int
	}{
		"by form":            {crm.Record{Email: "a@b.example", Form: "retreat form"}, rules, 1},
		"by source":          {crm.Record{Phone: "+15551234567", Source: "website"}, rules, 1},
		"by neither":         {crm.Record{Email: "a@b.example", Source: "trade_fair", Form: "newsletter"}, rules, 0},
		"empty matches none": {crm.Record{Email: "a@b.example"}, &profile.StartRules{Forms: []string{""}, Sources: []string{""}}, 0},
		"written by us":      {crm.Record{Email: "a@b.example", Source: "website", JourneyRef: "journey/1"}, rules, 0},
		"no address":         {crm.Record{Source: "website"}, rules, 0},
		"nothing configured": {crm.Record{Email: "a@b.example", Source: "website"}, nil, 0},
	} {
		t.Run(name, func(t *testing.T) {
			stay := worldtest.NewAlone(t, "claim/hubspot/42/contact/7")
			stay.World.Contact = test.record
			for _, id := range []string{"e1", "e2"} {
				stay.After(time.Minute, func() { stay.SignalWorkflow(kit.SignalContact, kit.Fact{ID: id, Provider: "hubspot"}) })
			}
			stay.ExecuteWorkflow(profile.ClaimType, profile.ClaimInput{Kind: profile.KindHubSpotContact, ObjectID: "7", Portal: "42", Starts: test.rules})
			require.NoError(t, stay.GetWorkflowError())
			assert.Len(t, stay.World.Queued, test.starts)
			if test.starts == 1 {
				assert.Equal(t, "journey/hubspot-42-7", stay.World.Queued[0].JourneyID)
			}
		})
	}
}

func TestTheSurplusWaitsInOrder(t *testing.T) {
	stay := worldtest.NewAlone(t, "claim/hubspot/42/starts")
	var started []string
	stay.OnWorkflow(directory.JourneyType, mock.Anything, mock.Anything).Return(nil, nil)
	stay.SetOnChildWorkflowStartedListener(func(info *workflow.Info, _ workflow.Context, _ converter.EncodedValues) {
		started = append(started, info.WorkflowExecution.ID+" "+stay.Now().Format("15:04"))
	})
	stay.After(time.Minute, func() {
		for _, contact := range []string{"a", "b", "c", "a"} {
			stay.SignalWorkflow(profile.SignalEnqueue, directory.StartRequest{
				ContactID: contact, JourneyID: "journey/" + contact, Program: "retreat-7d", PerHour: 2, Lead: directory.Lead{Email: contact + "@b.example"},
			})
		}
	})
	end(stay, 3*time.Hour)
	stay.ExecuteWorkflow(profile.ClaimType, profile.ClaimInput{Kind: profile.KindHubSpotStarts, Portal: "42"})

	assert.Equal(t, []string{"journey/a 12:01", "journey/b 12:01", "journey/c 13:01"}, started)
}
