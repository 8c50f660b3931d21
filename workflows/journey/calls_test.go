package journey_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"

	"guestjourney/activities/failure"
	"guestjourney/activities/programs"
	"guestjourney/activities/wording"
	"guestjourney/workflows/journey"
	"guestjourney/workflows/kit"
	"guestjourney/workflows/profile"
	"guestjourney/workflows/worldtest"
)

// onTheTelephone asks for tools, one ID each, as the proxy does, and gives what
// is to be said to then.
func onTheTelephone(t *testing.T, stay *worldtest.Stay, call string, tools []string, then func([]journey.CallAnswer)) {
	t.Helper()
	ask := journey.CallAsk{Call: call}
	for _, tool := range tools {
		ask.Tools = append(ask.Tools, journey.ToolCall{ID: "t-" + tool, Tool: tool})
	}
	updateID := call + " " + stay.Now().Format(time.RFC3339Nano)
	require.NoError(t, stay.UpdateWorkflowByID(worldtest.JourneyID, journey.UpdateAnswerCall, updateID, &testsuite.TestUpdateCallback{
		OnAccept: func() {}, OnReject: func(err error) { assert.NoError(t, err) },
		OnComplete: func(result any, err error) {
			require.NoError(t, err)
			answers := result.(journey.CallAnswers)
			assert.Equal(t, "en", answers.Locale)
			require.Len(t, answers.Answers, len(tools))
			then(answers.Answers)
		},
	}, ask))
}

// says asks for one tool and expects one sentence.
func says(t *testing.T, stay *worldtest.Stay, call, tool, sentence string) {
	t.Helper()
	onTheTelephone(t, stay, call, []string{tool}, func(answers []journey.CallAnswer) {
		assert.Equal(t, "t-"+tool, answers[0].ID)
		assert.Equal(t, sentence, answers[0].Say, "%s at %s", tool, stay.Now())
	})
}

func attention(t *testing.T, stay *worldtest.Stay) []string {
	t.Helper()
	return status(t, stay).Attention
}

// messages are those that went out, mails and texts.
func messages(stay *worldtest.Stay) int { return stay.World.Count("email") + stay.World.Count("sms") }

func TestACallerHearsTheNextSession(t *testing.T) {
	visiting(t, at(t, journey.StagePreArrival), func(stay *worldtest.Stay) {
		onTheTelephone(t, stay, "c1", []string{journey.ToolAppointment}, func(answers []journey.CallAnswer) {
			require.Equal(t, wording.CallAppointment, answers[0].Say)
			said, err := wording.Said(answers[0].Say, "en", answers[0].At)
			require.NoError(t, err)
			assert.Equal(t, "Your next appointment begins on Wednesday 2 June 2027, 15:00, local time at the house.", said)
		})
	})
	for _, stage := range []string{journey.StageConversing, journey.StageDeposit, journey.StageAftercare} {
		visiting(t, at(t, stage), func(stay *worldtest.Stay) {
			says(t, stay, "c1", journey.ToolAppointment, wording.CallNoAppointment)
		})
	}
}

func TestACallerIsSentTheOpenPageOnceMore(t *testing.T) {
	visiting(t, at(t, journey.StageDeposit), func(stay *worldtest.Stay) {
		before := messages(stay)
		says(t, stay, "c1", journey.ToolPaymentLink, wording.CallLinkByBoth)
		stay.After(time.Minute, func() {
			assert.Equal(t, before+2, messages(stay), "a mail and a text")
			last := stay.World.Mails[len(stay.World.Mails)-1]
			assert.Contains(t, last, status(t, stay).Money.PageURL)
			assert.Equal(t, stay.World.Mails[len(stay.World.Mails)-2], last, "the same words as the first time")
			assert.Contains(t, stay.World.Texts[len(stay.World.Texts)-1], "https://pay.example/")
			says(t, stay, "c1", journey.ToolPaymentLink, wording.CallLinkByBoth) // the same use of the tool
		})
		stay.After(2*time.Minute, func() {
			assert.Equal(t, before+2, messages(stay), "a repeated tool call sends nothing")
		})
	})
}

func TestACallerHasTheGuestWrittenToOnlySoOften(t *testing.T) {
	visiting(t, at(t, journey.StageDeposit), func(stay *worldtest.Stay) {
		before := messages(stay)
		for _, call := range []struct {
			after time.Duration
			says  string
			sent  int
		}{
			{0, wording.CallLinkByBoth, 2},
			{14 * time.Minute, wording.CallLinkSent, 2},
			{15 * time.Minute, wording.CallLinkByBoth, 4},
			{time.Hour, wording.CallLinkByBoth, 6},
			{2 * time.Hour, wording.CallLinkSent, 6},
		} {
			stay.After(call.after, func() { says(t, stay, call.after.String(), journey.ToolPaymentLink, call.says) })
			stay.After(call.after+time.Second, func() { assert.Equal(t, before+call.sent, messages(stay), call.after) })
		}
	})
}

