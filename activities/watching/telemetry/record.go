package telemetry

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"

	"guestjourney/activities/failure"
	"guestjourney/activities/provider"
	"guestjourney/activities/records"
)

const (
	// RecordsName is the provider layer's name of the telemetry process for records:
	// they take minutes, and must not hold up what is told in between.
	RecordsName = "telemetry-records"
	// MaxRecord is far above a day of twelve leads.
	MaxRecord = 4 << 30
)

// Source has the telemetry process write records. It may be used by many
// goroutines.
type Source struct{ desk *Desk }

var _ records.Source = (*Source)(nil)

// NewSource returns a Source; see New. Its client must allow for answers of
// MaxRecord.
func NewSource(secret string, out *provider.Client) (*Source, error) {
	desk, err := New(secret, out)
	if err != nil {
		return nil, err
	}
	return &Source{desk}, nil
}

// Record begins to write a session's record.
func (s *Source) Record(ctx context.Context, session string, log json.RawMessage) (io.ReadCloser, error) {
	const operation = "sessions.record"
	request, err := s.desk.request(ctx, operation, http.MethodPost, session, "/record", log)
	if err != nil {
		return nil, err
	}
	trace := &provider.Trace{Operation: operation}
	answer, err := s.desk.out.HTTPClient(ctx, trace).Do(request)
	if err != nil {
		return nil, s.desk.out.Classify(operation, 0, "", nil, trace, err)
	}
	whole := answer.Header.Get("Content-Type") == records.MediaType
	if answer.StatusCode == http.StatusOK && whole {
		return &content{answer.Body, s.desk.out, trace}, nil
	}
	defer func() { _ = answer.Body.Close() }()
	if _, err = io.Copy(io.Discard, answer.Body); answer.StatusCode == http.StatusOK {
		return nil, &failure.Error{Provider: RecordsName, Operation: operation, Class: failure.Ambiguous, Status: http.StatusOK, Advice: "what answers there is no telemetry process"}
	}
	return nil, s.desk.out.Classify(operation, answer.StatusCode, "", answer.Header, trace, err)
}

// content is a record that is being read. One that breaks off can be asked for
// again.
type content struct {
	io.ReadCloser
	out   *provider.Client
	trace *provider.Trace
}

// Read implements io.Reader.
func (c *content) Read(into []byte) (int, error) {
	n, err := c.ReadCloser.Read(into)
	if err == nil || errors.Is(err, io.EOF) {
		return n, err
	}
	return n, c.out.Classify(c.trace.Operation, 0, "", nil, c.trace, err)
}
