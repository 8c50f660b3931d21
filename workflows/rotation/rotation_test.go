package rotation_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"guestjourney/activities/failure"
	vault "guestjourney/activities/rotation"
	"guestjourney/workflows/kit"
	"guestjourney/workflows/rotation"
)

const second = time.Second

func TestTheHouseReplacesItsOwnKeyByItself(t *testing.T) {
	p := newPlay(t, signing)
	p.shows(overlap-second, func(view rotation.Overview) {
		assert.Equal(t, rotation.StageOverlap, view.Stage)
		assert.Equal(t, "v0", p.current, "both are valid, and the former one is in force")
		assert.Equal(t, "v1", p.pending)
		assert.Empty(t, p.tried)
		assert.Empty(t, view.Attention)
	})
	p.shows(2*overlap-second, func(view rotation.Overview) {
		assert.Equal(t, rotation.StageSettling, view.Stage)
		assert.Equal(t, []string{"v1", "v0"}, []string{p.current, p.previous})
	})
	p.Run()
	assert.Equal(t, rotation.Result{Stage: rotation.StageDone, Version: "v1"}, p.Result)
	assert.Equal(t, []string{"v1", "v1"}, p.tried, "before it is in force, and after")
}

func TestAPersonMakesAndEndsWhatTheHouseCannot(t *testing.T) {
	p := newPlay(t, stripe)
	p.shows(second, func(view rotation.Overview) {
		assert.Equal(t, rotation.StageAwaiting, view.Stage)
		assert.Equal(t, []string{rotation.AttentionProvide + stripe}, view.Attention)
		assert.Contains(t, view.Do, "dashboard")
	})
	p.stores(time.Hour, "v7")
	p.tells(time.Hour+second, rotation.UpdateProvided)
	p.shows(time.Hour+2*second, func(view rotation.Overview) {
		assert.Equal(t, rotation.StageOverlap, view.Stage)
		assert.Empty(t, view.Attention)
		assert.Equal(t, "done", view.Commands[0].Status)
	})
	p.shows(time.Hour+2*overlap+2*second, func(view rotation.Overview) {
		assert.Equal(t, rotation.StageRetiring, view.Stage)
		assert.Equal(t, []string{rotation.AttentionRetire + stripe}, view.Attention)
		assert.Equal(t, "v7", p.current)
	})
	p.tells(30*24*time.Hour, rotation.UpdateRetired)
	p.Run()
	assert.Equal(t, rotation.Result{Stage: rotation.StageDone, Version: "v7"}, p.Result)
}

func TestProvidedWithoutAVersionIsSaidSo(t *testing.T) {
	p := newPlay(t, stripe)
	p.tells(second, rotation.UpdateProvided)
	p.shows(2*second, func(view rotation.Overview) {
		assert.Equal(t, rotation.StageAwaiting, view.Stage)
		assert.Equal(t, "failed", view.Commands[0].Status)
		assert.Contains(t, view.Commands[0].Detail, "AWSPENDING")
		assert.Equal(t, []string{rotation.AttentionProvide + stripe}, view.Attention)
	})
	p.tells(3*second, kit.UpdateCancel)
	p.Run()
	assert.Equal(t, rotation.Result{Stage: rotation.StageDiscarded}, p.Result)
}

func TestARefusedVersionIsWithdrawnAndAnotherAskedFor(t *testing.T) {
	for name, test := range map[string]struct {
		trials []vault.Trial // the second version passes
		tried  []string
	}{
		"on trial": {[]vault.Trial{{Result: vault.Refused, Code: "status_401"}, {Result: vault.Passed}}, []string{"v1", "v2", "v2"}},
		"in force": {[]vault.Trial{{Result: vault.Passed}, {Result: vault.Refused, Code: "status_401"}, {Result: vault.Passed}}, []string{"v1", "v1", "v2", "v2"}},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlay(t, signing)
			p.trials = test.trials
			p.shows(3*overlap, func(view rotation.Overview) {
				assert.Equal(t, rotation.StageAwaiting, view.Stage)
				assert.Equal(t, "status_401", view.Refused)
				assert.Contains(t, view.Attention, rotation.AttentionRefused+signing+":status_401")
				assert.Equal(t, []string{"v0", ""}, []string{p.current, p.pending}, "the former one is in force")
			})
			p.stores(3*overlap+second, "v2")
			p.tells(3*overlap+second, rotation.UpdateProvided)
			p.shows(3*overlap+2*second, func(view rotation.Overview) { assert.Empty(t, view.Attention) })
			p.Run()
			assert.Equal(t, rotation.Result{Stage: rotation.StageDone, Version: "v2"}, p.Result)
			assert.Equal(t, test.tried, p.tried)
			assert.Equal(t, "v2", p.current)
		})
	}
}