func TestTheLinkOfADebtBeforeTheArrivalIsSentOnceMore(t *testing.T) {
	stay := worldtest.NewStay(t, worldtest.Retreat())
	stay.World.Decline = true
	retreatUntilPaid(stay)
	stay.After(70*day, func() {
		require.NotEmpty(t, status(t, stay).Money.ActionURL)
		before := messages(stay)
		says(t, stay, "c1", journey.ToolPaymentLink, wording.CallLinkByBoth)
		stay.After(time.Minute, func() {
			assert.Equal(t, before+2, messages(stay))
			assert.Contains(t, stay.World.Mails[len(stay.World.Mails)-1], status(t, stay).Money.ActionURL)
			stay.CancelWorkflow()
		})
	})
	_, err := stay.Run()
	require.NoError(t, err)
}

// retreatUntilPaid plays a guest up to the paid deposit.
func retreatUntilPaid(stay *worldtest.Stay) {
	stay.After(time.Hour, func() { stay.Intake(arrival) })
	stay.After(2*time.Hour, stay.Accept)
	stay.After(3*time.Hour, func() { stay.Pay("deposit") })
}

func TestNothingIsSentWhereNothingIsDue(t *testing.T) {
	for _, stage := range []string{journey.StageConversing, journey.StageOffer, journey.StagePreArrival, journey.StageCancelling} {
		visiting(t, at(t, stage), func(stay *worldtest.Stay) {
			before := messages(stay)
			says(t, stay, "c1", journey.ToolPaymentLink, wording.CallNothingDue)
			stay.After(time.Minute, func() { assert.Equal(t, before, messages(stay), stage) })
		})
	}
}

// A closed channel stays closed, and the other one is named.
func TestACallerIsWrittenToOnOpenChannelsOnly(t *testing.T) {
	visiting(t, at(t, journey.StageDeposit), func(stay *worldtest.Stay) {
		texts := stay.World.Count("sms")
		optedOut(stay, "sms")
		stay.After(time.Minute, func() { says(t, stay, "c1", journey.ToolPaymentLink, wording.CallLinkByEmail) })
		stay.After(2*time.Minute, func() {
			assert.Equal(t, texts, stay.World.Count("sms"))
			optedOut(stay, "email")
		})
		stay.After(30*time.Minute, func() {
			before := messages(stay)
			says(t, stay, "c2", journey.ToolPaymentLink, wording.CallBack)
			stay.After(time.Minute, func() {
				assert.Equal(t, before, messages(stay))
				assert.Contains(t, attention(t, stay), "call_back", "what cannot be sent is for a person")
			})
		})
	})
}

func optedOut(stay *worldtest.Stay, channel string) {
	stay.SignalWorkflow(profile.SignalProfile, kit.Fact{ID: "out-" + channel, Provider: profile.Type, Type: "opted_out", Data: map[string]string{"channel": channel}})
}

func TestDuringAHoldALinkIsForAPerson(t *testing.T) {
	visiting(t, at(t, journey.StageDeposit), func(stay *worldtest.Stay) {
		stay.Command(worldtest.JourneyID, kit.UpdateHold, kit.Hold{Envelope: worldtest.Operator("wait")}, nil)
		stay.After(time.Minute, func() { says(t, stay, "c1", journey.ToolPaymentLink, wording.CallBack) })
		stay.After(time.Hour, func() {
			stay.Command(worldtest.JourneyID, kit.UpdateRelease, kit.Release{Envelope: worldtest.Operator("go on")}, nil)
		})
	})
}

// The guest is on the telephone and awake: the link does not wait for morning.
func TestTheLinkIsSentByNight(t *testing.T) {
	program := worldtest.Retreat()
	program.QuietHours = programs.QuietHours{From: "21:00", To: "08:00"}
	stay := worldtest.NewStay(t, program)
	stay.After(3*time.Hour, func() { stay.Intake(arrival) })
	stay.After(4*time.Hour, stay.Accept)
	stay.After(18*time.Hour, func() { // midnight where the house is
		texts := stay.World.Count("sms")
		says(t, stay, "c1", journey.ToolPaymentLink, wording.CallLinkByBoth)
		stay.After(time.Minute, func() {
			assert.Equal(t, texts+1, stay.World.Count("sms"))
			stay.CancelWorkflow()
		})
	})
	_, err := stay.Run()
	require.NoError(t, err)
}

