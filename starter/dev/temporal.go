package dev

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"

	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/protobuf/types/known/durationpb"

	namespacepb "go.temporal.io/api/namespace/v1"
	"go.temporal.io/sdk/client"

	"guestjourney/internal/config"
)

// retention is how long closed workflows are kept.
const retention = 30 * 24 * time.Hour

// searchAttributes of the namespace, by name and type.
var searchAttributes = []string{
	"Stage=Keyword", "MoneyState=Keyword", "ClearanceState=Keyword", "ControlState=Keyword", "ProgramCode=Keyword", "Owner=Keyword",
	"GuestRef=Keyword", "NextDeadline=Datetime", "ArrivalAt=Datetime", "Attention=KeywordList", "TestJourney=Bool",
}

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
	for _, attribute := range searchAttributes {
		args = append(args, "--search-attribute", attribute)
	}
	for _, value := range dynamicConfig {
		args = append(args, "--dynamic-config-value", value)
	}
	return service{name: "temporal", binary: binary, args: args, ready: s.temporalReady, grace: 1500 * time.Millisecond}
}

// temporalReady: the namespace is there, and keeps what is closed for 30 days.
func (s settings) temporalReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	namespaces, err := client.NewNamespaceClient(client.Options{HostPort: address(s.TemporalPort), Logger: quiet})
	if err != nil {
		return fmt.Errorf("reach Temporal: %w", err)
	}
	defer namespaces.Close()
	found, err := namespaces.Describe(ctx, namespace)
	if err != nil {
		return fmt.Errorf("look at namespace %s: %w", namespace, err)
	}
	if found.GetConfig().GetWorkflowExecutionRetentionTtl().AsDuration() == retention {
		return nil
	}
	err = namespaces.Update(ctx, &workflowservice.UpdateNamespaceRequest{
		Namespace: namespace, Config: &namespacepb.NamespaceConfig{WorkflowExecutionRetentionTtl: durationpb.New(retention)},
	})
	if err != nil {
		return fmt.Errorf("set the retention of namespace %s: %w", namespace, err)
	}
	return nil
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
