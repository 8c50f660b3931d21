package setup

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"golang.org/x/sync/errgroup"
	"google.golang.org/protobuf/types/known/durationpb"

	"guestjourney/internal/devserver"
	"guestjourney/workflows/kit"
)

func attributeNames() (names []string) {
	for _, key := range kit.SearchAttributes() {
		names = append(names, key.GetName())
	}
	return names
}

func retention(t *testing.T, connection client.Client, name string) time.Duration {
	t.Helper()
	found, err := connection.WorkflowService().DescribeNamespace(t.Context(), &workflowservice.DescribeNamespaceRequest{Namespace: name})
	require.NoError(t, err)
	return found.GetConfig().GetWorkflowExecutionRetentionTtl().AsDuration()
}

func register(t *testing.T, connection client.Client, name string, retention time.Duration) {
	t.Helper()
	_, err := connection.WorkflowService().RegisterNamespace(t.Context(), &workflowservice.RegisterNamespaceRequest{
		Namespace: name, WorkflowExecutionRetentionPeriod: durationpb.New(retention),
	})
	require.NoError(t, err)
}

func TestNamespace(t *testing.T) {
	connection := devserver.Start(t).Client()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()

	t.Run("a new one gets everything, and the second time nothing changes", func(t *testing.T) {
		changes, err := Namespace(ctx, connection, "fresh")
		require.NoError(t, err)
		assert.True(t, changes.Registered)
		assert.Equal(t, attributeNames(), changes.Added)
		assert.Equal(t, Retention, retention(t, connection, "fresh"))
		registered, err := connection.OperatorService().ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: "fresh"})
		require.NoError(t, err)
		for _, key := range kit.SearchAttributes() {
			assert.Equal(t, key.GetValueType(), registered.GetCustomAttributes()[key.GetName()], key.GetName())
		}
		changes, err = Namespace(ctx, connection, "fresh")
		require.NoError(t, err)
		assert.Zero(t, changes)
	})

	t.Run("what is missing is added, a short retention is raised, a long one stays", func(t *testing.T) {
		register(t, connection, "short", 24*time.Hour)
		register(t, connection, "long", 2*Retention)
		add(ctx, t, connection, "short", types{"Stage": enumspb.INDEXED_VALUE_TYPE_KEYWORD})
		changes, err := Namespace(ctx, connection, "short")
		require.NoError(t, err)
		assert.False(t, changes.Registered)
		assert.True(t, changes.Kept)
		assert.Equal(t, attributeNames()[1:], changes.Added)
		assert.Equal(t, Retention, retention(t, connection, "short"))

		changes, err = Namespace(ctx, connection, "long")
		require.NoError(t, err)
		assert.False(t, changes.Kept)
		assert.Equal(t, 2*Retention, retention(t, connection, "long"))
	})

	t.Run("another type is an error that names it, and nothing is added", func(t *testing.T) {
		register(t, connection, "other", Retention)
		add(ctx, t, connection, "other", types{"Stage": enumspb.INDEXED_VALUE_TYPE_INT, "Owner": enumspb.INDEXED_VALUE_TYPE_BOOL})
		_, err := Namespace(ctx, connection, "other")
		require.ErrorContains(t, err, "namespace other: search attribute Stage has type Int, want Keyword; search attribute Owner has type Bool, want Keyword")
		require.ErrorContains(t, err, "TEMPORAL_NAMESPACE")
		registered, err := connection.OperatorService().ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: "other"})
		require.NoError(t, err)
		assert.NotContains(t, registered.GetCustomAttributes(), "MoneyState")
	})

	t.Run("several at once make one", func(t *testing.T) {
		var group errgroup.Group
		for range 4 {
			group.Go(func() error {
				_, err := Namespace(ctx, connection, "crowd")
				return err
			})
		}
		require.NoError(t, group.Wait())
	})

	t.Run("what will never pass fails at once", func(t *testing.T) {
		begun := time.Now()
		_, err := Namespace(ctx, connection, strings.Repeat("n", 1001))
		require.ErrorContains(t, err, "length")
		require.Less(t, time.Since(begun), 10*time.Second)
	})
}

// add waits for the server's cache, which learns of a namespace late.
func add(ctx context.Context, t *testing.T, connection client.Client, name string, attributes types) {
	t.Helper()
	require.Eventually(t, func() bool {
		_, err := connection.OperatorService().AddSearchAttributes(ctx, &operatorservice.AddSearchAttributesRequest{Namespace: name, SearchAttributes: attributes})
		return err == nil
	}, 30*time.Second, 100*time.Millisecond)
}

func TestNamespaceWaitsForTheServer(t *testing.T) {
	server := devserver.Start(t)
	address := server.HostPort
	require.NoError(t, server.Stop())
	connection, err := client.NewLazyClient(client.Options{HostPort: address, Logger: server.Options.Logger})
	require.NoError(t, err)
	defer connection.Close()

	short, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	_, err = Namespace(short, connection, "late")
	require.ErrorContains(t, err, "namespace late is not ready: look at it: ")
	require.ErrorContains(t, err, "connection refused", "the reason, and not only that time is up")

	begun := make(chan error, 1)
	go func() {
		_, err := Namespace(t.Context(), connection, "late")
		begun <- err
	}()
	devserver.StartWith(t, devserver.Settings{HostPort: address})
	require.NoError(t, <-begun)
}
