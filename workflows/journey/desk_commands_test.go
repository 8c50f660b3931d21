package journey_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"guestjourney/activities/failure"
	"guestjourney/workflows/journey"
	"guestjourney/workflows/kit"
	"guestjourney/workflows/payment"
	"guestjourney/workflows/worldtest"
)

func last(t *testing.T, stay *worldtest.Stay) kit.Outcome {
	t.Helper()
	commands := status(t, stay).Commands
	require.NotEmpty(t, commands)
	return commands[len(commands)-1]
}

func TestAJourneyMergesIntoAnother(t *testing.T) {
	merge := func(target string) journey.MergeInto {
		return journey.MergeInto{Envelope: worldtest.As("operator"), Target: target}
	}
	result := visiting(t, at(t, journey.StageDeposit), func(stay *worldtest.Stay) {
		stay.Refused(journey.UpdateMergeInto, merge("guest/J2"), "target: want the workflow ID of a journey")
		stay.Refused(journey.UpdateMergeInto, merge(worldtest.JourneyID), "target: this is the journey itself")
		stay.Refused(journey.UpdateMergeInto, merge("journey/ana@example.com"), "target: it looks like an address")
		stay.Command(worldtest.JourneyID, journey.UpdateMergeInto, merge("journey/J3"), nil)
		stay.After(time.Minute, func() {
			assert.Equal(t, "failed", last(t, stay).Status)
			assert.Equal(t, "there is no open journey journey/J3", last(t, stay).Detail)
			assert.Equal(t, journey.StageDeposit, status(t, stay).Stage)
			stay.Command(worldtest.JourneyID, journey.UpdateMergeInto, merge("journey/J2"), nil)
		})
	})
	assert.Equal(t, "merged", result.Stage)
	assert.Equal(t, "into journey/J2", result.Reason)
	visiting(t, at(t, journey.StagePreArrival), func(stay *worldtest.Stay) {
		stay.Refused(journey.UpdateMergeInto, merge("journey/J2"), "move or refund the money first")
	})
}

func TestARefundIsThePlansToMake(t *testing.T) {
	for kind, want := range map[string]string{"refund_done": "done", "refund_refused": "failed"} {
		t.Run(kind, func(t *testing.T) {
			visiting(t, at(t, journey.StagePreArrival), func(stay *worldtest.Stay) {
				refund := func(minor int64, currency, role string) journey.RefundMoney {
					return journey.RefundMoney{Envelope: worldtest.As(role), Minor: minor, Currency: currency}
				}
				stay.Refused(journey.UpdateRefund, refund(100, "USD", "operator"), "role: this command needs manager")
				stay.Refused(journey.UpdateRefund, refund(100, "EUR", "manager"), "currency: the guest paid in USD")
				stay.Refused(journey.UpdateRefund, refund(0, "USD", "manager"), "minor: want more than 0")
				stay.Refused(journey.UpdateRefund, refund(50001, "USD", "manager"), "minor: 50000 at most")
				stay.World.Fail("refund", failure.NotProcessed, 3) // the plan is busy for five minutes
				input := refund(100, "USD", "manager")
				input.CommandID = "r-1"
				stay.Command(worldtest.JourneyID, journey.UpdateRefund, input, func(outcome kit.Outcome) {
					assert.Equal(t, "pending", outcome.Status)
				})
				stay.After(time.Minute, func() {
					stay.Refused(journey.UpdateRefund, refund(100, "USD", "manager"), "another refund is under way")
					require.NoError(t, stay.SignalWorkflowByID(worldtest.JourneyID, payment.SignalUpdate, payment.Update{
						ID: "u-1", Kind: kind, CommandID: "r-1", Detail: "so it is", State: payment.MoneyDeposit, CapturedMinor: 50000, RefundedMinor: 100,
					}))
				})
				stay.After(2*time.Minute, func() {
					assert.Equal(t, want, last(t, stay).Status)
					assert.Equal(t, "so it is", last(t, stay).Detail)
				})
			})
		})
	}
	visiting(t, at(t, journey.StageDeposit), func(stay *worldtest.Stay) {
		stay.Refused(journey.UpdateRefund, journey.RefundMoney{Envelope: worldtest.As("manager"), Minor: 1, Currency: "USD"}, "nothing is captured")
	})
}

