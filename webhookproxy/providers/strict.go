package providers

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
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
// key twice, anything after the value.
func parse(body []byte, into any) error {
	if !utf8.Valid(body) {
		return errNotUTF8
	}
	if err := checkJSON(body); err != nil {
		return err
	}
	if err := json.Unmarshal(body, into); err != nil {
		return errNotJSON // encoding/json's own text may quote the body
	}
	return nil
}

// parseKnown is parse for a body of our own definition: a field that is not
// declared is refused.
func parseKnown(body []byte, into any) error {
	if err := parse(body, into); err != nil {
		return err
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return errNotJSON
	}
	return nil
}

// level is one open object or list.
type level struct {
	object bool
	key    bool // an object's next string is a key
	seen   map[string]bool
}

func checkJSON(body []byte) error {
	if !json.Valid(body) {
		return errNotJSON
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var open []*level
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return errNotJSON
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			if len(open) == maxDepth {
				return errTooDeep
			}
			open = append(valueDone(open), &level{object: token == json.Delim('{'), key: true, seen: map[string]bool{}})
			continue
		case json.Delim('}'), json.Delim(']'):
			open = open[:len(open)-1]
			continue
		}
		if len(open) > 0 && open[len(open)-1].object && open[len(open)-1].key {
			if err := open[len(open)-1].take(token); err != nil {
				return err
			}
			continue
		}
		valueDone(open)
	}
}

// take records a key.
func (l *level) take(token json.Token) error {
	name, ok := token.(string)
	if !ok || l.seen[name] {
		return errDuplicate
	}
	l.seen[name], l.key = true, false
	return nil
}

// valueDone notes that the innermost object's value has come (or begun): a key
// is next.
func valueDone(open []*level) []*level {
	if len(open) > 0 {
		open[len(open)-1].key = true
	}
	return open
}