func TestWhatNothingCanTryNeedsAPersonsWord(t *testing.T) {
	p := newPlay(t, database)
	p.trials = []vault.Trial{{Result: vault.Untestable}}
	p.stores(0, "v1")
	p.tells(second, rotation.UpdateProvided)
	p.shows(24*time.Hour, func(view rotation.Overview) {
		assert.Equal(t, rotation.StageUnconfirmed, view.Stage)
		assert.Equal(t, []string{rotation.AttentionConfirm + database}, view.Attention)
		assert.Equal(t, "v0", p.current)
	})
	p.tells(24*time.Hour+second, rotation.UpdateConfirm)
	p.tells(48*time.Hour, rotation.UpdateRetired)
	p.Run()
	assert.Equal(t, rotation.Result{Stage: rotation.StageDone, Version: "v1"}, p.Result)
}

// A cancel leaves the former version in force, whenever it comes.
func TestACancelLeavesTheFormerVersionInForce(t *testing.T) {
	for _, at := range []time.Duration{second, 2 * second, overlap, 2 * overlap, 3 * overlap, 40 * 24 * time.Hour} {
		t.Run(at.String(), func(t *testing.T) {
			p := newPlay(t, stripe)
			if at > second {
				p.stores(0, "v1")
				p.tells(second+time.Millisecond, rotation.UpdateProvided)
			}
			p.tells(at, kit.UpdateCancel)
			p.Run()
			assert.Equal(t, rotation.Result{Stage: rotation.StageDiscarded}, p.Result)
			assert.Equal(t, []string{"v0", ""}, []string{p.current, p.pending})
		})
	}
	t.Run("Temporal's own", func(t *testing.T) {
		p := newPlay(t, signing)
		p.After(time.Minute, func() { p.Env.CancelWorkflow() })
		p.Run()
		assert.Equal(t, rotation.Result{Stage: rotation.StageDiscarded}, p.Result)
		assert.Equal(t, []string{"v0", ""}, []string{p.current, p.pending})
	})
}

// A creation whose answers are lost may have been made: a cancel looks.
func TestACancelWithdrawsAVersionOfWhichNobodyHasHeard(t *testing.T) {
	p := newPlay(t, signing)
	p.broken = &failure.Error{Provider: "place", Operation: "put", Class: failure.Ambiguous}
	p.After(time.Minute, func() {
		p.pending, p.broken = "v1", nil
		p.give(kit.UpdateCancel, kit.RoleManager, func(refused error) { require.NoError(t, refused) })
	})
	p.Run()
	assert.Equal(t, rotation.Result{Stage: rotation.StageDiscarded}, p.Result)
	assert.Equal(t, []string{"v0", ""}, []string{p.current, p.pending})
}

func TestAHoldStopsItBeforeItChangesAnything(t *testing.T) {
	p := newPlay(t, signing)
	p.tells(time.Minute, kit.UpdateHold)
	p.shows(24*time.Hour, func(view rotation.Overview) {
		assert.Equal(t, rotation.StageOverlap, view.Stage)
		assert.Equal(t, "v0", p.current)
	})
	p.tells(24*time.Hour+second, kit.UpdateRelease)
	p.Run()
	assert.Equal(t, rotation.Result{Stage: rotation.StageDone, Version: "v1"}, p.Result)
}

// What fails is tried again by itself, and what is refused waits for a person.
func TestAPlaceThatIsDownOrRefusesIsWaitedFor(t *testing.T) {
	p := newPlay(t, signing)
	p.broken = &failure.Error{Provider: "place", Operation: "put", Class: failure.NotProcessed}
	p.After(time.Minute, func() { p.broken = &failure.Error{Provider: "place", Operation: "put", Class: failure.Permanent} })
	p.shows(time.Hour, func(view rotation.Overview) {
		assert.Equal(t, []string{kit.PrefixParked + "create"}, view.Attention)
	})
	p.After(time.Hour+second, func() { p.broken = nil })
	p.After(time.Hour+2*second, func() {
		p.Env.UpdateWorkflowNoRejection(kit.UpdateRetryStep, "again", t, kit.StepCommand{
			Envelope: kit.Envelope{Actor: "eva", Role: kit.RoleEngineer, Reason: "the role may again"}, Step: "create",
		})
	})
	p.Run()
	assert.Equal(t, rotation.Result{Stage: rotation.StageDone, Version: "v1"}, p.Result)
	assert.Equal(t, 1, p.made)
}

