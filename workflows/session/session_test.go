package session_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"guestjourney/activities/failure"
	"guestjourney/activities/options"
	"guestjourney/activities/paging"
	"guestjourney/workflows/kit"
	"guestjourney/workflows/session"
)

const brady = "hr-low"

func TestTheLadderClimbsToTheFailsafeUntilSomebodyComes(t *testing.T) {
	p := newPlay(t)
	p.transition(10*second, brady, session.Raised, session.Critical)
	p.shows(135*second, func(view session.Overview) {
		assert.Equal(t, []string{session.AttentionUnanswered}, view.Attention)
		assert.Equal(t, session.StateRaised, view.Alarms[0].State)
		assert.Equal(t, 4, view.Alarms[0].Rung)
	})
	p.acknowledge(140*second, brady)
	p.shows(141*second, func(view session.Overview) {
		assert.Empty(t, view.Attention)
		assert.Equal(t, session.StateAcknowledged, view.Alarms[0].State)
		assert.Equal(t, &session.Acknowledgement{By: "p-ana", Role: kit.RoleClinician, At: begin.Add(140 * second)}, view.Alarms[0].Acknowledged)
	})
	p.transition(200*second, brady, session.Cleared, session.Critical)
	p.end(time.Hour)
	p.Run()
	require.NoError(t, p.Err)
	assert.Equal(t, []string{"10 p-ana", "40 p-ben", "70 p-ana", "70 p-ben", "70 p-doc", "130 p-safe"}, sorted(p.calls()))
	for _, page := range p.pages {
		assert.Equal(t, paging.Page{
			Session: id, Room: "3", Priority: "HIGH", Code: "HR-LOW", Key: id + "/1", Transition: 1, Person: page.person, Channel: paging.SMS,
		}, page.page)
	}
	assert.Equal(t, session.Result{Stage: session.StageEnded, How: session.ByCommand, Transitions: 2, Criticals: 1, Pages: 6, Record: "r/1"}, p.Result)
}

func TestAnAcknowledgementStopsTheLadder(t *testing.T) {
	for _, at := range []time.Duration{11 * second, 39 * second, 69 * second} {
		p := newPlay(t)
		p.transition(10*second, brady, session.Raised, session.Critical)
		p.acknowledge(at, brady)
		p.transition(at+second, brady, session.Cleared, session.Critical)
		p.end(time.Hour)
		p.Run()
		for _, page := range p.pages {
			assert.LessOrEqual(t, page.at, at, "acknowledged at %s", at)
		}
		assert.NotEmpty(t, p.pages)
	}
}

func TestACriticalAlarmThatEndsStaysUntilItIsSeen(t *testing.T) {
	p := newPlay(t)
	p.transition(10*second, brady, session.Raised, session.Critical)
	p.transition(15*second, brady, session.Cleared, session.Critical)
	var refused error
	p.After(20*second, func() { p.try(session.UpdateEnd, nurse(), func(err error) { refused = err }) })
	p.shows(21*second, func(view session.Overview) {
		assert.Equal(t, session.StateLatched, view.Alarms[0].State)
		assert.Equal(t, session.Critical, view.Alarms[0].Priority)
	})
	p.acknowledge(50*second, brady)
	p.shows(51*second, func(view session.Overview) { assert.Equal(t, session.StateCleared, view.Alarms[0].State) })
	p.end(time.Hour)
	p.Run()
	assert.ErrorContains(t, refused, "acknowledge it first")
	assert.Equal(t, []string{"10 p-ana", "40 p-ben"}, p.calls(), "it is over, and is called for no more")
}

func TestAWarningIsForTheFirstAndALowAlarmForNobody(t *testing.T) {
	p := newPlay(t)
	p.transition(10*second, brady, session.Raised, session.Warning)
	p.transition(11*second, "battery", session.Raised, session.Low)
	p.transition(150*second, brady, session.Cleared, session.Warning) // before it calls again
	p.shows(151*second, func(view session.Overview) {
		assert.Equal(t, session.StateCleared, view.Alarms[0].State, "a warning does not stay")
		assert.Equal(t, session.StateRaised, view.Alarms[1].State)
	})
	p.acknowledge(152*second, "battery")
	p.end(time.Hour)
	p.Run()
	require.NoError(t, p.Err)
	assert.Equal(t, []string{"10 p-ana"}, p.calls())
	assert.Equal(t, "MEDIUM", p.pages[0].page.Priority)
}

