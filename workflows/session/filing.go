package session

import (
	"encoding/json"
	"fmt"

	"go.temporal.io/sdk/workflow"

	"guestjourney/activities/failure"
	"guestjourney/activities/options"
	"guestjourney/activities/records"
	"guestjourney/workflows/kit"
)

// UpdateFileRecord asks for the record as it is now: a kit.Envelope.
const UpdateFileRecord = "file_record"

// record is what the workflow knows of the session by now.
func (m *monitor) record() Record {
	record := Record{
		Session: m.id, GuestRef: m.input.GuestRef, Room: m.input.Room, Device: m.state.Device, Protocol: m.input.Protocol,
		QTcBaseline: m.input.QTcBaseline, StartedAt: m.state.StartedAt, Log: m.state.Log,
	}
	if m.state.How != "" && m.state.Unwatched {
		record.EndedAt, record.How = m.state.Since, m.state.How
	}
	return record
}

func (m *monitor) recordRequest() records.Request {
	log, err := json.Marshal(m.record())
	if err != nil {
		panic("a record of plain fields cannot be written: " + err.Error())
	}
	return records.Request{Session: m.id, Log: log}
}

// fileAtEnd files the record of a session that is over, once. It is fixed before the
// first try: an effect key belongs to one content.
func (m *monitor) fileAtEnd(ctx workflow.Context) error {
	if m.state.Record == "" {
		if len(m.state.Filing) == 0 {
			m.log(ctx, Entry{Kind: EntryEnded, Detail: m.state.How})
			m.state.Filing = m.recordRequest().Log
		}
		filed, err := kit.Do(ctx, m.core, kit.Step[records.Request, records.Filed]{
			Name: "record", Request: records.Request{Session: m.id, Log: m.state.Filing}, Call: records.File,
		})
		if err != nil {
			return err
		}
		m.state.Record, m.state.Filing = filed.Ref, nil
	}
	return nil
}

// offerRecord offers the record while the session lasts.
func (m *monitor) offerRecord(ctx workflow.Context) {
	kit.OnUpdate(ctx, m.core, UpdateFileRecord, "File the record as it is now.",
		func(kit.Envelope) error { return nil },
		func(id string, _ kit.Envelope) kit.Verdict {
			m.state.Records++
			m.underWay++
			workflow.GoNamed(ctx, fmt.Sprintf("record %d", m.state.Records), func(ctx workflow.Context) {
				m.fileNow(ctx, id, m.state.Records)
				m.underWay--
				m.core.Nudge()
			})
			return kit.Verdict{Pending: true, Detail: "is being written"}
		})
}

// fileNow files a record beside the loop. What fails is told, and may be asked for
// again.
func (m *monitor) fileNow(ctx workflow.Context, command string, number int) {
	effect := options.Effect{
		Key: m.core.EffectKey(fmt.Sprintf("record-%d", number), 0), Since: workflow.Now(ctx).UTC(), Run: workflow.GetInfo(ctx).WorkflowExecution.RunID,
	}
	result := records.File(ctx, effect, m.recordRequest())
	await(ctx, result.Future.IsReady)
	filed, err := result.Get(ctx)
	if err != nil {
		m.core.Complete(command, "failed", string(failure.ClassOf(err)))
		return
	}
	m.core.Complete(command, "done", filed.Ref)
}
