// Package staff is the file of the people who are paged: who they are, where
// they are reached, when they are on duty, who is paged when nobody else comes.
//
// Called by the worker, whose paging activities ask it for the ladder and for
// addresses, and by the process that watches the readings, for its fallback page
// and the sign-in of its live view. It owns the file's form and the rota's
// arithmetic. It promises that a file is checked whole before it is in force,
// that a gap in the shifts or a missing failsafe refuses it in one line that
// names the gap, that a bad new file leaves the old one in force, that every
// ladder ends at the failsafe recipient, and that no error or log line holds a
// number, an address or a token.
package staff