func TestAChannelIsClosedAndOpenedForEveryJourney(t *testing.T) {
	channel := func(change func(*journey.Channel)) journey.Channel {
		input := journey.Channel{Envelope: worldtest.As("operator"), Channel: "sms", Source: "telephone"}
		change(&input)
		return input
	}
	plain := func(*journey.Channel) {}
	proven := func(c *journey.Channel) { c.Proof = "form-7" }
	visiting(t, at(t, journey.StageScreening), func(stay *worldtest.Stay) {
		stay.Refused(journey.UpdateOptOut, channel(func(c *journey.Channel) { c.Channel = "fax" }), `channel: want "sms" or "email"`)
		stay.Refused(journey.UpdateOptOut, channel(func(c *journey.Channel) { c.Source = "" }), "source: want a code")
		stay.Refused(journey.UpdateOptOut, channel(func(c *journey.Channel) { c.Purpose = "all of it" }), "purpose: want a code")
		stay.Refused(journey.UpdateOptOut, channel(proven), "proof: only opt_in")
		stay.Refused(journey.UpdateOptIn, channel(proven), "no channel is closed")
		stay.Command(worldtest.JourneyID, journey.UpdateOptOut, channel(plain), nil)
		before := stay.World.Count("sms")
		stay.After(time.Minute, func() {
			assert.Equal(t, []string{"sms"}, status(t, stay).OptedOut)
			stay.Refused(journey.UpdateOptOut, channel(plain), "sms is closed already")
			stay.HealthForm("1")
			stay.Clear(departure)
		})
		stay.After(2*time.Hour, func() {
			assert.Equal(t, before, stay.World.Count("sms"), "a text went out on a closed channel")
			stay.Refused(journey.UpdateOptIn, channel(plain), "proof: want a code")
			stay.Refused(journey.UpdateOptIn, channel(func(c *journey.Channel) { c.Channel, c.Proof = "email", "form-7" }), "email is open already")
			stay.Command(worldtest.JourneyID, journey.UpdateOptIn, channel(proven), nil)
		})
		stay.After(3*time.Hour, func() {
			assert.Empty(t, status(t, stay).OptedOut)
			assert.Contains(t, texts(t, stay), "sms opened, source telephone, proof form-7")
			assert.Equal(t, []string{"journey_dates dates ", "channel_event opted_out sms", "channel_event opted_in sms"}, stay.Profile)
			stay.Accept()
		})
		// The offer that is open, and the payment request.
		stay.After(4*time.Hour, func() { assert.Equal(t, before+2, stay.World.Count("sms"), "the channel stayed closed") })
	})
}

func TestANoteIsKeptAndTheTimelineSaysOnlyWho(t *testing.T) {
	note := func(text string) journey.AddNote {
		return journey.AddNote{Envelope: worldtest.As("engineer"), Text: text}
	}
	visiting(t, at(t, journey.StageConversing), func(stay *worldtest.Stay) {
		stay.Refused(journey.UpdateNote, note(""), "text: want 1 to 2000 bytes")
		stay.Refused(journey.UpdateNote, note(strings.Repeat("a", 2001)), "text: want 1 to 2000 bytes")
		stay.Command(worldtest.JourneyID, journey.UpdateNote, note("prefers mornings"), nil)
		stay.After(time.Minute, func() {
			notes := status(t, stay).Notes
			require.Len(t, notes, 1)
			assert.Equal(t, "prefers mornings", notes[0].Text)
			assert.Contains(t, texts(t, stay), "note by the-engineer")
			assert.NotContains(t, strings.Join(texts(t, stay), " "), "mornings")
		})
	})
}