func TestAnAlarmCallsAgainWhileItsConditionLasts(t *testing.T) {
	p := newPlay(t)
	p.transition(0, brady, session.Raised, session.Critical)
	p.acknowledge(5*second, brady)
	p.shows(186*second, func(view session.Overview) { assert.Equal(t, session.StateRaised, view.Alarms[0].State) })
	p.acknowledge(190*second, brady)
	p.transition(200*second, brady, session.Eased, session.Warning)
	p.acknowledge(371*second, brady)
	p.transition(400*second, brady, session.Cleared, session.Warning)
	p.end(time.Hour)
	p.Run()
	require.NoError(t, p.Err)
	assert.Equal(t, []string{"0 p-ana", "185 p-ana", "370 p-ana"}, p.calls())
	assert.Equal(t, []string{id + "/1", id + "/1/again/1", id + "/1/again/2"}, keys(p.pages))
	for _, page := range p.pages {
		assert.Equal(t, 1, page.page.Transition, "the telemetry process hears of every page, or it pages again itself")
	}
	assert.Equal(t, "MEDIUM", p.pages[2].page.Priority)
}

func TestAnAlarmThatNobodySeesCallsAgainAfterTheFailsafe(t *testing.T) {
	p := newPlay(t)
	p.transition(0, brady, session.Raised, session.Critical)
	p.shows(301*second, func(view session.Overview) { assert.Equal(t, []string{session.AttentionUnanswered}, view.Attention) })
	p.acknowledge(305*second, brady)
	p.transition(306*second, brady, session.Cleared, session.Critical)
	p.end(time.Hour)
	p.Run()
	assert.Contains(t, p.calls(), "300 p-ana")
	assert.Equal(t, "120 p-safe", p.calls()[5])
	assert.Len(t, p.pages, 7)
}

// TestAnAlarmThatLastsIsNeverSilentForLong: the telemetry process replaces a workflow
// that is. Nothing keeps it silent longer than an acknowledgement just before it calls
// again.
func TestAnAlarmThatLastsIsNeverSilentForLong(t *testing.T) {
	p := newPlay(t)
	p.transition(0, brady, session.Raised, session.Critical)
	p.acknowledge(299*second, brady)
	p.acknowledge(480*second, brady)
	p.transition(500*second, brady, session.Cleared, session.Critical)
	p.end(time.Hour)
	p.Run()
	require.NoError(t, p.Err)
	assert.Equal(t, []string{"120 p-safe", "479 p-ana"}, p.calls()[5:])
	for i, page := range p.pages[1:] {
		assert.LessOrEqual(t, page.at-p.pages[i].at, 2*session.Realarm)
	}
}

func TestANewCriticalAlarmBreaksThroughAnAcknowledgement(t *testing.T) {
	p := newPlay(t)
	p.transition(0, brady, session.Raised, session.Warning)
	p.acknowledge(5*second, brady)
	p.transition(10*second, brady, session.Escalated, session.Critical)
	p.transition(20*second, "asystole", session.Raised, session.Critical)
	p.acknowledge(41*second, brady)
	p.acknowledge(41*second, "asystole")
	p.transition(42*second, brady, session.Cleared, session.Critical)
	p.transition(43*second, "asystole", session.Cleared, session.Critical)
	p.end(time.Hour)
	p.Run()
	assert.Equal(t, []string{"0 p-ana", "10 p-ana", "20 p-ana", "40 p-ben"}, p.calls())
}

// An alarm that comes and goes is paged about each time, and its ladder climbs on.
func TestAnAlarmThatFlapsDoesNotBeginAtTheFirstRungForEver(t *testing.T) {
	p := newPlay(t)
	p.transition(0, brady, session.Raised, session.Critical)
	p.transition(20*second, brady, session.Cleared, session.Critical)
	p.transition(25*second, brady, session.ReRaised, session.Critical)
	p.transition(45*second, brady, session.Cleared, session.Critical)
	p.transition(50*second, brady, session.ReRaised, session.Critical)
	p.acknowledge(61*second, brady)
	p.transition(62*second, brady, session.Cleared, session.Critical)
	p.end(time.Hour)
	p.Run()
	assert.Equal(t, []string{"0 p-ana", "25 p-ana", "30 p-ben", "50 p-ben", "60 p-ana", "60 p-ben", "60 p-doc"}, sorted(p.calls()))
	assert.Equal(t, []string{id + "/1", id + "/3", id + "/3", id + "/5", id + "/5", id + "/5", id + "/5"}, keys(p.pages))
}

