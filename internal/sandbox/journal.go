package sandbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"
)

// JournalEntry is one call of a provider's API, also a refused or broken one.
type JournalEntry struct {
	// Line is the entry's number in the journal, from 1.
	Line      int       `json:"line"`
	At        time.Time `json:"at"`
	Provider  string    `json:"provider"`
	Operation string    `json:"operation"`
	Method    string    `json:"method"`
	Path      string    `json:"path"` // without the query, which may hold addresses
	// EffectKey is how the call names its effect; see each provider's file.
	EffectKey string `json:"effectKey,omitempty"`
	// Effect: the call changed something.
	Effect bool `json:"effect"`
	// Duplicate: the call would have changed something and was answered as if,
	// but it had been done before.
	Duplicate bool   `json:"duplicate"`
	Status    int    `json:"status"` // 0: no answer was meant to leave
	Fault     string `json:"fault,omitempty"`
	ObjectID  string `json:"objectId,omitempty"`
}

// JournalFilter narrows a journal; empty fields match everything.
type JournalFilter struct {
	Provider  string
	Operation string
	EffectKey string
}

func (f JournalFilter) matches(entry JournalEntry) bool {
	return (f.Provider == "" || f.Provider == entry.Provider) &&
		(f.Operation == "" || f.Operation == entry.Operation) &&
		(f.EffectKey == "" || f.EffectKey == entry.EffectKey)
}

// journal is the list of calls, in memory and as lines in a file. The caller
// holds the server's lock.
type journal struct {
	entries []JournalEntry
	file    *os.File // nil: memory only
}

func (j *journal) open(path string) error {
	if path == "" {
		return nil
	}
	data, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("sandbox: read journal: %w", err)
	}
	complete := data[:bytes.LastIndexByte(data, '\n')+1] // a torn last line was never answered
	for line := range bytes.Lines(complete) {
		var entry JournalEntry
		if err := json.Unmarshal(line, &entry); err != nil {
			return fmt.Errorf("sandbox: journal %s is damaged after line %d; move it away to begin anew: %w", path, len(j.entries), err)
		}
		j.entries = append(j.entries, entry)
	}
	j.file, err = os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("sandbox: open journal: %w", err)
	}
	if err := j.file.Truncate(int64(len(complete))); err != nil {
		return fmt.Errorf("sandbox: cut the journal's torn line: %w", err)
	}
	return nil
}

func (j *journal) add(entry *JournalEntry) error {
	entry.Line = len(j.entries) + 1
	j.entries = append(j.entries, *entry)
	if j.file == nil {
		return nil
	}
	line, err := json.Marshal(entry)
	if err != nil {
		return fmt.Errorf("sandbox: encode journal line: %w", err)
	}
	if _, err := j.file.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("sandbox: write journal: %w", err)
	}
	return nil
}

func (j *journal) close() error {
	if j.file == nil {
		return nil
	}
	return j.file.Close()
}

// Journal returns the calls that match, the oldest first.
func (s *Server) Journal(filter JournalFilter) []JournalEntry {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := []JournalEntry{}
	for _, entry := range s.journal.entries {
		if filter.matches(entry) {
			found = append(found, entry)
		}
	}
	return found
}

// Effects counts the real effects of each effect key: exactly once means 1.
func (s *Server) Effects() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	effects := map[string]int{}
	for _, entry := range s.journal.entries {
		if entry.Effect && entry.EffectKey != "" {
			effects[entry.EffectKey]++
		}
	}
	return effects
}
