package provider

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"guestjourney/activities/failure"
)

// Request is one call that we make without an SDK.
type Request struct {
	// Operation names the call in errors and logs: "contacts.upsert".
	Operation string
	Method    string
	// Path is below the base URL and escaped: "/crm/v3/objects/contacts".
	Path   string
	Query  url.Values
	Header http.Header
	// JSON or Form is the body; neither means none.
	JSON any
	Form url.Values
}

// Call makes one request. A 2xx answer is decoded into out unless that is nil
// or the answer is empty; everything else is a *failure.Error.
func (c *Client) Call(ctx context.Context, r Request, out any) error {
	request, err := c.request(ctx, r)
	if err != nil {
		return &failure.Error{Provider: c.config.Name, Operation: r.Operation, Class: failure.InvalidInput, Advice: "the request cannot be built", Err: err}
	}
	trace := &Trace{Operation: r.Operation}
	sender := &attempt{client: c, ctx: ctx, trace: trace} // the request has the base URL already
	answer, err := sender.RoundTrip(request)              //nolint:bodyclose // decode closes it
	if err != nil {
		return c.Classify(r.Operation, 0, "", nil, trace, err)
	}
	if err := decode(answer, out); err != nil {
		return c.Classify(r.Operation, 0, "", nil, trace, err)
	}
	if answer.StatusCode >= 300 {
		return c.Classify(r.Operation, answer.StatusCode, "", answer.Header, trace, nil)
	}
	return nil
}

func (c *Client) request(ctx context.Context, r Request) (*http.Request, error) {
	if c.base == nil {
		return nil, fmt.Errorf("provider %s: Config.BaseURL is empty; Call needs it", c.config.Name)
	}
	content, kind, err := encode(r)
	if err != nil {
		return nil, err
	}
	address := c.base.String() + r.Path
	if len(r.Query) > 0 {
		address += "?" + r.Query.Encode()
	}
	request, err := http.NewRequestWithContext(ctx, r.Method, address, content)
	if err != nil {
		return nil, errors.New("the method or the path is not valid") // the cause quotes the address
	}
	for name, values := range r.Header {
		request.Header[http.CanonicalHeaderKey(name)] = values
	}
	if kind != "" {
		request.Header.Set("Content-Type", kind)
	}
	request.Header.Set("Accept", "application/json")
	return request, nil
}

func encode(r Request) (io.Reader, string, error) {
	switch {
	case r.JSON != nil:
		text, err := json.Marshal(r.JSON)
		return strings.NewReader(string(text)), "application/json", err
	case r.Form != nil:
		return strings.NewReader(r.Form.Encode()), "application/x-www-form-urlencoded", nil
	default:
		return nil, "", nil
	}
}

// decode reads the whole answer, so that its connection can be kept.
func decode(answer *http.Response, out any) error {
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	if out == nil || answer.StatusCode >= 300 || len(text) == 0 {
		return nil
	}
	if err := json.Unmarshal(text, out); err != nil {
		return fmt.Errorf("decode the answer: %w", err)
	}
	return nil
}
