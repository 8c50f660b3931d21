package main

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"go.opentelemetry.io/otel/metric"

	"guestjourney/activities/email/sendgrid"
	"guestjourney/activities/paging"
	"guestjourney/activities/paging/mail"
	pagingtwilio "guestjourney/activities/paging/twilio"
	"guestjourney/activities/provider"
	"guestjourney/activities/records/folder"
	"guestjourney/activities/watching/telemetry"
	"guestjourney/internal/config"
	wire "guestjourney/internal/paging"
	"guestjourney/internal/secrets"
	"guestjourney/internal/staff"
)

const (
	// pagesRate is the pages per second of this process and channel: fifty at one
	// instant leave within it. The queue has no rate, which would hold up the rest.
	pagesRate = 50
	// staffEvery is how often the staff file is read again.
	staffEvery = 5 * time.Second
)

// openStaff opens the staff file and watches it until the returned function is
// called. Without one there is nobody to page, and the queue of sessions is not
// served.
func (s settings) openStaff(ctx context.Context, logger *slog.Logger) (paging.Rota, func(), error) {
	if s.StaffFile == "" {
		return nil, func() {}, nil
	}
	file, err := staff.Open(s.StaffFile, time.Now)
	if err != nil {
		return nil, nil, &config.Error{Problems: []string{err.Error()}} // it names the variable
	}
	ctx, cancel := context.WithCancel(ctx)
	var watching sync.WaitGroup
	watching.Go(func() { file.Watch(ctx, staffEvery, logger) })
	return file, func() { cancel(); watching.Wait() }, nil
}

// openRecords makes the way of records, and opens the folder where they are kept.
func (a *adapters) openRecords(set settings, logger *slog.Logger, meter metric.Meter) error {
	out, err := provider.New(provider.Config{Name: telemetry.RecordsName, BaseURL: set.TelemetryURL, MaxBody: telemetry.MaxRecord, Timeout: set.callTimeout, Logger: logger, Meter: meter})
	if err != nil {
		return err
	}
	a.clients = append(a.clients, out)
	if a.records, err = telemetry.NewSource(set.TelemetrySecret, out); err != nil {
		return err
	}
	if a.filing, err = folder.Open(set.RecordsDir); err != nil {
		return config.Invalid("RECORDS_DIR", err.Error())
	}
	return nil
}

// openPagers makes the channels of pages, apart from the adapters that serve
// guests: their trouble, rate and circuits are none of a page's.
func (a *adapters) openPagers(set settings, keys *secrets.Cache, outside func(name, base string, callRate float64) (*provider.Client, error)) error {
	out, err := outside(pagingtwilio.Name, set.Twilio.BaseURL, pagesRate)
	if err != nil {
		return config.Invalid("TWILIO_*", err.Error())
	}
	phones, err := pagingtwilio.New(wire.Config{
		AccountSID: set.Twilio.AccountSID, APIKeySID: set.Twilio.APIKeySID, APIKeySecret: set.Twilio.APIKeySecret,
		From: set.Twilio.From, CallFrom: set.Twilio.CallFrom,
	}, out)
	if err != nil {
		return config.Invalid("TWILIO_*", err.Error())
	}
	if out, err = outside(mail.Name, set.SendGrid.BaseURL, pagesRate); err != nil {
		return config.Invalid("SENDGRID_*", err.Error())
	}
	sender, err := sendgrid.New(sendgrid.Config{APIKey: keys.Named(secrets.SendGridAPIKey), From: set.SendGrid.From, FromName: set.SendGrid.FromName}, out)
	if err != nil {
		return config.Invalid("SENDGRID_*", err.Error())
	}
	mails, err := mail.New(sender)
	if err != nil {
		return config.Invalid("SENDGRID_*", err.Error())
	}
	a.pagers = map[paging.Channel]paging.Pager{paging.SMS: phones, paging.Voice: phones, paging.Email: mails}
	return nil
}
