package main

import (
	"os"
	"testing"
)

// asProgram makes the test binary be the program, for tests that need a
// process of its own: a terminal, Ctrl-C.
const asProgram = "STARTER_TEST_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	os.Exit(m.Run())
}
