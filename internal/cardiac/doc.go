// Package cardiac calculates what heart beats and QT readings say: corrected
// QT, heart rate variability, heart rate, pauses and irregularity.
//
// Called by the session detector, once a second with the beats of the last five
// minutes, and by the session's record for its summaries. It owns the formulas,
// their conventions and the limits within which they mean something; alarm
// thresholds, delays and the life cycle of an alarm are the detector's.
//
// It promises: no I/O, no clock and no state, so the same beats give the same
// answer on every process; a gap in the signal is never bridged; NaN is never
// returned; and what cannot be judged is a value of its own (Unknown, or a
// Status that names why), never a zero or a "no". Error texts quote no
// measurement, since they end in logs.
//
// Every limit here is a default for a clinician to sign off, and none of it
// replaces the bedside monitor, which stays the primary alarm.
//
// Beats come from the monitor. Finding them in raw ECG would be one more source
// of []Beat and belongs beside this package's files without changing them.
package cardiac
