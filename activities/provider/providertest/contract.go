package providertest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
	"github.com/stretchr/testify/require"
)

// ErrNotDescribed means that a provider's description knows no such request, or no
// such status of its answer.
var ErrNotDescribed = errors.New("not in the provider's description")

// Contract is a provider's own, published API description. It is no part of this
// repository.
type Contract struct {
	router  routers.Router
	host    string // the provider's own: "https://api.twilio.com"
	options *openapi3filter.Options

	mutex             sync.Mutex
	requests, answers map[string]int // how many were held to it, by operation
}

// NewContract reads a description from the folder shared/specs beside the
// repository, and skips the test where that is absent.
func NewContract(t *testing.T, file, host string) *Contract {
	t.Helper()
	contract, err := ReadContract(file, host)
	if errors.Is(err, os.ErrNotExist) {
		t.Skip("the providers' API descriptions are not beside the repository (../shared/specs)")
	}
	require.NoError(t, err)
	return contract
}

// ReadContract is NewContract for a caller that has no test; the error of a
// description that is absent is an os.ErrNotExist.
func ReadContract(file, host string) (*Contract, error) {
	root, err := repository()
	if err != nil {
		return nil, err
	}
	path := filepath.Join(root, "..", "shared", "specs", file)
	if _, err := os.Stat(path); err != nil {
		return nil, err
	}
	document, err := openapi3.NewLoader().LoadFromFile(path)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", file, err)
	}
	router, err := gorillamux.NewRouter(document)
	if err != nil {
		return nil, fmt.Errorf("paths of %s: %w", file, err)
	}
	return &Contract{
		router: router, host: host, requests: map[string]int{}, answers: map[string]int{},
		options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, IncludeResponseStatus: true},
	}, nil
}

// repository is the folder of go.mod above the test's own.
func repository() (string, error) {
	folder, err := os.Getwd()
	for err == nil {
		if _, missing := os.Stat(filepath.Join(folder, "go.mod")); missing == nil {
			return folder, nil
		}
		if parent := filepath.Dir(folder); parent != folder {
			folder = parent
			continue
		}
		err = fmt.Errorf("no go.mod above: %w", os.ErrNotExist)
	}
	return "", err
}

// Request holds a request for a path of the provider's to the description.
func (c *Contract) Request(request *http.Request, body []byte) error {
	input, err := c.input(request, body)
	if err != nil {
		return err
	}
	c.count(c.requests, input)
	return openapi3filter.ValidateRequest(context.Background(), input)
}

// Answer holds an answer to the description.
func (c *Contract) Answer(request *http.Request, status int, header http.Header, body []byte) error {
	input, err := c.input(request, nil)
	if err != nil {
		return err
	}
	said := input.Route.Operation.Responses
	if said.Status(status) == nil && said.Default() == nil {
		return fmt.Errorf("status %d of %s: %w", status, input.Route.Operation.OperationID, ErrNotDescribed)
	}
	c.count(c.answers, input)
	return openapi3filter.ValidateResponse(context.Background(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: input, Status: status, Header: header, Body: io.NopCloser(bytes.NewReader(body)), Options: c.options,
	})
}

// Checked returns how many requests and answers of an operation were held to the
// description.
func (c *Contract) Checked(operation string) (requests, answers int) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.requests[operation], c.answers[operation]
}

func (c *Contract) count(what map[string]int, input *openapi3filter.RequestValidationInput) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	what[input.Route.Operation.OperationID]++
}

func (c *Contract) input(request *http.Request, body []byte) (*openapi3filter.RequestValidationInput, error) {
	address, err := url.Parse(c.host + request.URL.RequestURI())
	if err != nil {
		return nil, err
	}
	official := &http.Request{
		Method: request.Method, URL: address, Host: address.Host, Header: request.Header.Clone(),
		Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)),
	}
	route, parameters, err := c.router.FindRoute(official)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", request.Method, request.URL.Path, ErrNotDescribed)
	}
	return &openapi3filter.RequestValidationInput{Request: official, PathParams: parameters, Route: route, Options: c.options}, nil
}

// Held is a transport that holds what passes to a provider's description.
type Held struct {
	Next http.RoundTripper
	// Request and Answer say what is wrong with one; nil holds nothing.
	Request func(request *http.Request, body []byte) error
	Answer  func(request *http.Request, status int, header http.Header, body []byte) error
	// Wrong hears of it.
	Wrong func(error)
}

// RoundTrip implements http.RoundTripper.
func (h *Held) RoundTrip(request *http.Request) (*http.Response, error) {
	var sent []byte
	if request.Body != nil {
		var err error
		if sent, err = io.ReadAll(request.Body); err != nil {
			return nil, err
		}
		request.Body = io.NopCloser(bytes.NewReader(sent))
	}
	if h.Request != nil {
		if err := h.Request(request, sent); err != nil {
			h.Wrong(err)
		}
	}
	answer, err := h.Next.RoundTrip(request)
	if err != nil || h.Answer == nil {
		return answer, err
	}
	got, err := io.ReadAll(answer.Body)
	_ = answer.Body.Close()
	answer.Body = io.NopCloser(io.MultiReader(bytes.NewReader(got), failing{err}))
	if err == nil {
		if err := h.Answer(request, answer.StatusCode, answer.Header, got); err != nil {
			h.Wrong(fmt.Errorf("%s %s %d: %w", request.Method, request.URL.Path, answer.StatusCode, err))
		}
	}
	return answer, nil
}

// failing reads nothing but the error that a body ended with.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) {
	if f.err == nil {
		return 0, io.EOF
	}
	return 0, f.err
}

// Methods names the methods of a port, so that a test can ask for each of them.
func Methods[Port any]() []string {
	port := reflect.TypeFor[Port]()
	var names []string
	for i := range port.NumMethod() {
		names = append(names, port.Method(i).Name)
	}
	return names
}
