package provider

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
)

// bodyLimit is the most that is read of an answer: far above any list of a
// hundred objects, far below what would hurt a worker.
const bodyLimit = 8 << 20

// failureLimit is the most that is read of an error answer.
const failureLimit = 256 << 10

// ErrTooLarge ends an answer at the limit.
var ErrTooLarge = errors.New("the provider's answer is larger than this client reads")

// body is an answer's body with a limit. The call is over when it ends, fails
// or is closed; done then runs once.
type body struct {
	answer io.ReadCloser
	left   int64
	ctx    context.Context
	done   func(error)
}

func (b *body) Read(into []byte) (int, error) {
	if b.left <= 0 {
		b.finish(ErrTooLarge)
		return 0, ErrTooLarge
	}
	if int64(len(into)) > b.left {
		into = into[:b.left]
	}
	n, err := b.answer.Read(into)
	b.left -= int64(n)
	switch {
	case err == nil:
	case errors.Is(err, io.EOF):
		b.finish(nil)
	default:
		if ended := b.ctx.Err(); ended != nil {
			err = ended
		}
		b.finish(err)
	}
	return n, err
}

func (b *body) Close() error {
	b.finish(nil)
	return b.answer.Close()
}

func (b *body) finish(err error) {
	if b.done != nil {
		b.done(err)
		b.done = nil
	}
}

// readFailure reads an error answer, takes its code for the trace, and puts
// what was read back for the SDK.
func (a *attempt) readFailure(answer *http.Response) error {
	limited := answer.Body.(*body)
	done := limited.done
	limited.left, limited.done = failureLimit, nil
	text, err := io.ReadAll(limited)
	_ = limited.answer.Close() // everything that is wanted has been read
	if err != nil && !errors.Is(err, ErrTooLarge) {
		return err
	}
	code := safeCode(a.client.config.Code(text))
	a.trace.set(func() { a.trace.code, a.trace.complete = code, true })
	answer.Body = io.NopCloser(bytes.NewReader(text))
	done(nil)
	return nil
}

// emptyBody is a body of no bytes that net/http cannot rewind.
type emptyBody struct{}

func (emptyBody) Read([]byte) (int, error) { return 0, io.EOF }
func (emptyBody) Close() error             { return nil }
