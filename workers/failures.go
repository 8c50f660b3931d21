package main

import (
	"context"
	"fmt"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/interceptor"

	"guestjourney/activities/failure"
)

// failures counts failed attempts of activities by error class: the class is
// what decides whether a step goes on by itself or waits for a person.
type failures struct {
	interceptor.WorkerInterceptorBase
	attempts metric.Int64Counter
}

func newFailures(meter metric.Meter) (*failures, error) {
	attempts, err := meter.Int64Counter("guestjourney_activity_failures",
		metric.WithDescription("Failed attempts of activities, by error class."))
	if err != nil {
		return nil, fmt.Errorf("metric of failed activities: %w", err)
	}
	return &failures{attempts: attempts}, nil
}

// InterceptActivity stands before every activity.
func (f *failures) InterceptActivity(_ context.Context, next interceptor.ActivityInboundInterceptor) interceptor.ActivityInboundInterceptor {
	counted := &countedActivity{failures: f}
	counted.Next = next
	return counted
}

type countedActivity struct {
	interceptor.ActivityInboundInterceptorBase
	failures *failures
}

// ExecuteActivity counts how the activity ended, if it failed.
func (c *countedActivity) ExecuteActivity(ctx context.Context, in *interceptor.ExecuteActivityInput) (any, error) {
	result, err := c.Next.ExecuteActivity(ctx, in)
	if err != nil {
		c.failures.attempts.Add(context.WithoutCancel(ctx), 1, metric.WithAttributes(
			attribute.String("activity_type", activity.GetInfo(ctx).ActivityType.Name), attribute.String("class", string(failure.ClassOf(err))),
		))
	}
	return result, err
}