func TestAPauseSilencesForTwoMinutesAndStopsNoPage(t *testing.T) {
	p := newPlay(t)
	pause := func(length time.Duration) session.PauseAudio {
		return session.PauseAudio{Envelope: nurse(), For: options.Duration(length)}
	}
	var early, long, twice error
	p.After(ms, func() { p.try(session.UpdatePauseAudio, pause(0), func(err error) { early = err }) })
	p.transition(second, brady, session.Raised, session.Warning)
	p.After(2*second, func() { p.try(session.UpdatePauseAudio, pause(121*second), func(err error) { long = err }) })
	p.give(3*second, session.UpdatePauseAudio, pause(0))
	p.After(100*second, func() { p.try(session.UpdatePauseAudio, pause(0), func(err error) { twice = err }) })
	p.transition(101*second, "spo2", session.Raised, session.Warning)
	p.shows(102*second, func(view session.Overview) {
		assert.Equal(t, session.Pause{Until: begin.Add(123 * second), Upto: session.Warning, By: "p-ana"}, view.AudioPaused)
	})
	p.transition(103*second, "asystole", session.Raised, session.Critical)
	p.shows(104*second, func(view session.Overview) { assert.Zero(t, view.AudioPaused, "what is more urgent breaks through") })
	p.give(105*second, session.UpdatePauseAudio, pause(10*second))
	p.acknowledge(134*second, "asystole")
	p.acknowledge(135*second, brady)
	p.transition(136*second, brady, session.Cleared, session.Warning)
	p.transition(136*second, "spo2", session.Cleared, session.Warning)
	p.transition(136*second, "asystole", session.Cleared, session.Critical)
	p.end(time.Hour)
	p.Run()
	assert.ErrorContains(t, early, "no alarm waits")
	assert.ErrorContains(t, long, "for: want at most 2m0s")
	assert.ErrorContains(t, twice, "a pause is not made longer")
	assert.Equal(t, []string{"1 p-ana", "101 p-ana", "103 p-ana", "133 p-ben"}, p.calls())
}

func TestWhatDoesNotArriveClimbsAtOnce(t *testing.T) {
	for name, answer := range map[string]func() (paging.Receipt, error){
		"undeliverable": func() (paging.Receipt, error) { return paging.Receipt{Undeliverable: true, Reason: "30003"}, nil },
		"failed": func() (paging.Receipt, error) {
			return paging.Receipt{}, &failure.Error{Provider: "twilio", Operation: "page", Class: failure.Permanent, Status: 401}
		},
	} {
		for priority, want := range map[session.Priority][]string{
			// At the third rung Ana is tried again, and in vain again.
			session.Critical: {"1 p-ana", "1 p-ana", "1 p-ben", "31 p-ana", "31 p-ana", "31 p-ben", "31 p-doc", "31 p-safe"},
			session.Warning:  {"1 p-ana", "1 p-ana", "1 p-ben"},
		} {
			t.Run(fmt.Sprint(name, " ", priority), func(t *testing.T) {
				p := newPlay(t)
				p.answer = func(page paging.Page) (paging.Receipt, error) {
					if page.Person == ana && page.Channel == paging.SMS {
						return answer()
					}
					return paging.Receipt{HandedAt: begin}, nil
				}
				p.transition(second, brady, session.Raised, priority)
				p.acknowledge(35*second, brady)
				p.transition(36*second, brady, session.Cleared, priority)
				p.end(time.Hour)
				p.Run()
				assert.Equal(t, want, sorted(p.calls()))
			})
		}
	}
}

