package journey_test

import (
	"errors"
	"maps"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"guestjourney/workflows/journey"
	"guestjourney/workflows/kit"
	"guestjourney/workflows/worldtest"
)

var errNoSuchJourney = errors.New("no such journey")

var allRoles = []string{"operator", "manager", "clinician", "engineer"}

func allowed(t *testing.T, stay *worldtest.Stay, role string) []kit.Allowed {
	t.Helper()
	value, err := stay.QueryWorkflowByID(worldtest.JourneyID, kit.QueryAllowed, kit.AskAllowed{Role: role})
	require.NoError(t, err)
	var list []kit.Allowed
	require.NoError(t, value.Get(&list))
	return list
}

// unreadable breaks a command's own fields and nothing else: whoever gets to
// them has passed role and state.
func unreadable(command, role string) map[string]any {
	input := map[string]any{"actor": "x", "role": role, "reason": "r"}
	switch command {
	case kit.UpdateHold:
		input["deadlines"] = "some"
	case kit.UpdateRelease:
		input["fireMissed"] = "some"
	}
	return input
}

// Every command, role and stage: what the query says is what the validator does.
func TestAllowedCommandsAgreesWithTheValidators(t *testing.T) {
	for _, visit := range visits() {
		t.Run(visit.stage, func(t *testing.T) {
			t.Parallel()
			answered := 0
			visiting(t, visit, func(stay *worldtest.Stay) {
				for _, role := range allRoles {
					list := allowed(t, stay, role)
					require.Len(t, list, 21)
					for _, command := range list {
						stay.Try(command.Command, unreadable(command.Command, role), func(_ kit.Outcome, err error) {
							answered++
							require.Error(t, err, "%s by %s", command.Command, role)
							if command.Allowed {
								// A field is wrong, or the step is no one that waits.
								assert.Regexp(t, "^"+command.Command+`: ([a-zA-Z]+: |step ")`, err.Error(), "by %s", role)
								assert.NotContains(t, err.Error(), "role: this command", "by %s", role)
								return
							}
							assert.Equal(t, command.Command+": "+command.Reason, reason(err), "by %s", role)
						})
					}
				}
			})
			assert.Equal(t, 21*4, answered)
		})
	}
}

// reason is a rejection without what the SDK adds.
func reason(err error) string {
	var rejected interface{ Message() string }
	if errors.As(err, &rejected) {
		return rejected.Message()
	}
	return err.Error()
}

// What the query allows is taken when it is well said, once for each ID.
func TestWhatIsAllowedIsTakenOnce(t *testing.T) {
	for _, visit := range visits() {
		var open []kit.Allowed
		visiting(t, visit, func(stay *worldtest.Stay) { open = allowed(t, stay, "") })
		for _, command := range open {
			if !command.Allowed {
				continue
			}
			t.Run(visit.stage+"/"+command.Command, func(t *testing.T) {
				t.Parallel()
				takenOnce(t, visit, command)
			})
		}
	}
}

func takenOnce(t *testing.T, visit visit, command kit.Allowed) {
	var first, second kit.Outcome
	visiting(t, visit, func(stay *worldtest.Stay) {
		input := wellSaid(t, stay, visit.stage, command)
		stay.Try(command.Command, input, func(outcome kit.Outcome, err error) {
			require.NoError(t, err)
			first = outcome
		})
		stay.Try(command.Command, input, func(outcome kit.Outcome, err error) {
			require.NoError(t, err)
			second = outcome
			assert.Equal(t, 1, commandLines(t, stay, command.Command))
		})
		if command.Command == kit.UpdateHold {
			stay.After(time.Hour, func() {
				stay.Command(worldtest.JourneyID, kit.UpdateRelease, kit.Release{Envelope: worldtest.Operator("go on")}, nil)
			})
		}
	})
	assert.Equal(t, command.Command, first.Command)
	assert.Contains(t, []string{"done", "pending"}, first.Status, first.Detail)
	assert.Equal(t, first.At, second.At, "it ran twice")
}

func commandLines(t *testing.T, stay *worldtest.Stay, command string) (count int) {
	t.Helper()
	value, err := stay.QueryWorkflowByID(worldtest.JourneyID, kit.QueryTimeline)
	require.NoError(t, err)
	var lines []kit.Line
	require.NoError(t, value.Get(&lines))
	for _, line := range lines {
		if line.Kind == "command" && line.Text == command && line.Reason == "well said" {
			count++
		}
	}
	return count
}

// wellSaid is an input that a command takes in a stage.
func wellSaid(t *testing.T, stay *worldtest.Stay, stage string, command kit.Allowed) map[string]any {
	role := "operator"
	if len(command.Roles) > 0 {
		role = command.Roles[0]
	}
	input := map[string]any{"actor": "ana", "role": role, "reason": "well said", "commandId": "c-1"}
	switch command.Command {
	case kit.UpdateRetryStep:
		input["step"] = "claim"
	case kit.UpdateCancel:
		input["by"] = "guest"
	case kit.UpdateReschedule:
		input["start"] = "2027-06-04T10:00:00"
	case journey.UpdateExtendDeadline:
		name, until := aDeadline(t, stay)
		input["deadline"], input["newAt"] = name, until
	case journey.UpdateOverrideStage:
		input["from"], input["approvedBy"] = stage, "second"
		maps.Copy(input, jumps[stage])
	default:
		maps.Copy(input, fields[command.Command])
	}
	return input
}

var fields = map[string]map[string]any{
	journey.UpdateApproveClearance: {"decision": "cleared", "validUntil": departure, "evidenceRef": "Task/1"},
	journey.UpdateDeclineClearance: {"reasonCode": "c-1"},
	journey.UpdateRevokeClearance:  {"reasonCode": "c-1"},
	journey.UpdateRequestInfo:      {"what": "questions-2"},
	journey.UpdateMergeInto:        {"target": "journey/J2"},
	journey.UpdateMarkAttendance:   {"mark": "attended", "source": "front_desk"},
	journey.UpdateRefund:           {"minor": 100, "currency": "USD"},
	journey.UpdateOptOut:           {"channel": "sms", "source": "telephone"},
	journey.UpdateNote:             {"text": "called"},
	journey.UpdateAssign:           {"owner": "desk-2"},
}

var jumps = map[string]map[string]any{
	journey.StageScreening:  {"to": "clearance_review", "ack": []string{"health_form"}, "role": "clinician"},
	journey.StageClearance:  {"to": "offer", "ack": []string{"clearance"}, "role": "clinician"},
	journey.StageOffer:      {"to": "waitlisted"},
	journey.StageWaitlisted: {"to": "offer"},
	journey.StageDeposit:    {"to": "booked", "ack": []string{"deposit"}},
	journey.StageBooked:     {"to": "pre_arrival", "ack": []string{"confirmed"}},
	journey.StagePreArrival: {"to": "in_program", "ack": []string{"balance"}},
	journey.StageInProgram:  {"to": "aftercare"},
	journey.StageAftercare:  {"to": "in_program"},
}

// aDeadline is one that can be extended, and a later instant for it.
func aDeadline(t *testing.T, stay *worldtest.Stay) (string, time.Time) {
	t.Helper()
	for _, deadline := range status(t, stay).NextDeadlines {
		switch deadline.Name {
		case "arrival", "departure":
			continue
		}
		return deadline.Name, deadline.At.Add(day)
	}
	t.Fatal("no deadline")
	return "", time.Time{}
}
