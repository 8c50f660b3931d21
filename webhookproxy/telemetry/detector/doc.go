// Package detector decides, from a monitor's samples, when an alarm condition of
// one session begins and when it ends.
//
// Called by the owner of a session in the telemetry process: Feed with every batch
// and Tick once a second, each with the time by the caller's clock; and by the
// live view. It owns the alarm conditions, their limits, delays and hysteresis, and
// the numbering of transitions. What happens to an alarm afterwards (latching,
// acknowledgement, paging, escalation) is the session workflow's.
//
// It promises:
//
//   - No clock, no I/O, no randomness: the same state and the same calls give the
//     same transitions. The whole state is one JSON checkpoint, so an owner that
//     takes over goes on as if it had been there. Without a checkpoint the last
//     five minutes of batches are enough (Rebuild).
//   - Only transitions come out, never an alarm per sample; their numbers rise by
//     one over the session, and an alarm is raised and cleared in turns.
//   - What cannot be judged (cardiac.Unknown, a lost signal, an old value) neither
//     raises nor clears anything. A lost signal is a technical alarm and never
//     asystole.
//   - Backfill never raises or clears an alarm.
//   - The monitor's own alarms pass at once, with their priority, which never falls
//     while they last, and they end when the monitor says so, or is taken away.
//
// A QTc that cannot be judged is a state of its own in the view. A QTc alarm that
// was active stays active then, since nothing says that the QT is shorter: it ends
// only after thirty seconds within its limit. A minute without a QTc is a technical
// alarm, of higher priority while a QTc alarm stands; so whoever looks knows that
// the guest is not watched for it.
//
// The limits are the mission's defaults, for a clinician to sign off or to override
// (Protocol). The bedside monitor stays the primary alarm.
package detector
