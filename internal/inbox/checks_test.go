//go:build !race

package inbox_test

// checks is how many runs the model is held against.
const checks = "100"
