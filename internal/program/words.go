package program

import (
	"bytes"
	"os"
)

// lastBytes is how much of a program's words is shown.
const lastBytes = 4000

// last are the program's last words.
func (p *Program) last() []byte {
	if p.Log == "" {
		return end([]byte(p.words.String()))
	}
	text, err := os.ReadFile(p.Log)
	if err != nil {
		return []byte("its words cannot be read: " + err.Error())
	}
	return end(text)
}

func end(text []byte) []byte { return bytes.TrimSpace(text[max(0, len(text)-lastBytes):]) }
