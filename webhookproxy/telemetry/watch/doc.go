// Package watch owns sessions: it runs the detector of every session whose lease it
// holds.
//
// Called by the telemetry process, which tells it of what was stored (Wake) and
// assigned (Look). It owns leases, reading positions and checkpoints. It promises:
//   - a session has one owner at a time. Reading position, checkpoint and transitions
//     are committed together and by the holder of the lease only;
//   - what was read is judged in its order, and a new owner goes on from the
//     checkpoint, or from the last five minutes where there is none that can be used.
//     It reads what is there before it lets time pass, so that readings which wait
//     are no silence;
//   - settings that cannot be used leave a session watched by the defaults, and say so;
//   - an owner that cannot reach the store goes on when it can again, with what it has
//     found meanwhile;
//   - at a stop it commits and gives every lease back.
package watch
