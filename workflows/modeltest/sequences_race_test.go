//go:build race

package modeltest

// sequences is how many a run under the race detector plays, which makes each
// several times slower: `make test` runs the package without it as well.
const sequences = 40
