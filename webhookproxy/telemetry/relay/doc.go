// Package relay tells the SessionMonitors of owned sessions what was found, and that
// they are watched.
//
// Called by the owner of a session (watch.Follower). It owns the signal
// "alarm_transition", in the order of the numbers and with a request ID that makes
// any number of tries one signal, the heartbeats of the activity that notices when
// nobody watches, and the signal "watched", by which the workflow begins that activity
// anew. It promises that a transition is marked as delivered only when Temporal has
// it, that it is tried until then, that every call is bounded in time, and that
// Temporal's absence holds up nothing else.
package relay
