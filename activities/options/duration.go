package options

import (
	"encoding/json"
	"fmt"
	"time"
)

// Duration is a time.Duration written as Go writes it ("72h", "1m30s") in
// program files and workflow inputs.
type Duration time.Duration

// Value returns the duration as the standard library's type.
func (d Duration) Value() time.Duration { return time.Duration(d) }

// String returns Go's form of the duration.
func (d Duration) String() string { return time.Duration(d).String() }

// MarshalJSON writes the duration as a string.
func (d Duration) MarshalJSON() ([]byte, error) { return json.Marshal(d.String()) }

// UnmarshalJSON reads a string such as "72h"; a number is refused, because
// its unit would be a guess.
func (d *Duration) UnmarshalJSON(data []byte) error {
	var text string
	if err := json.Unmarshal(data, &text); err != nil {
		return fmt.Errorf("a duration is a string such as \"72h\": %w", err)
	}
	value, err := time.ParseDuration(text)
	if err != nil {
		return fmt.Errorf("a duration is a string such as \"72h\": %w", err)
	}
	*d = Duration(value)
	return nil
}