func TestAnOwnerIsACode(t *testing.T) {
	assign := func(owner string) journey.Assign {
		return journey.Assign{Envelope: worldtest.As("operator"), Owner: owner}
	}
	visiting(t, at(t, journey.StageConversing), func(stay *worldtest.Stay) {
		stay.Refused(journey.UpdateAssign, assign(""), "owner: want a code")
		stay.Refused(journey.UpdateAssign, assign("Ana Luz"), "owner: want a code")
		stay.Refused(journey.UpdateAssign, assign("ana@example.com"), "owner: want a code")
		stay.Refused(journey.UpdateAssign, assign("5512345678"), "owner: it looks like an address or a telephone number")
		stay.Command(worldtest.JourneyID, journey.UpdateAssign, assign("desk-2"), nil)
		stay.After(time.Minute, func() { assert.Equal(t, "desk-2", status(t, stay).Owner) })
	})
}

func TestAHoldHasATerm(t *testing.T) {
	hold := func(until time.Time, deadlines string) kit.Hold {
		return kit.Hold{Envelope: worldtest.As("operator"), Until: until, Deadlines: deadlines}
	}
	release := kit.Release{Envelope: worldtest.As("operator")}
	t.Run("a person is reminded, and nothing resumes by itself", func(t *testing.T) {
		visiting(t, at(t, journey.StageConversing), func(stay *worldtest.Stay) {
			stay.Refused(kit.UpdateHold, hold(stay.Now().Add(31*day), ""), "until: want a time within the next 30 days")
			stay.Refused(kit.UpdateHold, hold(stay.Now().Add(-day), ""), "until: want a time within the next 30 days")
			stay.Refused(kit.UpdateHold, hold(time.Time{}, "pause"), `deadlines: want "stop" or "run"`)
			stay.Refused(kit.UpdateHold, kit.Hold{Envelope: worldtest.As("engineer")}, "role: this command needs")
			stay.Command(worldtest.JourneyID, kit.UpdateHold, hold(stay.Now().Add(2*time.Hour), ""), nil)
			stay.After(time.Hour, func() { assert.Empty(t, status(t, stay).Attention) })
			stay.After(3*time.Hour, func() {
				assert.Equal(t, []string{"hold_expired"}, status(t, stay).Attention)
				assert.Equal(t, "held", status(t, stay).Control)
				stay.Command(worldtest.JourneyID, kit.UpdateRelease, release, nil)
			})
			stay.After(4*time.Hour, func() { assert.Empty(t, status(t, stay).Attention) })
		})
	})
	t.Run("the guest's deadlines run on if that is asked for", func(t *testing.T) {
		stay := worldtest.NewStay(t, worldtest.Medical())
		stay.After(time.Hour, func() { stay.Command(worldtest.JourneyID, kit.UpdateHold, hold(time.Time{}, "run"), nil) })
		result, err := stay.Run()
		require.NoError(t, err)
		assert.Equal(t, "no_response", result.Reason)
		assert.Equal(t, 14*day, stay.Now().Sub(time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC)).Truncate(day))
	})
	t.Run("what did not stop is told", func(t *testing.T) {
		stay := worldtest.NewStay(t, worldtest.Medical())
		medically(stay, journey.StageDeposit)
		stay.After(5*time.Hour, func() { stay.Command(worldtest.JourneyID, kit.UpdateHold, hold(time.Time{}, ""), nil) })
		stay.After(4*day, func() {
			value, err := stay.QueryWorkflowByID("pay/J1", kit.QueryStatus)
			require.NoError(t, err)
			var plan payment.Overview
			require.NoError(t, value.Get(&plan))
			assert.Contains(t, plan.Attention, "fired_on_hold:deposit")
			stay.Command(worldtest.JourneyID, kit.UpdateRelease, release, nil)
		})
		_, err := stay.Run()
		require.NoError(t, err)
	})
}
