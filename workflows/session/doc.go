// Package session watches over one session of a guest: who is told of an alarm,
// and whether anybody has said that they see to it.
//
// GuestJourney starts a SessionMonitor for each session (session/<id>); it can be
// started by itself too. The telemetry process finds the alarms and sends a signal
// for each change of one, never for a reading. The bedside monitor stays the
// primary alarm. It owns the life cycle of the alarms, the ladder of pages and who
// is responsible, and promises:
//   - every transition counts once, in whatever order and how often it comes, and
//     every critical one is paged;
//   - a ladder climbs until somebody acknowledges the alarm, and ends at the
//     failsafe recipient; a page that does not arrive makes it climb at once;
//   - no page waits for another: pages run beside the loop;
//   - a critical alarm that ended before anybody saw it stays, and keeps the
//     session open;
//   - the history ends only when no page is under way, and alarms, instants and
//     numbers go on in the next one;
//   - what is shown in clear (search attributes, summaries) has no alarm in it, and
//     the timeline names alarms by the number of their transition.
package session
