package integration

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"guestjourney/activities/options"
	"guestjourney/activities/programs"
	"guestjourney/workflows/journey"
)

// walks are the scenarios of testdata/costs.json, as code.
var walks = map[string]struct {
	program programs.Program
	walk    func(*walker)
	// statuses is how many messages the providers tell of; 0 means all.
	statuses int
}{
	"stay":         {program: measured(), walk: (*walker).stays},
	"cancellation": {program: measured(), walk: (*walker).cancels},
	"reschedule":   {program: measured(), walk: (*walker).reschedules},
	"no response":  {program: silent(), walk: (*walker).keepsSilent},
	"full stay":    {program: costly(), walk: (*walker).stays, statuses: 8},
	"medical stay": {program: cleared(), walk: (*walker).stays},
}

// measured is the quick program with its instants so far apart that no two of
// them meet in one task, on a slow machine too.
func measured() programs.Program {
	program := quick()
	program.Pace.StartToClose = seconds(30)
	program.Deadlines.BalanceBefore, program.Deadlines.ArrivalCheckBefore = seconds(6), seconds(3)
	program.Deadlines.LateWindow, program.Deadlines.AttendanceAfter = seconds(6), seconds(1)
	program.Length = seconds(8)
	program.Session.After = seconds(2)
	program.CheckIns = []options.Duration{seconds(2), seconds(4)}
	program.Pace.UndoGrace = seconds(1) // a move is told well before its reminders, which it would else replace
	return program
}

func silent() programs.Program {
	program := measured()
	program.Deadlines.Conversing = seconds(12)
	return program
}

// cleared is measured with the questionnaire, the review, and the two looks at
// the clearance before the arrival.
func cleared() programs.Program {
	program, care := measured(), medical()
	program.Stages = care.Stages
	program.Deadlines.Screening, program.Deadlines.ScreeningNudge = care.Deadlines.Screening, care.Deadlines.ScreeningNudge
	program.Deadlines.ClearanceReview, program.Deadlines.NoShowGrace = care.Deadlines.ClearanceReview, care.Deadlines.NoShowGrace
	program.Deadlines.ClearanceChecks = []options.Duration{seconds(10), seconds(8)}
	return program
}

// costly is the program of a stay with 40 effects.
func costly() programs.Program {
	program := measured()
	both := []string{"sms", "email"}
	program.Session.Reminders = []programs.Reminder{
		{Name: "28d", Before: seconds(12), Channels: both}, {Name: "7d", Before: seconds(10), Channels: both},
		{Name: "3d", Before: seconds(8), Channels: both}, {Name: "24h", Before: seconds(6), Channels: both},
		{Name: "1h", Before: seconds(4), Channels: both},
	}
	program.CheckIns = []options.Duration{seconds(2), seconds(4), seconds(6), seconds(8)}
	return program
}

// TestCosts plays every scenario of testdata/costs.json, one fact at a time. It
// holds what happened against the declaration, what that used against the
// formula, and both against the table.
func TestCosts(t *testing.T) {
	t.Parallel()
	update := os.Getenv("UPDATE_COSTS") == "1"
	list, table, runs := declarations(t), readCosts(t), &recorded{all: map[string]map[string]cost{}}
	t.Run("scenarios", func(t *testing.T) {
		for _, s := range list {
			t.Run(s.Name, func(t *testing.T) {
				w := enter(t, s)
				walks[s.Name].walk(w)
				w.rest()
				w.agrees()
				used := w.measure()
				t.Logf("%+v", used)
				within(t, s, used)
				if !update {
					compare(t, s, table[s.Name], used)
				}
				runs.add(s, used)
			})
		}
	})
	if update && !t.Failed() {
		require.NoError(t, os.WriteFile(costsFile, []byte(runs.table(list)), 0o644)) //nolint:gosec // the table is public
	}
}

// within holds what was used against the formula. A message that met another in
// its task saves that task's three events, and perhaps an upsert.
func within(t *testing.T, s scenario, used map[string]cost) {
	t.Helper()
	for name, d := range s.Workflows {
		bill, got := d.bill(), used[name]
		assert.LessOrEqual(t, got.Tasks, bill.tasks(), "%s: workflow tasks", name)
		assert.GreaterOrEqual(t, got.Tasks, bill.tasks()-d.MayMerge, "%s: fewer tasks than declared; declare what is shared", name)
		assert.LessOrEqual(t, got.Upserts, bill.upserts, "%s: upserts", name)
		assert.GreaterOrEqual(t, got.Upserts, bill.upserts-d.MayMerge, "%s: fewer upserts than declared", name)
		assert.LessOrEqual(t, bill.upserts, d.visible(), "%s: more is said to be shown than can change", name)
		assert.Equal(t, bill.events()-3*bill.tasks()-bill.upserts, got.Events-3*got.Tasks-got.Upserts, "%s: events beside tasks and upserts", name)
		assert.Equal(t, bill.actions()-bill.upserts, got.Actions-got.Upserts, "%s: actions beside upserts", name)
	}
	if s.Promise == nil {
		return
	}
	assert.Equal(t, s.Promise.Effects, sum(s.total(func(d declared) map[string]int { return d.Effects })), "effects of the scenario")
	assert.Equal(t, s.Promise.Facts, sum(s.total(func(d declared) map[string]int { return d.Facts })), "facts of the scenario")
	assert.LessOrEqual(t, used[journey.Type].Events, s.Promise.Events, "events of the journey")
	assert.LessOrEqual(t, used[journey.Type].Bytes, s.Promise.Bytes, "bytes of the journey's history")
}
