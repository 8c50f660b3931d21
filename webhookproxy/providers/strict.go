package providers

import (
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// maxDepth bounds nesting; the deepest body of any provider has about ten levels.
const maxDepth = 64

// What is wrong with a body. The texts quote nothing of it.
var (
	errNotUTF8   = errors.New("the body is not UTF-8")
	errNotJSON   = errors.New("the body is not one JSON value of the expected form")
	errTooDeep   = fmt.Errorf("the body nests deeper than %d levels", maxDepth)
	errDuplicate = errors.New("the body has a key twice in one object")
)

// parse reads a verified body. Two readers of one signed body must see the same
// thing, so what encoding/json lets pass is refused: bytes that are no UTF-8, a
// key twice or in other letters, anything after the value. The reader is the one
// that the standard library will have as encoding/json/v2.
func parse(body []byte, into any) error { return read(body, into) }

// parseKnown is parse for a body of our own definition: a field that is not
// declared is refused.
func parseKnown(body []byte, into any) error {
	return read(body, into, json.RejectUnknownMembers(true))
}

func read(body []byte, into any, options ...json.Options) error {
	switch {
	case !utf8.Valid(body):
		return errNotUTF8
	case tooDeep(body):
		return errTooDeep
	}
	err := json.Unmarshal(body, into, options...)
	switch {
	case errors.Is(err, jsontext.ErrDuplicateName):
		return errDuplicate
	case err != nil:
		return errNotJSON // the library's own text may quote the body
	}
	return nil
}

// tooDeep counts brackets outside of strings, which is right for whatever is
// JSON; what is not is refused in any case.
func tooDeep(body []byte) bool {
	depth, quoted := 0, false
	for i := 0; i < len(body); i++ {
		switch c := body[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			if depth++; depth > maxDepth {
				return true
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return false
}
