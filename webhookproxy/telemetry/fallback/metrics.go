package fallback

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	ports "guestjourney/activities/paging"
)

// outcome is what became of one try of a page.
type outcome string

const (
	handed        outcome = "handed" // a provider has taken it
	failed        outcome = "failed"
	undeliverable outcome = "undeliverable"
)

// newPages counts tries. Each way and outcome begins at zero: else the first page of
// a process is no increase, and no alert sees it.
func newPages(meter metric.Meter) (metric.Int64Counter, error) {
	pages, err := meter.Int64Counter("guestjourney_telemetry_fallback_pages", metric.WithDescription("Tries of fallback pages, by channel and outcome."))
	if err != nil {
		return nil, err
	}
	for _, channel := range []ports.Channel{ports.SMS, ports.Voice} {
		for _, one := range []outcome{handed, failed, undeliverable} {
			pages.Add(context.Background(), 0, labels(channel, one))
		}
	}
	return pages, nil
}

func labels(channel ports.Channel, became outcome) metric.AddOption {
	return metric.WithAttributes(attribute.String("channel", string(channel)), attribute.String("outcome", string(became)))
}
