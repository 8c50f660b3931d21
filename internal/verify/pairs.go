package verify

import (
	"strings"
	"time"
)

// maxSignatures bounds the work of one request.
const maxSignatures = 16

// pairs reads schemes that send "t=<time>,v1=<signature>" in one header and
// sign "<time>.<body>". While a secret rotates there is one v1 for each.
func pairs(unit time.Duration) func(Message, string) (claim, error) {
	return func(message Message, header string) (claim, error) {
		value, err := single(message.Header, header)
		if err != nil {
			return claim{}, err
		}
		timestamp, signatures, err := parsePairs(value)
		if err != nil {
			return claim{}, err
		}
		signedAt, err := parseTimestamp(timestamp, unit)
		if err != nil {
			return claim{}, err
		}
		return claim{signatures: signatures, before: timestamp + ".", signedAt: signedAt}, nil
	}
}

// parsePairs passes over other schemes (v0 of Stripe's test mode) and refuses a
// second time: two readers may each take another one.
func parsePairs(header string) (timestamp string, signatures []string, err error) {
	for element := range strings.SplitSeq(header, ",") {
		name, value, found := strings.Cut(element, "=")
		switch {
		case !found:
			return "", nil, ErrHeader
		case name == "t" && timestamp != "":
			return "", nil, ErrHeader
		case name == "t":
			timestamp = value
		case name == "v1":
			signatures = append(signatures, value)
		}
	}
	if timestamp == "" || len(signatures) == 0 || len(signatures) > maxSignatures {
		return "", nil, ErrHeader
	}
	return timestamp, signatures, nil
}
