package verify

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"unicode/utf8"
)

// maxFields bounds the work of one request.
const maxFields = 32

// flatObject returns the fields of a JSON object that are strings. A null is as
// good as a missing field; what has another type is left out. It refuses what
// two readers could read differently: a field that is there twice, in whatever
// case, bytes that are no UTF-8, and anything after the object.
func flatObject(body []byte) (map[string]string, error) {
	if !utf8.Valid(body) {
		return nil, ErrHeader
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	if token, err := decoder.Token(); err != nil || token != json.Delim('{') {
		return nil, ErrHeader
	}
	fields, names := map[string]string{}, []string{}
	for decoder.More() {
		name, value, err := nextField(decoder)
		if err != nil || len(names) == maxFields || containsFold(names, name) {
			return nil, ErrHeader
		}
		names = append(names, name)
		if value != nil {
			fields[name] = *value
		}
	}
	if _, err := decoder.Token(); err != nil {
		return nil, ErrHeader
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, ErrHeader
	}
	return fields, nil
}

// nextField returns no value for what is no string.
func nextField(decoder *json.Decoder) (name string, value *string, err error) {
	token, err := decoder.Token()
	if err != nil {
		return "", nil, err
	}
	name, _ = token.(string)
	var raw json.RawMessage
	if err := decoder.Decode(&raw); err != nil {
		return "", nil, err
	}
	if len(raw) == 0 || raw[0] != '"' {
		return name, nil, nil
	}
	var text string
	if err := json.Unmarshal(raw, &text); err != nil {
		return "", nil, err
	}
	return name, &text, nil
}

// containsFold: encoding/json, which reads the body later, takes "message" for
// Message too.
func containsFold(names []string, name string) bool {
	for _, known := range names {
		if strings.EqualFold(known, name) {
			return true
		}
	}
	return false
}
