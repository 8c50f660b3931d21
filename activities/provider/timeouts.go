package provider

import "time"

// timeouts bounds one call of each provider, from the wait for its rate to the
// last byte of the answer. Each is shorter than options.Outside.StartToClose,
// so that the adapter's error arrives and not Temporal's timeout; those of pages
// and of the telemetry process are shorter than options.Page.StartToClose, that of
// records than options.Record.StartToClose.
var timeouts = map[string]time.Duration{
	"google":            20 * time.Second,
	"hubspot":           15 * time.Second,
	"secretsmanager":    5 * time.Second,
	"sendgrid":          15 * time.Second,
	"sendgrid-paging":   5 * time.Second,
	"stripe":            30 * time.Second,
	"telemetry":         4 * time.Second,
	"telemetry-records": 14 * time.Minute,
	"twilio":            15 * time.Second,
	"twilio-paging":     5 * time.Second,
	"whatsapp":          10 * time.Second,
}
