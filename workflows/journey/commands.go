package journey

import (
	"fmt"
	"slices"

	"go.temporal.io/sdk/workflow"

	"guestjourney/workflows/kit"
)

// Names of the updates that a GuestJourney offers besides those of the kit.
const (
	UpdateApproveClearance = "approve_clearance"
	UpdateDeclineClearance = "decline_clearance"
	UpdateRevokeClearance  = "revoke_clearance"
	UpdateRequestInfo      = "request_info"
	UpdateMergeInto        = "merge_into"
	UpdateExtendDeadline   = "extend_deadline"
	UpdateOverrideStage    = "override_stage"
	UpdateMarkAttendance   = "mark_attendance"
	UpdateRefund           = "refund"
	UpdateOptOut           = "opt_out"
	UpdateOptIn            = "opt_in"
	UpdateNote             = "note"
	UpdateAssign           = "assign"
	UpdatePrepareSession   = "prepare_session"
	UpdateReleaseSession   = "release_session"
)

// roles says who may give which command: the only place that does. A role that
// a command needs in some cases only is asked for by the command itself.
var roles = kit.Roles{
	kit.UpdateHold:       {kit.RoleOperator, kit.RoleManager, kit.RoleClinician},
	kit.UpdateRelease:    {kit.RoleOperator, kit.RoleManager, kit.RoleClinician},
	kit.UpdateCancel:     {kit.RoleOperator, kit.RoleManager},
	kit.UpdateReschedule: {kit.RoleOperator, kit.RoleManager},
	kit.UpdateRetryStep:  {kit.RoleOperator, kit.RoleManager, kit.RoleEngineer},
	kit.UpdateSkipStep:   {kit.RoleOperator, kit.RoleManager, kit.RoleEngineer},

	UpdateApproveClearance: {kit.RoleClinician},
	UpdateDeclineClearance: {kit.RoleClinician},
	UpdateRevokeClearance:  {kit.RoleClinician},
	UpdateRequestInfo:      {kit.RoleClinician},

	UpdateMergeInto:      {kit.RoleOperator, kit.RoleManager},
	UpdateExtendDeadline: {kit.RoleOperator, kit.RoleManager},
	UpdateOverrideStage:  {kit.RoleManager, kit.RoleClinician},
	UpdateMarkAttendance: {kit.RoleOperator, kit.RoleManager, kit.RoleClinician},
	UpdateRefund:         {kit.RoleManager},
	UpdateOptOut:         {kit.RoleOperator, kit.RoleManager},
	UpdateOptIn:          {kit.RoleOperator, kit.RoleManager},
	UpdateAssign:         {kit.RoleOperator, kit.RoleManager},
	UpdatePrepareSession: {kit.RoleOperator, kit.RoleManager, kit.RoleClinician},
	UpdateReleaseSession: {kit.RoleClinician},
	// note is open to every role.
}

// offerCommands sets every handler and channel, before the first wait.
func (j *journey) offerCommands(ctx workflow.Context) {
	j.core.Restrict(roles)
	j.receive(ctx)
	kit.OfferCommands(ctx, j.core,
		func() { j.ask(Chore{Kind: "hold"}) },
		func(fireMissed string) { j.ask(Chore{Kind: "release", Missed: fireMissed}) })
	j.offerCancel(ctx)
	j.offerReschedule(ctx)
	j.offerApproval(ctx)
	j.offerRequestInfo(ctx)
	j.offerRefusal(ctx)
	j.offerMerge(ctx)
	j.offerExtension(ctx)
	j.offerOverride(ctx)
	j.offerAttendance(ctx)
	j.offerRefund(ctx)
	j.offerChannels(ctx)
	j.offerNote(ctx)
	j.offerAssign(ctx)
	j.offerCalls(ctx)
	j.offerMonitoring(ctx)
	j.offerQueries(ctx)
	j.core.DivertWhen(j.mustDivert)
}

// offerQueries sets every query.
func (j *journey) offerQueries(ctx workflow.Context) {
	kit.OnQuery(ctx, kit.QueryStatus, "Where the journey stands, what it waits for, and the last commands.", j.overview)
	kit.OnQuery(ctx, kit.QueryTimeline, "What happened.", func() []kit.Line { return j.state.Common.Timeline })
	kit.OnQuery(ctx, kit.QueryNextDeadlines, "What happens next by itself.", j.core.NextDeadlines)
	kit.OnQuery(ctx, kit.QueryMoney, "What the payment plan told last.", func() Money { return j.state.Money })
	kit.OnQuery(ctx, QueryExplain, "Why the guest is not moving, what would help, and when a person is asked.", j.explain)
	kit.OfferAllowed(ctx, j.core)
	kit.OnQueryWith(ctx, QueryPreviewCancel, "What a cancellation would give back, release and send; it changes nothing.",
		func(ask AskCancel) (CancelPreview, error) { return j.previewCancel(ask, workflow.Now(ctx)) })
	kit.OnQueryWith(ctx, QueryPreviewReschedule, "What moving the session would conflict with, drop and create; it changes nothing.",
		func(ask AskReschedule) (ReschedulePreview, error) { return j.previewReschedule(ask, workflow.Now(ctx)) })
}

// mustDivert: a cancel or a turn leaves the way at once; a chore lets the stage be
// entered again after it.
func (j *journey) mustDivert() bool {
	return ((j.state.Cancel != nil || j.state.Turn != nil) && !j.leavingForGood()) || len(j.state.Chores) > 0
}

// open is the gate of what makes sense until the journey is over.
func (j *journey) open() error {
	if slices.Contains(terminals, j.state.Stage) {
		return fmt.Errorf("the journey is over: %s", j.shownStage())
	}
	return nil
}

// onTheWay is the gate of what moves the journey or its money: it is neither
// over nor ending, and no other command moves it.
func (j *journey) onTheWay() error {
	switch {
	case j.open() != nil:
		return j.open()
	case j.state.Cancel != nil || j.state.Stage == StageCancelling:
		return fmt.Errorf("the journey is being cancelled")
	case j.state.Turn != nil || j.asked("merge"):
		return fmt.Errorf("another command is moving the journey; ask again in a moment")
	}
	return nil
}

// asked says whether a chore of this kind is still to be passed on.
func (j *journey) asked(kind string) bool {
	return slices.ContainsFunc(j.state.Chores, func(chore Chore) bool { return chore.Kind == kind })
}

// turnTo lets a command move the journey elsewhere.
func (j *journey) turnTo(stage, commandID string) kit.Verdict {
	j.state.Turn = &Turn{To: stage, CommandID: commandID}
	return kit.Verdict{Pending: true, Detail: "on the way to " + stage}
}

// ahead says whether the journey has still to come to a stage of its way.
func (j *journey) ahead(stage string) bool {
	return j.state.Stage == StageWaitlisted || slices.Index(way, j.state.Stage) < slices.Index(way, stage)
}
