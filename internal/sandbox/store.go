package sandbox

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"slices"
)

// store is the sandbox's memory: tables of rows, and a log of every change.
// The caller holds the server's lock. A commit is one line in the file, so a
// reader sees all changes of a call or none.
type store struct {
	file    *os.File // nil: memory only
	tables  map[string]replayable
	pending []change
}

// change is one row as written; a null value removes it.
type change struct {
	Table string          `json:"table"`
	ID    string          `json:"id"`
	Value json.RawMessage `json:"value"`
}

type replayable interface {
	replay(id string, value json.RawMessage) error
	snapshot(write func(id string, value any) error) error
}

// open reads the log, if there is one, and starts a compacted one in its place.
// All tables must be there already.
func (s *store) open(path string) error {
	if path == "" {
		return nil
	}
	data, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("sandbox: read state: %w", err)
	}
	if err := s.replayAll(data); err != nil {
		return fmt.Errorf("sandbox: state file %s is damaged; move it away to begin anew: %w", path, err)
	}
	if err := s.compact(path + ".new"); err != nil {
		return err
	}
	if err := os.Rename(path+".new", path); err != nil {
		return fmt.Errorf("sandbox: replace state: %w", err)
	}
	s.file, err = os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("sandbox: open state: %w", err)
	}
	return nil
}

// replayAll applies the log. A last line without its end was never answered:
// it is dropped.
func (s *store) replayAll(data []byte) error {
	for number := 1; len(data) > 0; number++ {
		line, rest, complete := bytes.Cut(data, []byte{'\n'})
		if !complete {
			return nil
		}
		data = rest
		var changes []change
		if err := json.Unmarshal(line, &changes); err != nil {
			return fmt.Errorf("line %d: %w", number, err)
		}
		for _, changed := range changes {
			table, known := s.tables[changed.Table]
			if !known {
				return fmt.Errorf("line %d: unknown table %q", number, changed.Table)
			}
			if err := table.replay(changed.ID, changed.Value); err != nil {
				return fmt.Errorf("line %d: %w", number, err)
			}
		}
	}
	return nil
}

func (s *store) compact(path string) (err error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("sandbox: write state: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	buffer := bufio.NewWriter(file)
	for name, table := range s.tables {
		write := func(id string, value any) error { return writeLine(buffer, name, id, value) }
		if err := table.snapshot(write); err != nil {
			return fmt.Errorf("sandbox: write state: %w", err)
		}
	}
	if err := buffer.Flush(); err != nil {
		return fmt.Errorf("sandbox: write state: %w", err)
	}
	return file.Sync()
}

func writeLine(w io.Writer, table, id string, value any) error {
	raw, err := json.Marshal(value)
	if err != nil {
		return err
	}
	line, err := json.Marshal([]change{{table, id, raw}})
	if err != nil {
		return err
	}
	_, err = w.Write(append(line, '\n'))
	return err
}

// commit writes what was put since the last commit.
func (s *store) commit() error {
	if s.file == nil || len(s.pending) == 0 {
		return nil
	}
	line, err := json.Marshal(s.pending)
	if err != nil {
		return fmt.Errorf("sandbox: encode state: %w", err)
	}
	s.pending = s.pending[:0]
	if _, err := s.file.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("sandbox: write state: %w", err)
	}
	return nil
}

func (s *store) close() error {
	if s.file == nil {
		return nil
	}
	return s.file.Close()
}

// table holds rows of one type in the order in which they came. A row is a
// value: whoever changes a map or slice in one clones it first.
type table[T any] struct {
	store *store
	name  string
	rows  map[string]T
	order []string
}

func newTable[T any](s *store, name string) *table[T] {
	t := &table[T]{store: s, name: name, rows: map[string]T{}}
	s.tables[name] = t
	return t
}

func (t *table[T]) get(id string) (T, bool) {
	row, found := t.rows[id]
	return row, found
}

func (t *table[T]) put(id string, row T) {
	t.set(id, row)
	if t.store.file == nil {
		return
	}
	raw, err := json.Marshal(row)
	if err != nil {
		panic(fmt.Sprintf("sandbox: row of %s cannot be JSON: %v", t.name, err)) // our own types: a bug
	}
	t.store.pending = append(t.store.pending, change{t.name, id, raw})
}

func (t *table[T]) set(id string, row T) {
	if _, found := t.rows[id]; !found {
		t.order = append(t.order, id)
	}
	t.rows[id] = row
}

func (t *table[T]) remove(id string) {
	if _, found := t.rows[id]; !found {
		return
	}
	delete(t.rows, id)
	t.order = slices.DeleteFunc(t.order, func(other string) bool { return other == id })
	if t.store.file != nil {
		t.store.pending = append(t.store.pending, change{t.name, id, json.RawMessage("null")})
	}
}

// all yields the rows, the oldest first.
func (t *table[T]) all() iter.Seq[T] {
	return func(yield func(T) bool) {
		for _, id := range t.order {
			if !yield(t.rows[id]) {
				return
			}
		}
	}
}

// newest yields the rows, the newest first.
func (t *table[T]) newest() iter.Seq[T] {
	return func(yield func(T) bool) {
		for _, id := range slices.Backward(t.order) {
			if !yield(t.rows[id]) {
				return
			}
		}
	}
}

func (t *table[T]) replay(id string, value json.RawMessage) error {
	if bytes.Equal(value, []byte("null")) {
		delete(t.rows, id)
		t.order = slices.DeleteFunc(t.order, func(other string) bool { return other == id })
		return nil
	}
	var row T
	if err := json.Unmarshal(value, &row); err != nil {
		return fmt.Errorf("table %s: %w", t.name, err)
	}
	t.set(id, row)
	return nil
}

func (t *table[T]) snapshot(write func(string, any) error) error {
	for _, id := range t.order {
		if err := write(id, t.rows[id]); err != nil {
			return err
		}
	}
	return nil
}
