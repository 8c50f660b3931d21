package dev

import (
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"testing"
)

// asChild makes the test binary play a service: the variable names the part.
const asChild = "DEV_TEST_CHILD"

func TestMain(m *testing.M) {
	switch os.Getenv(asChild) {
	case "":
		os.Exit(m.Run())
	case "polite":
		waitFor(syscall.SIGTERM)
		note("ended " + os.Getenv("NAME"))
	case "stubborn":
		signal.Ignore(syscall.SIGTERM)
		fmt.Println("pid", os.Getpid())
		waitFor(syscall.SIGUSR1)
	case "parent": // of a stubborn child in the same group
		child := exec.Command(os.Args[0])
		child.Env, child.Stdout = []string{asChild + "=stubborn"}, os.Stdout
		if err := child.Start(); err != nil {
			panic(err)
		}
		waitFor(syscall.SIGTERM)
	case "house": // starts a polite service, and is then killed
		p, err := newSpawner().spawn("orphan", os.Getenv("LOG"), os.Args[0], nil, []string{asChild + "=polite", "NOTES=" + os.Getenv("NOTES"), "NAME=orphan"})
		if err != nil {
			panic(err)
		}
		fmt.Println("pid", p.command.Process.Pid)
		waitFor(syscall.SIGUSR1)
	case "broken":
		fmt.Println("first line")
		fmt.Println("cannot go on")
		os.Exit(3)
	case "environment":
		for _, line := range os.Environ() {
			fmt.Println(line)
		}
		waitFor(syscall.SIGTERM)
	}
}

func waitFor(wanted os.Signal) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, wanted)
	fmt.Println("waiting")
	<-signals
}

// note appends a line to a file that all children share.
func note(line string) {
	file, err := os.OpenFile(os.Getenv("NOTES"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		panic(err)
	}
	if _, err := fmt.Fprintln(file, line); err != nil {
		panic(err)
	}
	if err := file.Close(); err != nil {
		panic(err)
	}
}
