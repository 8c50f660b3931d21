package records

import (
	"context"
	"errors"
	"strings"

	"go.temporal.io/sdk/workflow"

	"guestjourney/activities/failure"
	"guestjourney/activities/options"
)

// Prefix of the registered activity names.
const Prefix = "records."

// MediaType is that of a session's record.
const MediaType = "application/zip"

// Activities are the registered activities of the port.
type Activities struct {
	Source Source
	Filing Filing
}

// File is the activity behind the helper of the same name.
func (a *Activities) File(ctx context.Context, command options.Command[Request]) (Filed, error) {
	return options.Perform(ctx, command, failure.ToTemporal, a.file)
}

// file hands the record on as it comes: it may be a hundred megabytes.
func (a *Activities) file(ctx context.Context, effect options.Effect, request Request) (filed Filed, err error) {
	content, err := a.Source.Record(ctx, request.Session, request.Log)
	if err != nil {
		return Filed{}, err
	}
	defer func() { err = errors.Join(err, content.Close()) }()
	return a.Filing.File(ctx, effect, Document{Name: NameOf(request.Session), MediaType: MediaType, Content: content})
}

// NameOf is the file name of a session's record. What a name cannot have becomes
// its bytes in hex behind a _, so that two sessions never share one.
func NameOf(session string) string {
	const hex = "0123456789abcdef"
	var name strings.Builder
	for _, b := range []byte(session) {
		switch {
		case b >= 'a' && b <= 'z', b >= '0' && b <= '9', b == '-':
			name.WriteByte(b)
		default:
			name.Write([]byte{'_', hex[b>>4], hex[b&15]})
		}
	}
	return name.String() + ".zip"
}

// File schedules the writing and filing of a session's record.
func File(ctx workflow.Context, effect options.Effect, request Request) options.Result[Filed] {
	return options.Mutate[Request, Filed](ctx, options.Record, options.QueueRecords, Prefix+"File", "file the session's record", effect, request)
}
