// Package alarmlog writes and verifies the alarm log of a session's record: lines that
// are chained by their hashes, so that one that was changed, removed, added or moved
// is found.
//
// Called by the record, and by whoever checks one. It owns the form and the rule:
//
//   - A line is a JSON object. Its first members are "line" (from 1) and "prev", its
//     last is "hash"; all between is the event's.
//   - hash is the SHA-256, in lower-case hex, of the line's bytes before `,"hash":`.
//     As they contain prev, each hash stands for all lines before it.
//   - prev is the hash of the line before. The first line, the genesis, has 64 zeros;
//     its event names the session.
//   - The last line's event is {"kind":"end"}: a log that was cut short has none.
//
// Who can write the whole file can chain it anew. Therefore the last line's hash is in
// the record's manifest, and the record's own SHA-256 where the record was filed.
package alarmlog

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/go-json-experiment/json"
)

// Genesis is the hash before the first line.
var Genesis = strings.Repeat("0", 2*sha256.Size)

// endEvent closes a log.
const endEvent = `"kind":"end"`

const hashMember = `,"hash":"`

// Writer chains lines.
type Writer struct {
	out   io.Writer
	lines int
	last  string
}

// NewWriter begins the log of a session with its genesis.
func NewWriter(w io.Writer, session string) (*Writer, error) {
	log := &Writer{out: w, last: Genesis}
	return log, log.Add(struct {
		Kind    string `json:"kind"`
		Session string `json:"session"`
	}{"genesis", session})
}

// Add adds an event: what is written as a JSON object with at least one member.
func (w *Writer) Add(event any) error {
	text, err := json.Marshal(event, json.Deterministic(true))
	if err != nil {
		return fmt.Errorf("alarm log: write line %d: %w", w.lines+1, err)
	}
	if len(text) <= len("{}") || text[0] != '{' {
		return fmt.Errorf("alarm log: line %d: want a JSON object that is not empty", w.lines+1)
	}
	return w.add(string(text[1 : len(text)-1]))
}

func (w *Writer) add(members string) error {
	body := fmt.Sprintf(`{"line":%d,"prev":"%s",%s`, w.lines+1, w.last, members)
	sum := hashOf([]byte(body))
	if _, err := io.WriteString(w.out, body+hashMember+sum+"\"}\n"); err != nil {
		return fmt.Errorf("alarm log: write line %d: %w", w.lines+1, err)
	}
	w.lines, w.last = w.lines+1, sum
	return nil
}

// Close ends the log and returns the last line's hash.
func (w *Writer) Close() (hash string, err error) {
	err = w.add(endEvent)
	return w.last, err
}

func hashOf(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}

// ErrBroken is wrapped by Broken.
var ErrBroken = errors.New("the alarm log is not as it was written")

// Broken says at which line a log is broken.
type Broken struct {
	Line int
	Why  string
}

// Error names the line.
func (b *Broken) Error() string { return fmt.Sprintf("alarm log: line %d: %s", b.Line, b.Why) }

// Unwrap returns ErrBroken.
func (b *Broken) Unwrap() error { return ErrBroken }

// Verify reads a log and returns the hash of its last line, which is to be compared
// with the manifest's. Its error is a *Broken for the first line that is wrong, or the
// reader's.
func Verify(r io.Reader) (hash string, err error) {
	in := bufio.NewReader(r)
	last, ended := Genesis, false
	for line := 1; ; line++ {
		text, err := in.ReadBytes('\n')
		switch {
		case errors.Is(err, io.EOF) && len(text) == 0 && ended:
			return last, nil
		case errors.Is(err, io.EOF):
			return "", &Broken{line, "the log was cut short: its last line is missing, or has no end"}
		case err != nil:
			return "", fmt.Errorf("alarm log: read line %d: %w", line, err)
		case ended:
			return "", &Broken{line, "a line follows the end"}
		}
		if last, ended, err = verifyLine(text[:len(text)-1], line, last); err != nil {
			return "", err
		}
	}
}

// verifyLine holds a line to the one before it.
func verifyLine(text []byte, line int, prev string) (hash string, ended bool, err error) {
	cut := bytes.LastIndex(text, []byte(hashMember))
	if cut < 0 {
		return "", false, &Broken{line, "it has no hash"}
	}
	body := text[:cut]
	hash = hashOf(body)
	if string(text[cut:]) != hashMember+hash+`"}` {
		return "", false, &Broken{line, "its hash is not that of its text"}
	}
	members, follows := strings.CutPrefix(string(body), fmt.Sprintf(`{"line":%d,"prev":"%s",`, line, prev))
	switch {
	case !follows:
		return "", false, &Broken{line, "it does not follow the line before it"}
	case line == 1 && !strings.HasPrefix(members, `"kind":"genesis",`):
		return "", false, &Broken{line, "it is no genesis"}
	}
	return hash, members == endEvent, nil
}
