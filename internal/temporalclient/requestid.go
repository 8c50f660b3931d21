package temporalclient

import (
	"context"

	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc"
)

type requestIDKey struct{}

// WithRequestID returns a context whose signals and starts carry this request
// ID instead of a random one. The server takes a known ID for done, once for
// each run: a repeated webhook becomes one signal.
func WithRequestID(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, requestIDKey{}, id)
}

// setRequestID works below the SDK, which offers no field for it on signals.
func setRequestID(ctx context.Context, method string, request, reply any, connection *grpc.ClientConn, invoke grpc.UnaryInvoker, options ...grpc.CallOption) error {
	if id, ok := ctx.Value(requestIDKey{}).(string); ok && id != "" {
		switch typed := request.(type) {
		case *workflowservice.SignalWorkflowExecutionRequest:
			typed.RequestId = id
		case *workflowservice.SignalWithStartWorkflowExecutionRequest:
			typed.RequestId = id
		case *workflowservice.StartWorkflowExecutionRequest:
			typed.RequestId = id
		}
	}
	return invoke(ctx, method, request, reply, connection, options...)
}
