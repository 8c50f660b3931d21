package records_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/testsuite"

	"guestjourney/activities/failure"
	"guestjourney/activities/options"
	"guestjourney/activities/records"
)

// source writes one text, and knows what it was asked for.
type source struct {
	err     error
	session string
	log     string
	closed  bool
}

func (s *source) Record(_ context.Context, session string, log json.RawMessage) (io.ReadCloser, error) {
	s.session, s.log = session, string(log)
	return &content{Reader: strings.NewReader("a record with values in it"), source: s}, s.err
}

type content struct {
	io.Reader
	source *source
}

func (c *content) Close() error {
	c.source.closed = true
	return nil
}

// filing keeps what it got last.
type filing struct {
	document records.Document
	text     string
}

func (f *filing) File(_ context.Context, _ options.Effect, document records.Document) (records.Filed, error) {
	text, err := io.ReadAll(document.Content)
	f.document, f.text = document, string(text)
	return records.Filed{Ref: "r/1", SHA256: "00ff", Bytes: int64(len(text))}, err
}

func run(t *testing.T, from *source, to *filing) (records.Filed, string, error) {
	t.Helper()
	env := (&testsuite.WorkflowTestSuite{}).NewTestActivityEnvironment()
	env.RegisterActivityWithOptions(&records.Activities{Source: from, Filing: to}, activity.RegisterOptions{Name: records.Prefix})
	encoded, err := env.ExecuteActivity("records.File", options.Command[records.Request]{
		Effect:  options.Effect{Key: "session/s1/0123456789ab/record/1", FirstTry: true},
		Request: records.Request{Session: "session/s1", Log: json.RawMessage(`{"log":[]}`)},
	})
	var filed records.Filed
	if err != nil {
		return filed, "", err
	}
	require.NoError(t, encoded.Get(&filed))
	var raw json.RawMessage
	require.NoError(t, encoded.Get(&raw))
	return filed, string(raw), nil
}

func TestARecordGoesFromItsSourceToItsPlace(t *testing.T) {
	from, to := &source{}, &filing{}
	filed, raw, err := run(t, from, to)
	require.NoError(t, err)
	assert.Equal(t, records.Filed{Ref: "r/1", SHA256: "00ff", Bytes: 26}, filed)
	assert.JSONEq(t, `{"ref":"r/1","sha256":"00ff","bytes":26}`, raw, "nothing else enters the history")
	assert.Equal(t, []string{"session/s1", `{"log":[]}`}, []string{from.session, from.log})
	assert.Equal(t, []string{"session_2fs1.zip", "application/zip"}, []string{to.document.Name, to.document.MediaType})
	assert.Equal(t, "a record with values in it", to.text)
	assert.True(t, from.closed)
}

func TestAFailureKeepsItsClass(t *testing.T) {
	from := &source{err: &failure.Error{Provider: "telemetry", Operation: "record", Class: failure.Permanent, Status: 404}}
	_, _, err := run(t, from, &filing{})
	require.Equal(t, failure.Permanent, failure.ClassOf(err))
	from.err = errors.New("something with a value in it")
	_, _, err = run(t, from, &filing{})
	require.NotContains(t, err.Error(), "value in it")
}

func TestTwoSessionsNeverShareAName(t *testing.T) {
	names := map[string]bool{}
	for _, session := range []string{"session/s1", "session-s1", "session_2fs1", "session/S1", "session/../s1", "session/s1.zip", "session/é"} {
		name := records.NameOf(session)
		require.Regexp(t, `^[a-z0-9_-]+\.zip$`, name)
		require.False(t, names[name], session)
		names[name] = true
	}
}
