package proxytest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if address := os.Getenv(asWorker); address != "" {
		work(address)
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		if program, err := proxyProgram(); err == nil {
			_ = os.RemoveAll(filepath.Dir(program))
		}
		os.Exit(code)
	}))
}

// proxyProgram builds the proxy once for all tests of this package.
var proxyProgram = sync.OnceValues(func() (string, error) {
	folder, err := os.MkdirTemp("", "guestjourney-proxy-")
	if err != nil {
		return "", err
	}
	program := filepath.Join(folder, "webhookproxy")
	build := exec.Command("go", "build", "-tags", "faults", "-o", program, "guestjourney/webhookproxy")
	if output, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build: %w\n%s", err, output)
	}
	return program, nil
})
