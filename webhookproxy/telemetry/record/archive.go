package record

import (
	"archive/zip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"time"
)

// File is one file of a record.
type File struct {
	Name   string `json:"name"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"` // lower-case hex
}

// archive is the ZIP as it is written. All of its files have one time, the end of what
// they tell of.
type archive struct {
	zip   *zip.Writer
	at    time.Time
	files []File
}

func newArchive(w io.Writer, at time.Time) *archive { return &archive{zip: zip.NewWriter(w), at: at} }

// member is a file that is being written.
type member struct {
	name  string
	out   io.Writer
	hash  hash.Hash
	bytes int64
}

// Write implements io.Writer.
func (m *member) Write(p []byte) (int, error) {
	n, err := m.out.Write(p)
	m.bytes += int64(n)
	m.hash.Write(p[:n]) // which never fails
	if err != nil {
		return n, fmt.Errorf("write %s: %w", m.name, err)
	}
	return n, nil
}

// begin begins a file; the one before it must have ended.
func (a *archive) begin(name string) (*member, error) {
	out, err := a.zip.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: a.at})
	if err != nil {
		return nil, fmt.Errorf("begin %s: %w", name, err)
	}
	return &member{name: name, out: out, hash: sha256.New()}, nil
}

func (a *archive) end(m *member) {
	a.files = append(a.files, File{Name: m.name, Bytes: m.bytes, SHA256: hex.EncodeToString(m.hash.Sum(nil))})
}

// file writes one file: what fill writes.
func (a *archive) file(name string, fill func(io.Writer) error) error {
	m, err := a.begin(name)
	if err != nil {
		return err
	}
	if err := fill(m); err != nil {
		return err
	}
	a.end(m)
	return nil
}

func (a *archive) close() error {
	if err := a.zip.Close(); err != nil {
		return fmt.Errorf("end the archive: %w", err)
	}
	return nil
}
