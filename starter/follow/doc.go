// Package follow tells what happens in a workflow, while it happens.
//
// Called by `starter watch` and by `starter dev`, which print the same changes
// in their own ways. It owns the following of histories: the workflow's, its
// payment plan's and its appointment's. It asks the workflow where it stands
// only after its history has grown, and never in a loop. It promises that no
// change is told twice, that a worker that does not answer is told and waited
// for, and that a workflow that continues as new is followed on.
package follow