func TestWhoeverDeclinesIsNotWaitedFor(t *testing.T) {
	p := newPlay(t)
	decline := func(person string) session.Decline {
		return session.Decline{Envelope: nurse(), Alarm: brady, Person: person}
	}
	p.transition(second, brady, session.Raised, session.Critical)
	p.give(5*second, session.UpdateDecline, decline(ben)) // is not asked yet
	p.give(6*second, session.UpdateDecline, decline(ana))
	p.acknowledge(37*second, brady)
	p.transition(38*second, brady, session.Cleared, session.Critical)
	p.end(time.Hour)
	p.Run()
	assert.Equal(t, []string{"1 p-ana", "6 p-doc"}, p.calls(), "the second is passed over, and at the third only the physician is left")
}

func TestOneSlowPageDelaysNobody(t *testing.T) {
	p := newPlay(t)
	p.hangs = func(page paging.Page) bool { return page.Person == ana }
	p.transition(second, brady, session.Raised, session.Critical)
	p.transition(2*second, "asystole", session.Raised, session.Warning)
	p.acknowledge(41*second, brady)
	p.transition(65*second, brady, session.Cleared, session.Critical)
	p.transition(65*second, "asystole", session.Cleared, session.Warning)
	p.end(time.Hour)
	p.Run()
	require.NoError(t, p.Err)
	assert.Contains(t, p.calls(), "31 p-ben")
	assert.Equal(t, session.StageEnded, p.Result.Stage)
}

func TestALadderThatCannotBeReadIsReplacedByTheOneKnown(t *testing.T) {
	p := newPlay(t)
	p.After(second, func() { p.ladderHangs = true })
	p.transition(2*second, brady, session.Raised, session.Critical)
	p.shows(5*second, func(view session.Overview) { assert.Equal(t, []string{session.AttentionNoLadder}, view.Attention) })
	p.acknowledge(10*second, brady)
	p.transition(11*second, brady, session.Cleared, session.Critical)
	p.end(time.Hour)
	p.Run()
	assert.Equal(t, []string{"4 p-ana"}, p.calls())
}

func TestWithoutALadderAPersonIsToldAtOnceAndItIsAskedForOn(t *testing.T) {
	p := newPlay(t)
	p.ladder = func() (paging.Ladder, error) { return paging.Ladder{}, nil }
	p.shows(second, func(view session.Overview) {
		assert.Equal(t, []string{session.AttentionNoLadder}, view.Attention, "before there is an alarm")
	})
	p.transition(10*second, brady, session.Raised, session.Critical)
	p.After(22*second, func() { p.ladder = nil })
	p.shows(26*second, func(view session.Overview) { assert.Empty(t, view.Attention) })
	p.acknowledge(27*second, brady)
	p.transition(28*second, brady, session.Cleared, session.Critical)
	p.end(time.Hour)
	p.Run()
	assert.Equal(t, []string{"25 p-ana"}, p.calls())
}

func TestATransitionCountsOnceInWhateverOrder(t *testing.T) {
	p := newPlay(t)
	p.numbered(10*second, 2, brady, session.Cleared, session.Critical)
	p.shows(11*second, func(view session.Overview) {
		assert.Equal(t, []string{session.AttentionGap}, view.Attention)
		assert.Equal(t, []session.Gap{{From: 1, To: 1}}, view.Missing)
		assert.Equal(t, session.StateCleared, view.Alarms[0].State)
	})
	for _, at := range []time.Duration{12, 13, 14} {
		p.numbered(at*second, 1, brady, session.Raised, session.Critical)
	}
	p.numbered(15*second, 2, brady, session.Cleared, session.Critical)
	p.shows(16*second, func(view session.Overview) {
		assert.Empty(t, view.Attention)
		assert.Len(t, view.Alarms, 1)
		assert.Equal(t, session.StateLatched, view.Alarms[0].State, "the newer one says that it is over, the older one that nobody has seen it")
		assert.Equal(t, 2, view.Alarms[0].Number)
	})
	p.acknowledge(17*second, brady)
	p.end(time.Hour)
	p.Run()
	assert.Equal(t, []string{"12 p-ana"}, p.calls())
	assert.Equal(t, 2, p.Result.Transitions)
}

