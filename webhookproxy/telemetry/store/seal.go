package store

import (
	"fmt"
)

// kind is sealed with the content, and so is its place: what was moved to another
// row is not taken for that row's.
type kind string

const (
	ofBatch      kind = "telemetry-batch"
	ofECG        kind = "telemetry-ecg"
	ofCheckpoint kind = "telemetry-checkpoint"
	ofTransition kind = "telemetry-transition"
	ofSettings   kind = "telemetry-settings"
)

// place names a row, such as "monitor-7/41".
func place(owner string, number any) string { return fmt.Sprintf("%s/%v", owner, number) }

func (s *Store) seal(what kind, place string, plain []byte) ([]byte, error) {
	sealed, err := s.codec.SealBytes(string(what), []byte(place), plain)
	if err != nil {
		return nil, fmt.Errorf("telemetry store: seal %s %s: %w", what, place, err)
	}
	return sealed, nil
}

// open reads what seal wrote. The row stays as it was, whatever comes out.
func (s *Store) open(what kind, place string, stored []byte) ([]byte, error) {
	plain, err := s.codec.OpenBytes(string(what), []byte(place), stored)
	if err != nil {
		return nil, fmt.Errorf("telemetry store: open %s %s, which stays: %w", what, place, err)
	}
	return plain, nil
}
