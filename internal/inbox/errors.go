package inbox

import (
	"errors"

	"guestjourney/internal/database"
)

var (
	// ErrUnavailable is wrapped if the database cannot take or give anything
	// now: full, locked, damaged, out of reach or closed.
	ErrUnavailable = database.ErrUnavailable
	// ErrNotFound is wrapped if no event in the inbox has the key.
	ErrNotFound = errors.New("not in the inbox")
	// ErrLeaseLost is wrapped if a lease ended and someone else took the queue.
	ErrLeaseLost = errors.New("lease lost")
)
