// Package watchingtest is somebody who watches every session, for tests of what is
// about something else.
//
// Called by tests that serve SessionMonitor. It promises that a session is watched
// from its start to its end and that its record is filed, which nobody looks at.
package watchingtest

import (
	"context"

	"go.temporal.io/sdk/activity"

	"guestjourney/activities/options"
	"guestjourney/activities/records"
	"guestjourney/activities/watching"
)

// Registry is a worker or a test environment.
type Registry interface {
	RegisterActivityWithOptions(activities any, options activity.RegisterOptions)
}

// Register registers the activities by which a session is watched and filed. The one
// that lasts has no heartbeat: on a server it ends after its heartbeat timeout.
func Register(registry Registry) {
	registry.RegisterActivityWithOptions(&watching.Activities{Desk: desk{}}, activity.RegisterOptions{Name: watching.Prefix})
	registry.RegisterActivityWithOptions(file, activity.RegisterOptions{Name: records.Prefix + "File"})
}

func file(context.Context, options.Command[records.Request]) (records.Filed, error) {
	return records.Filed{Ref: "r/1"}, nil
}

type desk struct{}

func (desk) Watch(context.Context, options.Effect, watching.Session) error { return nil }

func (desk) End(context.Context, options.Effect, watching.End) error { return nil }
