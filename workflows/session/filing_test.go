package session_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"guestjourney/activities/failure"
	"guestjourney/workflows/kit"
	"guestjourney/workflows/session"
)

// TestTheRecordSaysWhoWasToldAndWhoSawToIt: it is filed at the end, and on demand, and
// the journey learns where it is.
func TestTheRecordSaysWhoWasToldAndWhoSawToIt(t *testing.T) {
	p := newPlay(t)
	p.transition(10*second, brady, session.Raised, session.Critical)
	p.acknowledge(20*second, brady)
	p.transition(30*second, brady, session.Cleared, session.Critical)
	p.give(40*second, session.UpdateFileRecord, nurse())
	p.Renew(50 * second)
	p.shows(45*second, func(view session.Overview) {
		last := view.Commands[len(view.Commands)-1]
		require.Equal(t, []string{session.UpdateFileRecord, "done", "r/1"}, []string{last.Command, last.Status, last.Detail})
	})
	p.give(time.Minute, session.UpdateHandOver, session.HandOver{Envelope: nurse(), To: ben})
	p.end(2 * time.Minute)
	p.Run()

	require.NoError(t, p.Err)
	require.Len(t, p.filed, 2)
	require.Zero(t, p.filed[0].EndedAt, "it lasts")
	record := p.filed[1]
	require.Equal(t, []any{id, "g-1", "3", "d-1", begin, begin.Add(2 * time.Minute), session.ByCommand},
		[]any{record.Session, record.GuestRef, record.Room, record.Device, record.StartedAt, record.EndedAt, record.How})
	at := func(after time.Duration, entry session.Entry) session.Entry {
		entry.At = begin.Add(after)
		return entry
	}
	require.Equal(t, []session.Entry{
		at(0, session.Entry{Kind: session.EntryStarted}),
		at(0, session.Entry{Kind: session.EntryAssigned, Detail: "d-1"}),
		at(10*second, session.Entry{Kind: session.EntryPage, Number: 1, Person: ana, Channel: "sms", Outcome: session.Handed}),
		at(20*second, session.Entry{Kind: session.EntryAcknowledged, Number: 1, Person: "p-ana", Role: "clinician"}),
		at(time.Minute, session.Entry{Kind: session.EntryHandedOver, Person: "p-ana", Role: "clinician", Detail: ben}),
		at(2*time.Minute, session.Entry{Kind: session.EntryEnded, Detail: session.ByCommand}),
	}, record.Log)
	require.Equal(t, "r/2", p.Result.Record)
	require.Equal(t, "r/2", p.told[len(p.told)-1].Record)
}

// TestARecordThatCannotBeFiledIsFiledLater: the session waits for it, and its content
// stays what it was.
func TestARecordThatCannotBeFiledIsFiledLater(t *testing.T) {
	p := newPlay(t)
	p.unfiled = 4 // a step's three tries, and one
	p.end(time.Minute)
	p.Run()

	require.NoError(t, p.Err)
	require.Len(t, p.filed, 5)
	for _, record := range p.filed {
		require.Equal(t, p.filed[0], record)
	}
	require.Equal(t, "r/5", p.Result.Record)
}

// TestARecordThatIsRefusedIsFiledOnCommand: the session waits for a person, who mends
// the folder and has it tried again.
func TestARecordThatIsRefusedIsFiledOnCommand(t *testing.T) {
	p := newPlay(t)
	p.unfiled, p.misfiled = 1, failure.Permanent
	p.end(time.Minute)
	p.shows(time.Hour, func(view session.Overview) {
		require.Equal(t, []string{kit.PrefixParked + "record"}, view.Attention)
	})
	p.give(time.Hour+second, kit.UpdateRetryStep, kit.StepCommand{
		Envelope: kit.Envelope{Actor: "eva", Role: kit.RoleEngineer, Reason: "the folder may be written again"}, Step: "record",
	})
	p.Run()

	require.NoError(t, p.Err)
	require.Len(t, p.filed, 2)
	require.Equal(t, p.filed[0], p.filed[1])
	require.Equal(t, "r/2", p.Result.Record)
}