// A promotion that is refused for good ends with the rotation that is given up.
func TestAParkedPromotionIsGivenUpWithItsRotation(t *testing.T) {
	p := newPlay(t, signing)
	p.After(time.Minute, func() {
		p.broken = &failure.Error{Provider: "place", Operation: "promote", Class: failure.Permanent, Code: "not_pending"}
	})
	p.shows(time.Hour, func(view rotation.Overview) {
		assert.Equal(t, rotation.StagePromoting, view.Stage)
		assert.Equal(t, []string{kit.PrefixParked + "promote-1"}, view.Attention)
	})
	p.After(time.Hour+second, func() { p.broken = nil })
	p.tells(time.Hour+2*second, kit.UpdateCancel)
	p.Run()
	assert.Equal(t, rotation.Result{Stage: rotation.StageDiscarded}, p.Result)
	assert.Empty(t, p.status().Attention)
}

// A promotion that was passed over would end as a success, with the former version in
// force: whoever gives a step up cancels.
func TestNoStepOfARotationCanBeSkipped(t *testing.T) {
	p := newPlay(t, signing)
	p.After(time.Minute, func() {
		p.broken = &failure.Error{Provider: "place", Operation: "promote", Class: failure.Permanent, Code: "not_pending"}
	})
	var refused error
	p.After(time.Hour, func() {
		p.Update(kit.UpdateSkipStep, "skip", kit.StepCommand{
			Envelope: kit.Envelope{Actor: "eva", Role: kit.RoleEngineer, Reason: "test"}, Step: "promote-1",
		}, func(why error) { refused = why })
		var commands []kit.Allowed
		p.Ask(kit.QueryAllowed, &commands)
		for _, command := range commands {
			assert.NotEqual(t, kit.UpdateSkipStep, command.Command)
			if command.Command == kit.UpdateRetryStep {
				assert.True(t, command.Allowed, command.Reason)
			}
		}
	})
	p.After(time.Hour+second, func() { p.broken = nil })
	p.tells(time.Hour+2*second, kit.UpdateCancel)
	p.Run()
	assert.ErrorContains(t, refused, "unknown update skip_step")
	assert.Equal(t, rotation.Result{Stage: rotation.StageDiscarded}, p.Result)
	assert.Equal(t, "v0", p.current)
}

func TestOnlyWhoKeepsSecretsDecides(t *testing.T) {
	p := newPlay(t, stripe)
	var role, stage error
	p.After(second, func() {
		p.give(rotation.UpdateProvided, kit.RoleOperator, func(refused error) { role = refused })
		p.give(rotation.UpdateRetired, kit.RoleEngineer, func(refused error) { stage = refused })
	})
	p.tells(2*second, kit.UpdateCancel)
	p.Run()
	assert.ErrorContains(t, role, "role: this command needs engineer or manager, not operator")
	assert.ErrorContains(t, stage, "the rotation is awaiting; this is for retiring")
}

// Every run ends at its next wait: the state that travels is whole.
func TestARotationOfManyRunsIsOne(t *testing.T) {
	p := newPlay(t, stripe)
	p.Renew(second)
	p.stores(2*second, "v1")
	p.tells(2*second, rotation.UpdateProvided)
	p.Renew(time.Minute)
	p.Renew(overlap + time.Minute)
	p.Renew(3 * overlap)
	p.tells(4*overlap, rotation.UpdateRetired)
	p.Run()
	assert.Equal(t, 5, p.Runs)
	assert.Equal(t, rotation.Result{Stage: rotation.StageDone, Version: "v1"}, p.Result)
	assert.Equal(t, []string{"v1", "v1"}, p.tried)
}

func TestAWrongSecretFailsTheStart(t *testing.T) {
	for _, secret := range []string{"", "hubspot_access_token"} {
		p := newPlay(t, secret)
		p.Run()
		var failed *temporal.ApplicationError
		require.ErrorAs(t, p.Err, &failed)
		assert.Equal(t, "InvalidInput", failed.Type())
	}
}
