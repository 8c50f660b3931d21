// Package records is the port for filing the written record of a session.
//
// Called by SessionMonitor at the session's end, and on demand. It owns the way of a
// record from where it is written to where it is kept, and promises that the record
// never passes through Temporal: what enters a history is where it lies, its hash and
// its size. An EMR will serve the port; until then a folder does.
package records

import (
	"context"
	"encoding/json"
	"io"

	"guestjourney/activities/options"
)

// Request asks for the record of a session to be written and filed.
type Request struct {
	Session string `json:"session"` // the workflow's ID
	// Log is who was told and who saw to it: JSON, for the source to read.
	Log json.RawMessage `json:"log"`
}

// Filed is where a record lies.
type Filed struct {
	Ref    string `json:"ref"`    // the place's own name for it; no personal data
	SHA256 string `json:"sha256"` // lower-case hex
	Bytes  int64  `json:"bytes"`
}

// Document is what is filed. Content is read once, to its end.
type Document struct {
	Name      string // a file name: small letters, digits, - . and _
	MediaType string
	Content   io.Reader
}

// Source writes records. Errors are *failure.Error.
type Source interface {
	// Record begins to write a session's record. An error of the reader is one too:
	// what was read until then is no record.
	Record(ctx context.Context, session string, log json.RawMessage) (io.ReadCloser, error)
}

// Filing is where records are kept. Errors are *failure.Error.
type Filing interface {
	// File keeps a document. The same content under the same name is kept once, and
	// has the same reference, whoever files it how often; another content is a
	// further version, and takes nothing away. A document whose content cannot be
	// read to its end is not kept at all.
	File(context.Context, options.Effect, Document) (Filed, error)
}
