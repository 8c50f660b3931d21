package kit

import "go.temporal.io/sdk/workflow"

// Change names one change of workflow code that running journeys must survive.
// A change is added to the list below, asked for with Since, and stays until no
// run from before it is left; replay of every recorded history guards it.
type Change string

// Changes, oldest first. A release adds one change at most, so that a run pays
// for one marker.
const (
	// StaffAlerts: IntegrationHealth tells staff of a provider that goes down.
	StaffAlerts Change = "staff_alerts"
)

// Since says whether this run was started, or reached this place for the first
// time, after the change. Ask unconditionally, before the branch.
func Since(ctx workflow.Context, change Change) bool {
	return workflow.GetVersion(ctx, string(change), workflow.DefaultVersion, 1) > workflow.DefaultVersion
}
