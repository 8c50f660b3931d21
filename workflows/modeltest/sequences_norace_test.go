//go:build !race

package modeltest

// sequences is how many a run of the tests plays.
const sequences = 2000
