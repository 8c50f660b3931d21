//go:build !race

package modeltest

// 2,000 sequences: see shards.
const rounds, sequences = 5, 100
