package providers

import "encoding/json"

// text is a field of which only the spelling counts: providers write the same
// ID now as a text and now as a number. What is neither is as good as missing.
type text string

// UnmarshalJSON implements json.Unmarshaler; it takes any valid JSON.
func (t *text) UnmarshalJSON(raw []byte) error {
	*t = ""
	switch first := raw[0]; {
	case first == '"':
		var value string
		if err := json.Unmarshal(raw, &value); err != nil {
			return err
		}
		*t = text(value)
	case first == '-' || '0' <= first && first <= '9':
		*t = text(raw)
	}
	return nil
}

// one reads providers that send one event a post, a JSON object.
func one[T any](event func(T, Delivery) Event) func(Delivery) ([]Event, error) {
	return func(delivery Delivery) ([]Event, error) {
		if !isObject(delivery.Body) {
			return nil, errNotJSON
		}
		var told T
		if err := parse(delivery.Body, &told); err != nil {
			return nil, err
		}
		return []Event{event(told, delivery)}, nil
	}
}

func isObject(body []byte) bool {
	for _, c := range body {
		switch c {
		case ' ', '\t', '\r', '\n':
		default:
			return c == '{'
		}
	}
	return false
}