func TestWhatCannotBeUsedIsNotDroppedInSilence(t *testing.T) {
	p := newPlay(t)
	p.numbered(second, 1, "", session.Change("worse"), session.Priority("urgent"))
	p.After(2*second, func() { p.Env.SignalWorkflow(session.SignalTransition, map[string]any{"number": "one"}) })
	p.shows(3*second, func(view session.Overview) {
		assert.Equal(t, []string{session.AttentionUnusable, "bad_signal:" + session.SignalTransition}, view.Attention)
		assert.Zero(t, view.LastNumber)
	})
	p.end(time.Hour)
	p.Run()
	require.NoError(t, p.Err)
}

func TestAnAcknowledgementIsOfWhatWasSeen(t *testing.T) {
	p := newPlay(t)
	var stale, unknown, engineer error
	try := func(command session.Acknowledge, into *error) {
		p.try(session.UpdateAcknowledge, command, func(err error) { *into = err })
	}
	seen := p.transition(second, brady, session.Raised, session.Warning)
	p.transition(2*second, brady, session.Escalated, session.Critical)
	p.After(3*second, func() {
		try(session.Acknowledge{Envelope: nurse(), Alarm: brady, Number: seen}, &stale)
		try(session.Acknowledge{Envelope: nurse(), Alarm: "other"}, &unknown)
		head := nurse()
		head.Role = kit.RoleEngineer
		try(session.Acknowledge{Envelope: head, Alarm: brady}, &engineer)
	})
	p.acknowledge(4*second, brady)
	p.transition(5*second, brady, session.Cleared, session.Critical)
	p.end(time.Hour)
	p.Run()
	assert.ErrorContains(t, stale, "called again since, by transition 2")
	assert.ErrorContains(t, unknown, "does not wait")
	assert.ErrorContains(t, engineer, "role: ")
}

func TestTheJourneyIsTold(t *testing.T) {
	p := newPlay(t)
	p.transition(second, brady, session.Raised, session.Critical)
	p.transition(2*second, "spo2", session.Raised, session.Warning)
	p.acknowledge(3*second, brady)
	p.transition(4*second, brady, session.Cleared, session.Critical)
	p.give(5*second, session.UpdateHandOver, session.HandOver{Envelope: nurse(), To: ben})
	p.give(5*second+ms, session.UpdateAssignDevice, session.AssignDevice{Envelope: nurse(), Device: "d-2"})
	p.Renew(6 * second)
	p.shows(7*second, func(view session.Overview) {
		assert.Equal(t, []string{ben, "d-2"}, []string{view.Responsible, view.Device})
	})
	p.end(8 * second)
	p.Run()
	assert.Equal(t, []session.Update{
		{Session: id, ID: "started", Kind: session.KindStarted, At: begin},
		{Session: id, ID: "critical_alarm-1", Kind: session.KindCritical, At: begin.Add(second), Number: 1},
		{Session: id, ID: "ended", Kind: session.KindEnded, At: begin.Add(8 * second), How: session.ByCommand, Criticals: 1, Record: "r/1"},
	}, p.told)
	assert.Equal(t, 2, p.Runs)
}

func TestASessionEndsAtTheLatestButLeavesNoCriticalAlarmAlone(t *testing.T) {
	p := newPlay(t)
	p.Input.LatestEnd = begin.Add(time.Hour)
	p.transition(time.Hour-second, brady, session.Raised, session.Critical)
	p.shows(time.Hour+second, func(view session.Overview) {
		assert.Equal(t, session.StageEnding, view.Stage)
		assert.Contains(t, view.Attention, session.AttentionOverdue)
	})
	p.transition(time.Hour+2*second, "spo2", session.Raised, session.Critical)
	p.acknowledge(time.Hour+20*second, brady)
	p.transition(time.Hour+30*second, brady, session.Cleared, session.Critical)
	p.acknowledge(time.Hour+25*time.Minute, "spo2")
	p.Run()
	require.NoError(t, p.Err)
	assert.Equal(t, session.ByLatestEnd, p.Result.How)
	assert.Equal(t, time.Hour+25*time.Minute, p.Env.Now().Sub(begin).Round(second))
}

func TestTemporalsOwnCancelEndsTheSession(t *testing.T) {
	p := newPlay(t)
	p.After(time.Hour, func() { p.Env.CancelWorkflow() })
	p.Run()
	require.NoError(t, p.Err)
	assert.Equal(t, session.Result{Stage: session.StageEnded, How: session.ByCancel, Record: "r/1"}, p.Result)
}

