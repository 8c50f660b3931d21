// Package logtest keeps a log that is read while it is written.
//
// Called by tests, as the writer of a logger or of a process. It owns the text, and
// promises that what reads it has every line that was written before, whole.
package logtest

import (
	"bytes"
	"sync"
)

// Log is an empty log.
type Log struct {
	mutex sync.Mutex
	text  bytes.Buffer
}

// Write appends. It never fails.
func (l *Log) Write(text []byte) (int, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.text.Write(text)
}

// String is all that was written.
func (l *Log) String() string {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.text.String()
}
