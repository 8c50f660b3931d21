package record

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"guestjourney/webhookproxy/telemetry/record/alarmlog"
)

// Version of the record's form.
const Version = 1

// Counts is how much is in a record.
type Counts struct {
	Batches    int `json:"batches"`
	Samples    int `json:"samples"`
	Backfilled int `json:"backfilled"` // of the samples
	Beats      int `json:"beats"`
	// Unreadable are batches that the key ring cannot open: they are in no summary.
	Unreadable    int `json:"unreadable"`
	ECGLeads      int `json:"ecgLeads"`
	ECGUnreadable int `json:"ecgUnreadable"` // pieces of which something cannot be opened
	Gaps          int `json:"gaps"`          // in the sequence of batches
	Alarms        int `json:"alarms"`        // times that a condition lasted
	// MonitorBehindMs is how far the monitor's clock is behind the platform's, with the
	// time that a sample is on its way.
	MonitorBehindMs int64 `json:"monitorBehindMs"`
}

// Summary says what a record has in it; manifest.json is one.
type Summary struct {
	Version  int       `json:"version"`
	Session  string    `json:"session"`
	GuestRef string    `json:"guestRef"`
	From     time.Time `json:"from"`
	To       time.Time `json:"to"`
	Ended    bool      `json:"ended"` // else the session lasts, and To is what was heard last
	Protocol string    `json:"protocol"`
	SignedBy string    `json:"signedBy"` // a code of the staff file
	SignedAt time.Time `json:"signedAt,omitzero"`
	Counts   Counts    `json:"counts"`
	// AlarmLog is the hash of the last line of alarms.log.
	AlarmLog string `json:"alarmLog"`
	Note     string `json:"note"`
	Files    []File `json:"files"` // all but manifest.json
}

// write writes the files. The manifest is the last, as it has the others' hashes.
func (e *export) write(ctx context.Context, out *archive) (Summary, error) {
	hash := ""
	for _, one := range []struct {
		name string
		fill func(io.Writer) error
	}{
		{"vitals.csv", func(w io.Writer) error { return e.vitals(ctx, w) }},
		{"beats.csv", func(w io.Writer) error { return e.beats(ctx, w) }},
		{"minutes.csv", e.minuteTable},
		{"gaps.csv", e.gapTable},
		{"alarms.csv", e.alarmTable},
		{"alarms.log", func(w io.Writer) (err error) { hash, err = e.alarmLog(w); return err }},
		{"fhir.json", e.resources},
	} {
		if err := out.file(one.name, one.fill); err != nil {
			return Summary{}, err
		}
	}
	if err := e.ecgFiles(ctx, out); err != nil {
		return Summary{}, err
	}
	if err := out.file("summary.html", e.html); err != nil {
		return Summary{}, err
	}
	summary := e.summary(hash, out.files)
	if err := out.file("manifest.json", summary.manifest); err != nil {
		return Summary{}, err
	}
	return summary, out.close()
}

func (e *export) summary(hash string, files []File) Summary {
	return Summary{
		Version: Version, Session: e.session.Session, GuestRef: e.session.GuestRef,
		From: e.period.From, To: e.period.To, Ended: e.over(),
		Protocol: e.session.Protocol.Code, SignedBy: e.session.Protocol.SignedBy, SignedAt: e.session.Protocol.SignedAt.UTC(),
		Counts: e.counts, AlarmLog: hash, Note: Primary, Files: files[:len(files):len(files)],
	}
}

func (s Summary) manifest(w io.Writer) error {
	err := json.MarshalWrite(w, s, json.Deterministic(true), jsontext.WithIndent("  "))
	if err != nil {
		return fmt.Errorf("write manifest.json: %w", err)
	}
	return nil
}

// alarmLog writes every event, chained, and returns the hash of the last line.
func (e *export) alarmLog(w io.Writer) (string, error) {
	log, err := alarmlog.NewWriter(w, e.session.Session)
	if err != nil {
		return "", err
	}
	for _, one := range e.events {
		if err := log.Add(one); err != nil {
			return "", err
		}
	}
	return log.Close()
}
