//go:build race

package inbox_test

// checks is how many runs the model is held against under the race detector,
// which makes each several times slower.
const checks = "8"
