package paging

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"

	"guestjourney/activities/failure"
)

// answerLimit is far above any answer about one message or call.
const answerLimit = 256 << 10

// answer is what is read of Twilio's answers, good and bad.
type answer struct {
	SID string `json:"sid"`
	// Status is the message's or call's own, a word, or a refusal's, a number.
	Status status `json:"status"`
	// ErrorCode is why a message that was accepted will not arrive.
	ErrorCode int `json:"error_code"`
	// Code is why the request was refused.
	Code int `json:"code"`

	http   int
	header http.Header
}

// status keeps a word and drops a number.
type status string

// UnmarshalJSON takes every kind of value.
func (s *status) UnmarshalJSON(data []byte) error {
	var word string
	if json.Unmarshal(data, &word) == nil {
		*s = status(word)
	}
	return nil
}

func (a answer) accepted() bool { return a.http/100 == 2 }

func (a answer) code() int {
	if a.accepted() {
		return a.ErrorCode
	}
	return a.Code
}

// send makes one request and reads its answer.
func (p *Pager) send(ctx context.Context, operation, resource string, form url.Values) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, p.config.Timeout)
	defer cancel()
	var written atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteHeaders: func() { written.Store(true) }})
	address := p.config.BaseURL + "/2010-04-01/Accounts/" + url.PathEscape(p.config.AccountSID) + "/" + resource
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		return answer{}, &failure.Error{Provider: vendor, Operation: operation, Class: failure.InvalidInput, Advice: "the request cannot be built"}
	}
	request.GetBody = nil // or net/http sends it again by itself when a kept connection breaks
	request.SetBasicAuth(p.config.APIKeySID, p.config.APIKeySecret)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Accept", "application/json")
	response, err := p.config.Client(ctx, operation).Do(request)
	if err != nil {
		return answer{}, unanswered(operation, written.Load(), err)
	}
	defer func() { _ = response.Body.Close() }() // all that is wanted has been read
	return read(operation, response)
}

// errTooLarge ends an answer at the limit.
var errTooLarge = errors.New("the answer is larger than this client reads")

// read reads the whole answer. A refusal that is no JSON is judged by its
// status; of a page that was accepted it must be known what became of it.
func read(operation string, response *http.Response) (answer, error) {
	got := answer{http: response.StatusCode, header: response.Header}
	body, err := io.ReadAll(io.LimitReader(response.Body, answerLimit+1))
	if err == nil && len(body) > answerLimit {
		err = errTooLarge
	}
	if err == nil {
		err = json.Unmarshal(body, &got)
	}
	if err != nil && got.accepted() {
		return answer{}, unanswered(operation, true, err)
	}
	return got, nil
}