// While the mail's provider is away the caller is answered all the same, and the
// link goes out once when it is back, with the key that it had.
func TestAnAskedLinkOutlivesAnOutage(t *testing.T) {
	visiting(t, at(t, journey.StageDeposit), func(stay *worldtest.Stay) {
		mails := stay.World.Count("email")
		stay.World.Fail("email", failure.Ambiguous, 5)
		says(t, stay, "c1", journey.ToolPaymentLink, wording.CallLinkByBoth)
		stay.After(3*time.Hour, func() {
			assert.Equal(t, mails+1, stay.World.Count("email"))
			for key, times := range stay.World.Effects() {
				assert.Equal(t, 1, times, key)
			}
		})
	})
}

func TestACallerWhoWantsAPersonComesBeforeStaff(t *testing.T) {
	visiting(t, at(t, journey.StagePreArrival), func(stay *worldtest.Stay) {
		says(t, stay, "c1", journey.ToolPerson, wording.CallBack)
		stay.After(time.Minute, func() {
			assert.Contains(t, attention(t, stay), "call_back")
			assert.True(t, noted(t, stay, "on the telephone: call_back"), "in the timeline")
			stay.Command(worldtest.JourneyID, journey.UpdateNote, journey.AddNote{Envelope: worldtest.Operator("called"), Text: "called back"}, nil)
		})
		stay.After(2*time.Minute, func() {
			assert.NotContains(t, attention(t, stay), "call_back", "the note says that somebody called")
			says(t, stay, "c2", journey.ToolPerson, wording.CallBack)
		})
		stay.After(3*time.Minute, func() { assert.Contains(t, attention(t, stay), "call_back", "asked for once more") })
	})
}

func noted(t *testing.T, stay *worldtest.Stay, text string) bool {
	t.Helper()
	value, err := stay.QueryWorkflowByID(worldtest.JourneyID, kit.QueryTimeline)
	require.NoError(t, err)
	var lines []kit.Line
	require.NoError(t, value.Get(&lines))
	for _, line := range lines {
		if line.Text == text {
			return true
		}
	}
	return false
}

// A promise that the proxy made while nobody answered arrives as a fact.
func TestAPromiseOfTheProxyComesBeforeStaff(t *testing.T) {
	visiting(t, at(t, journey.StagePreArrival), func(stay *worldtest.Stay) {
		stay.SignalWorkflow(kit.SignalMessageIn, kit.Fact{ID: "p1", Provider: "vapi", Type: profile.FactCallBack, Data: map[string]string{"from": "+525512345678"}})
		stay.After(time.Second, func() {
			assert.Contains(t, attention(t, stay), "call_back")
			assert.NotContains(t, attention(t, stay), "message_in", "it is no text")
		})
	})
}

func TestSeveralToolsAreAnsweredInTheirOrderAndEachOnce(t *testing.T) {
	visiting(t, at(t, journey.StagePreArrival), func(stay *worldtest.Stay) {
		tools := []string{"unlock_the_door", journey.ToolPerson, journey.ToolAppointment, journey.ToolPaymentLink}
		var first []journey.CallAnswer
		onTheTelephone(t, stay, "c1", tools, func(answers []journey.CallAnswer) {
			first = answers
			var said []string
			for i, answer := range answers {
				assert.Equal(t, "t-"+tools[i], answer.ID)
				said = append(said, answer.Say)
			}
			assert.Equal(t, []string{wording.CallCannotDo, wording.CallBack, wording.CallAppointment, wording.CallNothingDue}, said)
		})
		stay.After(time.Minute, func() {
			onTheTelephone(t, stay, "c1", tools, func(again []journey.CallAnswer) { assert.Equal(t, first, again) })
			onTheTelephone(t, stay, "c2", tools[:1], func(other []journey.CallAnswer) { assert.Equal(t, "t-unlock_the_door", other[0].ID) })
		})
	})
}

// In every stage every tool is answered with a sentence that there is.
func TestEveryToolIsAnsweredInEveryStage(t *testing.T) {
	for _, visit := range visits() {
		t.Run(visit.stage, func(t *testing.T) {
			t.Parallel()
			visiting(t, visit, func(stay *worldtest.Stay) {
				onTheTelephone(t, stay, "c1", []string{journey.ToolAppointment, journey.ToolPaymentLink, journey.ToolPerson}, func(answers []journey.CallAnswer) {
					for _, answer := range answers {
						said, err := wording.Said(answer.Say, "es", answer.At)
						require.NoError(t, err)
						assert.False(t, strings.Contains(said, "http"), "no link is spoken")
					}
				})
			})
		})
	}
}
