package options

import (
	"strings"

	"go.temporal.io/sdk/workflow"
)

// maxSummary is how long a summary may be, in bytes: the server documents a limit of 200.
const maxSummary = 199

// Summary shortens a text to what the server takes, without cutting a character
// in two. A summary holds no name, address or health data.
func Summary(text string) string {
	if len(text) <= maxSummary {
		return text
	}
	return strings.ToValidUTF8(text[:maxSummary], "")
}

type stepKey struct{}

// WithStep returns a context whose activity calls show which step they are for.
func WithStep(ctx workflow.Context, step string) workflow.Context {
	return workflow.WithValue(ctx, stepKey{}, step)
}

// summarize puts the step's name before what the port says of the call.
func summarize(ctx workflow.Context, call string) string {
	if step, ok := ctx.Value(stepKey{}).(string); ok {
		return Summary(step + " · " + call)
	}
	return Summary(call)
}
