// Package appointment is the Appointment: one entry in a calendar, and its
// reminders.
//
// Started by GuestJourney as a child that lives its own life, or alone for a
// guest who booked by telephone. It owns the calendar entry and the reminders.
// It promises:
//   - reminders belong to the appointment's revision: a reschedule drops those
//     of the old one together with the old time;
//   - a move is told once, on every channel, after the time to undo it; one that
//     is undone meanwhile is told to nobody;
//   - a reminder whose time has passed is not sent, and nothing after the start;
//   - the agreed clock time stays when a zone's law changes ("reanchor");
//   - after a cancel nothing is sent, ever.
package appointment
