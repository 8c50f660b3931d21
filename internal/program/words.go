package program

import (
	"bytes"
	"os"
	"sync"
)

// lastBytes is how much of a program's words is shown.
const lastBytes = 4000

// words are what a program has written, and may be read while it writes.
type words struct {
	mutex sync.Mutex
	text  bytes.Buffer
}

// Write is called by the copier of a process.
func (w *words) Write(text []byte) (int, error) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return w.text.Write(text)
}

func (w *words) last() []byte {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return bytes.Clone(end(w.text.Bytes()))
}

// last are the program's last words.
func (p *Program) last() []byte {
	if p.Log == "" {
		return p.words.last()
	}
	text, err := os.ReadFile(p.Log)
	if err != nil {
		return []byte("its words cannot be read: " + err.Error())
	}
	return end(text)
}

func end(text []byte) []byte { return bytes.TrimSpace(text[max(0, len(text)-lastBytes):]) }
