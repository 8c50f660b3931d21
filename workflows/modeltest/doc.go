// Package modeltest plays random sequences of facts, commands, deadlines,
// provider faults and continue-as-news against a journey, and compares it with
// a small model of what a journey may do.
//
// It has tests only. The journey under test is the real one; its payment plan
// and its appointment are stand-ins that answer as the real ones do, so that a
// sequence can go on after a continue-as-new, and time skips.
package modeltest
