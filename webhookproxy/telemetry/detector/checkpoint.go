package detector

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"time"

	"guestjourney/internal/cardiac"
)

// Checkpoint returns the whole state as JSON. Kept with the transitions and the
// last batch that led to it, in one transaction, it is where another owner goes
// on. It need not be kept after each call: feeding the rows since the last one
// leads to the same state.
func (d *Detector) Checkpoint() ([]byte, error) {
	text, err := json.Marshal(d.state)
	if err != nil {
		return nil, fmt.Errorf("detector: write the checkpoint: %w", err)
	}
	return text, nil
}

// ErrCheckpoint says that a checkpoint is not one of this version. Rebuild does
// without.
var ErrCheckpoint = errors.New("detector: the checkpoint cannot be read: rebuild from the last five minutes")

// Restore goes on from a checkpoint. The config may be another one than before, as
// in Configure, whose errors it has besides ErrCheckpoint.
func Restore(config Config, checkpoint []byte, now time.Time) (*Detector, error) {
	var found state
	if err := json.Unmarshal(checkpoint, &found); err != nil || found.Version != version {
		return nil, ErrCheckpoint
	}
	d := &Detector{state: found}
	d.state.Alarms = newState(found.Since).Alarms // with rules that have joined since
	maps.Copy(d.state.Alarms, found.Alarms)
	if d.state.Monitor == nil {
		d.state.Monitor = map[string]*reported{}
	}
	return d, d.Configure(config, now)
}

// beatLog is written as whole numbers, three a beat: microseconds since the beat
// before (the first: since 1970), interval in microseconds (0 after a gap), and
// kind. Five minutes of beats are most of a checkpoint.
type beatLog []cardiac.Beat

// MarshalJSON implements json.Marshaler.
func (l beatLog) MarshalJSON() ([]byte, error) {
	numbers := make([]int64, 0, 3*len(l))
	before := int64(0)
	for _, beat := range l {
		at := beat.At.UnixMicro()
		numbers = append(numbers, at-before, beat.RR.Microseconds(), int64(beat.Kind))
		before = at
	}
	return json.Marshal(numbers)
}

// UnmarshalJSON implements json.Unmarshaler.
func (l *beatLog) UnmarshalJSON(text []byte) error {
	var numbers []int64
	if err := json.Unmarshal(text, &numbers); err != nil {
		return err
	}
	if len(numbers)%3 != 0 {
		return errors.New("want three numbers a beat")
	}
	*l = nil
	at := int64(0)
	for i := 0; i < len(numbers); i += 3 {
		at += numbers[i]
		*l = append(*l, cardiac.Beat{
			At: time.UnixMicro(at).UTC(), RR: time.Duration(numbers[i+1]) * time.Microsecond,
			Kind: cardiac.BeatKind(numbers[i+2]), AfterGap: numbers[i+1] == 0,
		})
	}
	return nil
}
