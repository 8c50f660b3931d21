package staff

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"guestjourney/activities/paging"
	"guestjourney/internal/reload"
)

// FileVariable names the staff file.
const FileVariable = "STAFF_FILE"

// File is a staff file that may change while a program runs. Its methods may be
// called by any goroutine.
type File struct {
	path string
	now  func() time.Time

	mutex  sync.Mutex
	text   []byte // of what is in force
	roster *Roster
}

var _ paging.Rota = (*File)(nil)

// Open reads and checks the file. now is time.Now outside of tests.
func Open(path string, now func() time.Time) (*File, error) {
	f := &File{path: path, now: now}
	_, err := f.Reload()
	return f, err
}

// Reload reads the file again and says whether it has changed. After an error
// what was known is still in force.
func (f *File) Reload() (changed bool, err error) {
	text, err := os.ReadFile(f.path)
	if err != nil {
		return false, fmt.Errorf("%s: cannot be read: %w", FileVariable, errors.Unwrap(err))
	}
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if f.roster != nil && bytes.Equal(text, f.text) {
		return false, named(f.roster.covers(f.now()))
	}
	roster, err := Read(text)
	if err == nil {
		err = roster.Check(f.now())
	}
	if err != nil {
		return false, named(err)
	}
	f.text, f.roster = text, roster
	return true, nil
}

func named(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", FileVariable, err)
}

// Watch reads the file every so often, until the context ends. What cannot be
// used is logged, once a state, and changes nothing.
func (f *File) Watch(ctx context.Context, every time.Duration, logger *slog.Logger) {
	take := func() error {
		changed, err := f.Reload()
		if changed {
			logger.Info("the staff file has changed and is in force")
		}
		return err
	}
	reload.Watch(ctx, every, take, func(err error) {
		logger.Error("the staff file needs attention; what was known before stays in force", "error", err.Error())
	})
}

// Roster is what is in force now.
func (f *File) Roster() *Roster {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	return f.roster
}

// Ladder is the present roster's.
func (f *File) Ladder(at time.Time) paging.Ladder { return f.Roster().Ladder(at) }

// Route is the present roster's.
func (f *File) Route(person string, channel paging.Channel) (address string, known bool) {
	return f.Roster().Route(person, channel)
}
