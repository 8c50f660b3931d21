package providers

import "context"

// Question is an event whose sender waits for a body that a workflow knows. It
// is asked only once the event is durable, and within the provider's budget;
// whatever becomes of it, the answer is a 2xx.
type Question interface {
	// Answer finds the body. It ends with its context. The same event asked
	// again has the same answer and no second effect, because Ask's updates are
	// the event's. An error means that Otherwise is said; it quotes nothing.
	Answer(ctx context.Context, ask Ask) (Answer, error)
	// Otherwise is the fixed body for when no answer comes in time. Where it
	// promises something, the event keeps the promise: it is made durable before
	// the body is said. Nil promises nothing.
	Otherwise() (Answer, *Event)
}

// Ask updates a workflow, waits until the update is completed, and reads its
// result into result, a pointer.
type Ask func(ctx context.Context, workflowID, update string, input, result any) error

// fixed is a question whose answer is known without a workflow.
type fixed Answer

// Answer implements Question.
func (f fixed) Answer(context.Context, Ask) (Answer, error) { return Answer(f), nil }

// Otherwise implements Question.
func (f fixed) Otherwise() (Answer, *Event) { return Answer(f), nil }
