package dev

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"

	"guestjourney/internal/config"
	"guestjourney/internal/setup"
	"guestjourney/internal/temporalclient"
	"guestjourney/workflows/kit"
)

// dynamicConfig makes a dev server quick: without the four rates every workflow
// task waits 50 ms, and one partition finds a task at once.
var dynamicConfig = []string{
	"history.transferProcessorMaxPollRPS=10000", "history.timerProcessorMaxPollRPS=10000",
	"history.visibilityProcessorMaxPollRPS=10000", "history.outboundProcessorMaxPollRPS=10000",
	"matching.numTaskqueueReadPartitions=1", "matching.numTaskqueueWritePartitions=1",
	"system.enableActivityEagerExecution=true",
}

// findTemporal returns the path of the Temporal CLI: TEMPORAL_CLI, the one that
// make has built, or the PATH's.
func findTemporal(s settings) (string, error) {
	if s.TemporalCLI != "" {
		if _, err := os.Stat(s.TemporalCLI); err != nil {
			return "", config.Invalid("TEMPORAL_CLI", "no such file")
		}
		return s.TemporalCLI, nil
	}
	if own := s.binary("temporal"); isFile(own) {
		return own, nil
	}
	path, err := exec.LookPath("temporal")
	if err != nil {
		return "", config.Invalid("TEMPORAL_CLI", "is not set, and there is no temporal in "+s.Binaries+" or on the PATH; `make run` gets one")
	}
	return path, nil
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

func (s settings) temporalServer(binary string, k keys) service {
	args := []string{
		"server", "start-dev", "--ip", host, "--port", fmt.Sprint(s.TemporalPort), "--ui-port", fmt.Sprint(s.UIPort),
		"--db-filename", s.data("temporal.db"), "--namespace", namespace, "--log-level", "warn",
		"--ui-codec-endpoint", s.url(s.CodecPort) + "/" + k.CodecToken,
		"--sqlite-pragma", "journal_mode=wal", "--sqlite-pragma", "synchronous=1",
	}
	for _, key := range kit.SearchAttributes() {
		args = append(args, "--search-attribute", key.GetName()+"="+key.GetValueType().String())
	}
	for _, value := range dynamicConfig {
		args = append(args, "--dynamic-config-value", value)
	}
	return service{name: "temporal", binary: binary, args: args, ready: s.temporalReady, grace: 1500 * time.Millisecond}
}

// temporalReady: the namespace is there, with all it needs, and the schedule that
// asks the providers. The server's own flag keeps what is closed for one day only.
func (s settings) temporalReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	connection, err := temporalclient.Dial(ctx, temporalclient.Options{Program: "dev", Lazy: true, Address: address(s.TemporalPort), Namespace: namespace})
	if err != nil {
		return fmt.Errorf("reach Temporal: %w", err)
	}
	defer connection.Close()
	if _, err := setup.Namespace(ctx, connection, namespace); err != nil {
		return err
	}
	_, err = setup.Schedules(ctx, connection)
	return err
}

// requireBinaries wants what `make build` makes.
func requireBinaries(s settings, names ...string) error {
	var missing []string
	for _, name := range names {
		if !isFile(s.binary(name)) {
			missing = append(missing, s.binary(name))
		}
	}
	if len(missing) > 0 {
		return config.Invalid("BIN_DIR", strings.Join(missing, ", ")+" not there; run `make build`")
	}
	return nil
}
