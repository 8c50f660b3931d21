package profile_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"

	"guestjourney/workflows/kit"
	"guestjourney/workflows/profile"
	"guestjourney/workflows/worldtest"
)

func call(id, kind string) kit.Fact {
	return kit.Fact{ID: id, Provider: "vapi", Type: kind, Object: "call-1", Data: map[string]string{"from": "+525512345678"}}
}

// answered asks as the proxy does and gives the answer to then.
func answered[T any](t *testing.T, stay *worldtest.Stay, update string, then func(T)) {
	t.Helper()
	stay.UpdateWorkflow(update, update+" "+stay.Now().Format(time.RFC3339Nano), &testsuite.TestUpdateCallback{
		OnAccept: func() {}, OnReject: func(err error) { assert.NoError(t, err) },
		OnComplete: func(result any, err error) {
			require.NoError(t, err)
			then(result.(T))
		},
	}, kit.Empty{})
}

func TestAClaimSaysWhoseNumberCalls(t *testing.T) {
	stay := worldtest.NewAlone(t, "claim/phone/abc")
	sent := watch(stay, nil)
	stay.After(time.Minute, func() {
		stay.SignalWorkflow(kit.SignalCall, call("c1", "assistant-request"))
		answered(t, stay, profile.UpdateOwner, func(owner profile.Owner) { assert.Equal(t, profile.Owner{}, owner, "nobody's yet") })
	})
	stay.After(time.Hour, func() { request(stay, profile.UpdateBind, profile.Bind{GuestRef: "G1", JourneyID: "journey/1"}) })
	stay.After(2*time.Hour, func() {
		answered(t, stay, profile.UpdateOwner, func(owner profile.Owner) { assert.Equal(t, "G1", owner.GuestRef) })
	})
	end(stay, 3*time.Hour)
	stay.ExecuteWorkflow(profile.ClaimType, profile.ClaimInput{Kind: profile.KindPhone})

	require.ErrorContains(t, stay.GetWorkflowError(), "continue as new")
	assert.Empty(t, sent.to, "a call alone bothers nobody")
}

// A promise waits for an owner as a text does, and shows whom to call meanwhile.
func TestAPromiseOfACallGoesTheWayOfAText(t *testing.T) {
	stay := worldtest.NewAlone(t, "claim/phone/abc")
	sent := watch(stay, nil)
	overview := func() (seen profile.ClaimOverview) {
		value, err := stay.QueryWorkflow(kit.QueryStatus)
		require.NoError(t, err)
		require.NoError(t, value.Get(&seen))
		return seen
	}
	stay.After(time.Minute, func() {
		stay.SignalWorkflow(kit.SignalCall, call("p1", profile.FactCallBack))
		stay.SignalWorkflow(kit.SignalCall, call("p1", profile.FactCallBack))
	})
	stay.After(2*time.Minute, func() {
		assert.Equal(t, []string{"+525512345678"}, overview().CallBack)
		assert.Contains(t, overview().Attention, "unclaimed_message")
	})
	stay.After(time.Hour, func() { request(stay, profile.UpdateBind, profile.Bind{GuestRef: "G1", JourneyID: "journey/1"}) })
	stay.After(2*time.Hour, func() { assert.Empty(t, overview().CallBack) })
	end(stay, 3*time.Hour)
	stay.ExecuteWorkflow(profile.ClaimType, profile.ClaimInput{Kind: profile.KindPhone})

	assert.Equal(t, []string{"guest/G1"}, sent.to)
	assert.Equal(t, profile.FactCallBack, sent.facts[0].Type)
}

func TestAProfileSaysWhoCalls(t *testing.T) {
	stay := worldtest.NewAlone(t, "guest/G1")
	sent := watch(stay, nil)
	stay.After(time.Minute, func() {
		answered(t, stay, profile.UpdateCaller, func(caller profile.Caller) { assert.Equal(t, profile.Caller{}, caller) })
		stay.SignalWorkflow(kit.SignalMessageIn, call("p1", profile.FactCallBack))
	})
	stay.After(2*time.Minute, func() {
		value, err := stay.QueryWorkflow(kit.QueryStatus)
		require.NoError(t, err)
		var seen profile.Overview
		require.NoError(t, value.Get(&seen))
		assert.Equal(t, []string{"call_back"}, seen.Attention, "without a journey it is the profile's")
		request(stay, profile.UpdateJourneyOpened, profile.Opened{JourneyID: "journey/1", Locale: "es"})
		request(stay, profile.UpdateJourneyOpened, profile.Opened{JourneyID: "journey/2"})
	})
	stay.After(3*time.Minute, func() {
		answered(t, stay, profile.UpdateCaller, func(caller profile.Caller) {
			assert.Equal(t, profile.Caller{Locale: "es", JourneyID: "journey/2"}, caller)
		})
		stay.SignalWorkflow(kit.SignalMessageIn, call("p2", profile.FactCallBack))
	})
	end(stay, time.Hour)
	stay.ExecuteWorkflow(profile.Type, profile.Input{GuestRef: "G1"})

	assert.Equal(t, []string{"journey/2"}, sent.to)
}