// Every run ends at its next wait, in the middle of ladders and of a page.
func TestASessionOfManyRunsIsOne(t *testing.T) {
	p := newPlay(t)
	p.hangs = func(page paging.Page) bool { return page.Person == doc }
	p.transition(10*second, brady, session.Raised, session.Critical)
	p.Renew(20 * second)
	p.Renew(35 * second)
	p.Renew(75 * second) // a page of 70 s hangs until 130 s
	p.shows(120*second, func(session.Overview) { assert.Equal(t, 3, p.Runs, "it stays while a page is under way") })
	p.shows(131*second, func(view session.Overview) {
		assert.Equal(t, 4, p.Runs)
		assert.Equal(t, 4, view.Alarms[0].Rung)
	})
	p.acknowledge(135*second, brady)
	p.Renew(136 * second)
	p.numbered(140*second, 1, brady, session.Raised, session.Critical)
	p.acknowledge(316*second, brady)
	p.transition(317*second, brady, session.Cleared, session.Critical)
	p.end(time.Hour)
	p.Run()
	require.NoError(t, p.Err)
	assert.Equal(t, []string{"10 p-ana", "40 p-ben", "70 p-ana", "70 p-ben", "70 p-doc", "130 p-safe", "315 p-ana"}, sorted(p.calls()))
	effects := map[string]bool{}
	for _, page := range p.pages {
		effects[page.effect.Key] = true
		assert.Regexp(t, `^session/S1/[0-9a-f]{12}/page-[1-7]/0$`, page.effect.Key)
		assert.False(t, page.effect.FirstTry, "to the workflow, the environment's runs are resets: a page may have gone out before")
	}
	assert.Len(t, effects, len(p.pages), "an effect a page")
}

// The server's suggestion does not count signals, and ends a workflow at 10,000.
func TestARunTakesTwoThousandTransitionsAndLosesNone(t *testing.T) {
	t.Parallel()
	p := newPlay(t)
	for batch := range 20 { // the environment takes some hundred at once
		p.After(time.Duration(batch)*second, func() {
			for range 50 {
				p.Env.SignalWorkflow(session.SignalTransition, p.made(p.number+1, "battery", session.Raised, session.Low))
				p.Env.SignalWorkflow(session.SignalTransition, p.made(p.number+2, "battery", session.Cleared, session.Low))
				p.number += 2
			}
		})
	}
	p.numbered(2*time.Minute, 2001, brady, session.Raised, session.Critical)
	p.acknowledge(3*time.Minute, brady)
	p.numbered(4*time.Minute, 2002, brady, session.Cleared, session.Critical)
	p.shows(5*time.Minute, func(view session.Overview) {
		assert.Equal(t, 2, p.Runs)
		assert.Equal(t, 2002, view.LastNumber)
	})
	p.end(time.Hour)
	p.Run()
	assert.Equal(t, 2002, p.Result.Transitions)
	assert.Equal(t, 2, p.Runs)
}

func TestWrongInputFailsTheStart(t *testing.T) {
	for want, change := range map[string]func(*session.Input){
		"clearance.validUntil: it is not valid": func(i *session.Input) { i.Clearance.ValidUntil = begin },
		"clearance.ref: missing":                func(i *session.Input) { i.Clearance = session.Clearance{ValidUntil: begin} },
		"protocol: want signedBy":               func(i *session.Input) { i.Protocol.SignedBy = "" },
		"room: want":                            func(i *session.Input) { i.Room = "Ana Luz, 3" },
		"guestRef: want":                        func(i *session.Input) { i.GuestRef = "ana@example.com" },
		"latestEnd: want a time":                func(i *session.Input) { i.LatestEnd = begin.Add(2000 * time.Hour) },
		"qtcBaseline: want milliseconds":        func(i *session.Input) { i.QTcBaseline = 0.41 },
	} {
		p := newPlay(t)
		change(&p.Input)
		p.Run()
		var failed *temporal.ApplicationError
		require.ErrorAs(t, p.Err, &failed)
		assert.Equal(t, "InvalidInput", failed.Type())
		assert.ErrorContains(t, p.Err, want)
	}
}

func keys(pages []sent) (list []string) {
	for _, page := range pages {
		list = append(list, page.key)
	}
	return list
}
