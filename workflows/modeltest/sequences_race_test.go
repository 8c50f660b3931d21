//go:build race

package modeltest

// 40 under the race detector, which makes each several times slower: `make test`
// runs the package without it as well.
const rounds, sequences = 1, 10
