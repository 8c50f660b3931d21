// Package staffpage is the live view: one page on which staff see every session's
// values and alarms, and say that they see to one.
//
// Called by the telemetry process, which serves New's Page on the staff listener
// and closes it when it stops. It owns who is signed in, what the page looks like
// and how it stays current. It reads the store and asks SessionMonitors; it decides
// nothing about an alarm, and works in a process that owns no session. The bedside
// monitor is the primary alarm, and the page says so. It promises:
//   - who gives a command is who signed in with a token of the staff file; nothing
//     in a request's body can say otherwise. A token that is taken out of the file
//     is out at the next request;
//   - a value is never shown without its age, and one that is older than its limit
//     is shown as stale, also in a browser that has lost the connection;
//   - an alarm of the store is shown whether or not the control plane answers; if it
//     does not, the page says that nobody knows who has acknowledged what;
//   - readings are followed once for all who look, and only while somebody does; a
//     slow reader holds up nobody, and streams are bounded;
//   - no token, no value and no alarm's name is in a log line, a URL or a cookie.
//
// Sign-ins are kept in memory, under the hash of a random ID: a restart signs
// everybody out, and no key has to be kept secret over it.
package staffpage
