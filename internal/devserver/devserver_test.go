package devserver

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/sdk/client"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestServerHasNamespaceAndSearchAttributes(t *testing.T) {
	server := Start(t)
	registered, err := server.Client().OperatorService().ListSearchAttributes(t.Context(), &operatorservice.ListSearchAttributesRequest{Namespace: Namespace})
	require.NoError(t, err)
	want := map[string]enumspb.IndexedValueType{
		"Stage": enumspb.INDEXED_VALUE_TYPE_KEYWORD, "MoneyState": enumspb.INDEXED_VALUE_TYPE_KEYWORD, "ClearanceState": enumspb.INDEXED_VALUE_TYPE_KEYWORD,
		"ControlState": enumspb.INDEXED_VALUE_TYPE_KEYWORD, "ProgramCode": enumspb.INDEXED_VALUE_TYPE_KEYWORD, "Owner": enumspb.INDEXED_VALUE_TYPE_KEYWORD,
		"GuestRef": enumspb.INDEXED_VALUE_TYPE_KEYWORD, "NextDeadline": enumspb.INDEXED_VALUE_TYPE_DATETIME, "ArrivalAt": enumspb.INDEXED_VALUE_TYPE_DATETIME,
		"Attention": enumspb.INDEXED_VALUE_TYPE_KEYWORD_LIST, "TestJourney": enumspb.INDEXED_VALUE_TYPE_BOOL,
	}
	for name, kind := range want {
		require.Equal(t, kind, registered.GetCustomAttributes()[name], name)
	}
	require.NoError(t, server.Stop())
	require.NoError(t, server.Stop(), "a second stop does nothing")
}

func TestDataOutlivesTheServer(t *testing.T) {
	file := filepath.Join(t.TempDir(), "temporal.db")
	first := StartWith(t, Settings{File: file})
	run, err := first.Client().ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: "kept", TaskQueue: "nobody"}, "Nothing")
	require.NoError(t, err)
	require.NoError(t, first.Stop())

	second := StartWith(t, Settings{File: file, HostPort: first.HostPort})
	about, err := second.Client().DescribeWorkflowExecution(context.Background(), "kept", "")
	require.NoError(t, err)
	require.Equal(t, run.GetRunID(), about.GetWorkflowExecutionInfo().GetExecution().GetRunId())
}

func TestMissingBinaryNamesTheWayOut(t *testing.T) {
	folder := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(folder, "go.mod"), nil, 0o600))
	t.Chdir(folder)
	t.Setenv("PATH", "")
	t.Setenv("TEMPORAL_CLI", "")
	_, err := find()
	require.ErrorContains(t, err, "make tools")

	t.Setenv("TEMPORAL_CLI", filepath.Join(folder, "go.mod"))
	_, err = find()
	require.ErrorContains(t, err, "TEMPORAL_CLI")

	t.Setenv("TEMPORAL_CLI", "")
	require.NoError(t, os.Mkdir("bin", 0o700))
	require.NoError(t, os.WriteFile("bin/temporal", nil, 0o700)) //nolint:gosec // a program must be executable
	found, err := find()
	require.NoError(t, err)
	require.Equal(t, filepath.Join(folder, "bin", "temporal"), found)
}
