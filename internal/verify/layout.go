package verify

import (
	"strings"
	"time"
)

// bodyOnly reads schemes that sign the body and nothing else, the signature
// behind a prefix. No time is signed: what keeps a replay out is the
// deduplication of events.
func bodyOnly(prefix string) func(Message, string) (claim, error) {
	return func(message Message, header string) (claim, error) {
		value, err := single(message.Header, header)
		if err != nil {
			return claim{}, err
		}
		signature, found := strings.CutPrefix(value, prefix)
		if !found {
			return claim{}, ErrHeader
		}
		return claim{signatures: []string{signature}}, nil
	}
}

// stamped is the layout of schemes that send the time in a header of its own.
type stamped struct {
	prefix string // of the signature in its header
	header string // of the time
	unit   time.Duration
	// around says what is signed before and after the body.
	around func(message Message, timestamp string) (before, after string)
}

func (s stamped) read(message Message, header string) (claim, error) {
	value, err := single(message.Header, header)
	if err != nil {
		return claim{}, err
	}
	signature, found := strings.CutPrefix(value, s.prefix)
	if !found {
		return claim{}, ErrHeader
	}
	timestamp, err := single(message.Header, s.header)
	if err != nil {
		return claim{}, err
	}
	signedAt, err := parseTimestamp(timestamp, s.unit)
	if err != nil {
		return claim{}, err
	}
	before, after := s.around(message, timestamp)
	return claim{signatures: []string{signature}, before: before, after: after, signedAt: signedAt}, nil
}

// joined reads schemes that sign the time and the body with nothing between.
// A body that begins with a digit is refused: with the time's last digits moved
// to its front it would be signed as well.
func (s stamped) joined(message Message, header string) (claim, error) {
	if len(message.Body) > 0 && message.Body[0] >= '0' && message.Body[0] <= '9' {
		return claim{}, ErrSignature
	}
	s.around = func(_ Message, timestamp string) (string, string) { return timestamp, "" }
	return s.read(message, header)
}

// dotted signs "<time>.<body>".
func dotted(_ Message, timestamp string) (before, after string) { return timestamp + ".", "" }
