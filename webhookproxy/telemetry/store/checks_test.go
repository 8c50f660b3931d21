//go:build !race

package store_test

// checks is how many runs the model is held against.
const checks = "12"
