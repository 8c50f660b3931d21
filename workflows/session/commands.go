package session

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"guestjourney/workflows/kit"
)

// MaxAudioPause is how long the sound of alarms may be off at once.
const MaxAudioPause = 2 * time.Minute

// staff may give the commands that decide about an alarm or about the session.
var staff = []string{kit.RoleOperator, kit.RoleManager, kit.RoleClinician}

var roles = kit.Roles{
	UpdateAcknowledge: staff, UpdateDecline: staff, UpdatePauseAudio: staff, UpdateHandOver: staff, UpdateEnd: staff,
	UpdateFileRecord: staff,
}

// offer sets every handler, before the first wait.
func (m *monitor) offer(ctx workflow.Context) {
	m.core.Restrict(roles)
	kit.OnSignal(ctx, m.core, SignalTransition, "An alarm was raised, escalated, eased or cleared.",
		func(Transition) string { return "" }, // numbers tell repeats, over any distance
		func(t Transition) { m.take(ctx, t) })
	kit.OnSignal(ctx, m.core, SignalWatched, "The telemetry process watches the session again.",
		func(Watched) string { return "" },
		func(Watched) { m.state.Heard++ })
	m.offerAlarms(ctx)
	m.offerSession(ctx)
	m.offerRecord(ctx)
	kit.OfferRetry(ctx, m.core, nil)
	kit.OnQuery(ctx, kit.QueryStatus, "The session, its alarms and who was paged.", m.overview)
	kit.OnQuery(ctx, kit.QueryTimeline, "What happened.", func() []kit.Line { return m.state.Common.Timeline })
	kit.OnQuery(ctx, kit.QueryNextDeadlines, "What happens next by itself, the next page of every alarm included.", m.nextDeadlines)
	kit.OfferAllowed(ctx, m.core)
	m.core.Upcoming(m.upcoming)
}

// offerAlarms offers what is done about alarms.
func (m *monitor) offerAlarms(ctx workflow.Context) {
	kit.OnCommand(ctx, m.core, UpdateAcknowledge, "See to an alarm: its pages stop, and it calls again after 3 minutes if its condition lasts.",
		m.someWaits, m.checkAcknowledge,
		func(_ string, command Acknowledge) kit.Verdict {
			m.acknowledge(ctx, m.state.find(command.Alarm), command.Head())
			return kit.Verdict{Detail: "acknowledged"}
		})
	kit.OnCommand(ctx, m.core, UpdateDecline, "A person cannot come: the next ones are paged at once.",
		m.someWaits, m.checkDecline,
		func(_ string, command Decline) kit.Verdict { return m.decline(ctx, command) })
	kit.OnCommand(ctx, m.core, UpdatePauseAudio, "Silence the alarms that sound now for 2 minutes at most; pages go on.",
		func() error {
			if err := m.someWaits(); err != nil {
				return err
			}
			if workflow.Now(ctx).Before(m.state.Audio.Until) {
				return fmt.Errorf("paused until %s already; a pause is not made longer", m.state.Audio.Until.Format(time.RFC3339))
			}
			return nil
		},
		func(command PauseAudio) error {
			if command.For < 0 || command.For.Value() > MaxAudioPause {
				return fmt.Errorf("for: want at most %s", MaxAudioPause)
			}
			return nil
		},
		func(_ string, command PauseAudio) kit.Verdict { return m.pauseAudio(ctx, command) })
}

// offerSession offers what is done about the session.
func (m *monitor) offerSession(ctx workflow.Context) {
	kit.OnCommand(ctx, m.core, UpdateHandOver, "Say who is responsible for the session from now on.", m.open,
		func(command HandOver) error { return needCode("to", command.To) },
		func(_ string, command HandOver) kit.Verdict {
			m.state.Responsible = command.To
			m.log(ctx, Entry{Kind: EntryHandedOver, Person: command.Actor, Role: command.Role, Detail: command.To})
			return kit.Verdict{Detail: command.To + " is responsible"}
		})
	kit.OnCommand(ctx, m.core, UpdateAssignDevice, "Say whose readings are those of the session from now on.", m.open,
		func(command AssignDevice) error { return needCode("device", command.Device) },
		func(_ string, command AssignDevice) kit.Verdict {
			m.state.Device, m.state.AssignedAt = command.Device, workflow.Now(ctx).UTC()
			m.log(ctx, Entry{Kind: EntryAssigned, Person: command.Actor, Role: command.Role, Detail: command.Device})
			m.core.Note(ctx, "fact", "device "+command.Device)
			return kit.Verdict{Detail: "device " + command.Device}
		})
	kit.OnCommand(ctx, m.core, UpdateEnd, "End the session; a critical alarm must be acknowledged before.",
		func() error {
			if err := m.open(); err != nil {
				return err
			}
			if m.state.some((*Alarm).presses) {
				return errors.New("a critical alarm is not acknowledged; acknowledge it first")
			}
			return nil
		},
		func(kit.Envelope) error { return nil },
		func(string, kit.Envelope) kit.Verdict {
			m.finish(ctx, ByCommand)
			return kit.Verdict{Detail: "ends when no page is under way"}
		})
}

