package main

import (
	"cmp"
	"context"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/worker"

	"guestjourney/activities/calendar"
	"guestjourney/activities/crm"
	"guestjourney/activities/directory"
	"guestjourney/activities/email"
	"guestjourney/activities/health"
	"guestjourney/activities/options"
	"guestjourney/activities/paging"
	"guestjourney/activities/payments"
	"guestjourney/activities/programs"
	"guestjourney/activities/records"
	"guestjourney/activities/rotation"
	"guestjourney/activities/sms"
	"guestjourney/activities/timetable"
	"guestjourney/activities/watching"
	"guestjourney/activities/wording"
	"guestjourney/workflows"
	"guestjourney/workflows/kit"
)

// inside are the implementations of activities that never leave the house.
type inside struct {
	register  directory.Register
	catalogue programs.Catalogue
	desk      health.Desk
	// rota is nil without a staff file.
	rota paging.Rota
}

// queue is one task queue and what this process does for it.
type queue struct {
	name string
	// rate is the activities per second over all workers; 0 is no limit.
	rate      float64
	workflows bool
	// sticky is how long a workflow task waits for the worker that has the workflow
	// in memory; 0 is the setting's.
	sticky   time.Duration
	register func(worker.Worker)
}

// sessionsSticky is short: a page waits for it when a worker dies.
const sessionsSticky = time.Second

// queues lists them all: one for what stays inside, one for each capability
// that goes outside, so that a slow vendor holds up nobody else.
func queues(set settings, out *adapters, in inside) []queue {
	book := &wording.Book{GuestAppURL: set.GuestAppURL, Sender: set.PropertyName}
	policy := kit.Policy{AllowPlaintext: func() bool { return set.AllowPlaintext }}
	all := []queue{
		{name: options.QueueJourneys, workflows: true, register: func(w worker.Worker) {
			workflows.RegisterJourneys(w, policy)
			named(w, programs.Prefix, &programs.Activities{Catalogue: in.catalogue})
			named(w, timetable.Prefix, &timetable.Activities{})
			named(w, directory.Prefix, &directory.Activities{Register: in.register})
			named(w, health.Prefix, &in.desk)
		}},
		{name: options.QueuePayments, rate: set.Stripe.Rate, register: func(w worker.Worker) {
			named(w, payments.Prefix, &payments.Activities{Gateway: out.payments})
			named(w, health.Prefix, &health.Activities{Provider: out.payments})
		}},
		{name: options.QueueCRM, rate: set.HubSpot.Rate, register: func(w worker.Worker) {
			named(w, crm.Prefix, &crm.Activities{Book: out.crm})
			named(w, health.Prefix, &health.Activities{Provider: out.crm})
		}},
		{name: options.QueueEmail, rate: set.SendGrid.Rate, register: func(w worker.Worker) {
			named(w, email.Prefix, &email.Activities{Sender: out.email, Wording: book})
			named(w, health.Prefix, &health.Activities{Provider: out.email})
		}},
		{name: options.QueueSMS, rate: set.Twilio.Rate, register: func(w worker.Worker) {
			named(w, sms.Prefix, &sms.Activities{Sender: out.sms, Wording: book})
			named(w, health.Prefix, &health.Activities{Provider: out.sms})
		}},
		{name: options.QueueCalendar, rate: set.Google.Rate, register: func(w worker.Worker) {
			named(w, calendar.Prefix, &calendar.Activities{Diary: out.calendar})
			named(w, health.Prefix, &health.Activities{Provider: out.calendar})
		}},
		{name: options.QueueSecrets, rate: secretsRate, register: func(w worker.Worker) {
			named(w, rotation.Prefix, &rotation.Activities{Vault: out.vault})
		}},
	}
	if in.rota == nil {
		return all
	}
	return append(all, queue{name: options.QueueSessions, workflows: true, sticky: sessionsSticky, register: func(w worker.Worker) {
		workflows.RegisterSessions(w, policy)
		named(w, paging.Prefix, &paging.Activities{Rota: in.rota, Pagers: out.pagers, Outbox: out.telemetry})
		named(w, watching.Prefix, &watching.Activities{Desk: out.telemetry})
	}}, queue{name: options.QueueRecords, register: func(w worker.Worker) {
		named(w, records.Prefix, &records.Activities{Source: out.records, Filing: out.filing})
	}})
}

// secretsRate is below what AWS allows for changes: 50 a second.
const secretsRate = 10

// named registers the methods of a port's struct as "<prefix><method>".
func named(w worker.Worker, prefix string, activities any) {
	w.RegisterActivityWithOptions(activities, activity.RegisterOptions{Name: prefix})
}

// workflowPollers keeps pollers of the common queue apart from those of the
// worker's own sticky one. The SDK's default is two mixed pollers: once both
// have followed an old hint to a sticky queue that has become empty, nothing is
// taken from the common queue until their polls end, a minute later. That is
// what happens when many workflows lose their place in the cache at once.
func workflowPollers() worker.PollerBehavior {
	return worker.NewPollerBehaviorAutoscaling(worker.PollerBehaviorAutoscalingOptions{
		InitialNumberOfPollers: 4, MinimumNumberOfPollers: 2, MaximumNumberOfPollers: 20,
	})
}

// newWorker makes the worker of one queue. Activities run under the given
// context, which ends when they are interrupted.
func newWorker(activities context.Context, temporal client.Client, set settings, q queue, counted interceptor.WorkerInterceptor, fatal func(error)) worker.Worker {
	w := worker.New(temporal, q.name, worker.Options{
		DisableWorkflowWorker:        !q.workflows,
		TaskQueueActivitiesPerSecond: q.rate,
		WorkflowTaskPollerBehavior:   workflowPollers(),
		StickyScheduleToStartTimeout: cmp.Or(q.sticky, set.StickyTimeout),
		WorkerStopTimeout:            set.StopTimeout,
		BackgroundActivityContext:    activities,
		Interceptors:                 []interceptor.WorkerInterceptor{counted},
		OnFatalError:                 fatal,
	})
	q.register(w)
	return w
}
