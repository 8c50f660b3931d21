// Package soak plays sessions for as long, with as many guests and through as many
// deaths as they have to bear, on the real programs.
//
// Run by `make test` in a short form, which only shows that everything works, and by
// `make soak` in full, which also compares what is measured with the figures that it
// must reach. It owns nothing in production. It promises that every program that it
// starts ends with its test, and that what happens at random comes from a seed that is
// in the log.
package soak