func (m *monitor) open() error {
	if m.state.How == ByCommand || m.state.How == ByCancel {
		return errors.New("the session is ending")
	}
	return nil
}

func (m *monitor) someWaits() error {
	if !m.state.some((*Alarm).waits) {
		return errors.New("no alarm waits to be acknowledged")
	}
	return nil
}

// waiting finds an alarm that waits to be acknowledged.
func (m *monitor) waiting(id string) (*Alarm, error) {
	a := m.state.find(id)
	if a == nil || !a.waits() {
		return nil, errors.New("alarm: it does not wait to be acknowledged; status lists those that do")
	}
	return a, nil
}

func (m *monitor) checkAcknowledge(command Acknowledge) error {
	a, err := m.waiting(command.Alarm)
	if err != nil {
		return err
	}
	if command.Number > 0 && command.Number < a.Call.About.Number {
		return fmt.Errorf("number: the alarm has called again since, by transition %d; look at it first", a.Call.About.Number)
	}
	return nil
}

func (m *monitor) checkDecline(command Decline) error {
	if _, err := m.waiting(command.Alarm); err != nil {
		return err
	}
	return needCode("person", command.Person)
}

// decline lets the ladder climb if the person was paged last.
func (m *monitor) decline(ctx workflow.Context, command Decline) kit.Verdict {
	a := m.state.find(command.Alarm)
	if !slices.Contains(a.Call.Declined, command.Person) {
		a.Call.Declined = append(a.Call.Declined, command.Person)
	}
	m.log(ctx, Entry{Kind: EntryDeclined, Number: a.Number, Person: command.Person, Detail: command.Actor})
	m.core.Note(ctx, "fact", fmt.Sprintf("%s declines the alarm of transition %d", command.Person, a.Number))
	if !m.paged(a, command.Person) {
		return kit.Verdict{Detail: "they are left out"}
	}
	m.push(ctx, a, a.Call.ID, a.Call.Rung)
	return kit.Verdict{Detail: "the next ones are paged"}
}

// paged says whether a person is on the rung that was paged last.
func (m *monitor) paged(a *Alarm, person string) bool {
	if a.Call.Rung == 0 || a.Call.Rung > len(m.state.Ladder) {
		return false
	}
	for _, contact := range m.state.Ladder[a.Call.Rung-1].Contacts {
		if contact.Person == person {
			return true
		}
	}
	return false
}

func (m *monitor) pauseAudio(ctx workflow.Context, command PauseAudio) kit.Verdict {
	length := MaxAudioPause
	if command.For > 0 {
		length = command.For.Value()
	}
	pause := Pause{Until: workflow.Now(ctx).UTC().Add(length), By: command.Actor, Upto: Low}
	for _, a := range m.state.Alarms {
		if priority := a.priority(); a.waits() && priority.rank() > pause.Upto.rank() {
			pause.Upto = priority
		}
	}
	m.state.Audio = pause
	m.log(ctx, Entry{Kind: EntryAudioPaused, Person: command.Actor, Role: command.Role})
	return kit.Verdict{Detail: "paused until " + pause.Until.Format(time.RFC3339)}
}

// breakThrough ends a pause of what is less urgent.
func (m *monitor) breakThrough(priority Priority) {
	if !m.state.Audio.Until.IsZero() && priority.rank() > m.state.Audio.Upto.rank() {
		m.state.Audio = Pause{}
	}
}

func needCode(field, value string) error {
	if !isCode(value) {
		return fmt.Errorf("%s: want a code, no address", field)
	}
	return nil
}
