// Package folder files records in a folder of this machine, until an EMR does.
//
// Called by the worker, which hands a Folder to the port activities/records. It owns the
// folder, and promises that a file in it is whole: it gets its name when all of it is on
// disk. Files are readable by the worker's own user only (0600, folders 0700). What is
// in them is health data: the folder belongs on an encrypted disk, and its backup too.
package folder

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"regexp"
	"strings"

	"guestjourney/activities/failure"
	"guestjourney/activities/options"
	"guestjourney/activities/records"
)

// Name is what errors call this place.
const Name = "folder"

// Folder is a records.Filing.
type Folder struct{ root *os.Root }

var _ records.Filing = (*Folder)(nil)

// Open opens a folder, which it makes if there is none. Close it after use.
func Open(at string) (*Folder, error) {
	if err := os.MkdirAll(at, 0o700); err != nil {
		return nil, fmt.Errorf("folder of records: %w: make it, or name another one", err)
	}
	root, err := os.OpenRoot(at)
	if err != nil {
		return nil, fmt.Errorf("folder of records: %w", err)
	}
	return &Folder{root}, nil
}

// Close closes the folder.
func (f *Folder) Close() error { return f.root.Close() }

var fileName = regexp.MustCompile(`^[a-z0-9_-][a-z0-9._-]{0,200}$`)

// File keeps a document as <name>/<SHA-256><extension>, which is its reference: so each
// version has its own file, and one that is filed again finds itself there.
func (f *Folder) File(ctx context.Context, _ options.Effect, document records.Document) (records.Filed, error) {
	if !fileName.MatchString(document.Name) {
		return records.Filed{}, failed(failure.InvalidInput, errNoName, "a document's name has small letters, digits, - . and _ only")
	}
	extension := path.Ext(document.Name)
	place := strings.TrimSuffix(document.Name, extension)
	if err := f.root.MkdirAll(place, 0o700); err != nil {
		return records.Filed{}, failed(failure.NotProcessed, err, "make the folder of records writable")
	}
	temporary := path.Join(place, ".new-"+rand.Text()) // nobody takes it for a record
	filed, err := f.write(ctx, temporary, document.Content)
	if err == nil {
		filed.Ref = path.Join(place, filed.SHA256+extension)
		err = f.publish(temporary, filed.Ref)
	}
	if err != nil {
		return records.Filed{}, errors.Join(known(err), f.drop(temporary))
	}
	return filed, nil
}

// write writes content to a new file, and returns when it is on disk.
func (f *Folder) write(ctx context.Context, name string, content io.Reader) (filed records.Filed, err error) {
	file, err := f.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return filed, err
	}
	sum := sha256.New()
	filed.Bytes, err = io.Copy(io.MultiWriter(file, sum), whileAsked{ctx, content})
	if err == nil {
		err = file.Sync()
	}
	filed.SHA256 = hex.EncodeToString(sum.Sum(nil))
	return filed, errors.Join(err, file.Close())
}

// publish gives a file its name. One of that name has the same content.
func (f *Folder) publish(temporary, name string) error {
	if err := f.root.Rename(temporary, name); err != nil {
		return err
	}
	folder, err := f.root.Open(path.Dir(name))
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

// drop removes what could not be filed.
func (f *Folder) drop(temporary string) error {
	if err := f.root.Remove(temporary); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return failed(failure.NotProcessed, err, "remove the files .new-* in the folder of records")
	}
	return nil
}

// whileAsked reads as long as somebody waits for it.
type whileAsked struct {
	ctx context.Context
	io.Reader
}

// Read implements io.Reader.
func (r whileAsked) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.Reader.Read(p)
}

var errNoName = errors.New("no file name")

// known returns the source's own error, or one of this place: nothing was kept.
func known(err error) error {
	var class *failure.Error
	if errors.As(err, &class) {
		return class
	}
	return failed(failure.NotProcessed, err, "see that the record comes whole, and that the folder of records is writable and has room")
}

func failed(class failure.Class, err error, advice string) error {
	return &failure.Error{Provider: Name, Operation: "records.file", Class: class, Advice: advice, Err: err}
}
