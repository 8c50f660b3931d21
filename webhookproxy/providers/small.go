package providers

import (
	"strings"
	"time"
	"unicode"
)

// What an event and its fact may hold, in bytes. A fact is in the history of
// its workflow for good, and no history should grow by what a sender likes.
const (
	maxID     = 200
	maxType   = 128
	maxObject = 255
	maxText   = 8 * kilobyte // the longest text message has 6,400
)

// small bounds whatever a provider's parser makes of a delivery.
func small(events func(Delivery) ([]Event, error)) func(Delivery) ([]Event, error) {
	return func(delivery Delivery) ([]Event, error) {
		all, err := events(delivery)
		for i := range all {
			all[i].bound(delivery.ReceivedAt)
		}
		return all, err
	}
}

func (e *Event) bound(receivedAt time.Time) {
	e.Account, e.ID, e.Type = short(e.Account), short(e.ID), printable(clip(e.Type, maxType))
	if e.Signal == nil {
		return
	}
	fact := &e.Signal.Fact
	fact.ID, fact.Object = e.ID, clip(fact.Object, maxObject)
	for key, value := range fact.Data {
		fact.Data[key] = clip(value, maxText)
	}
	// A time that encoding/json cannot write would spoil the fact.
	if year := fact.OccurredAt.Year(); year < 1970 || year > 9999 {
		fact.OccurredAt = receivedAt
	}
}

// short keeps an ID that is one, and hashes what is too long: a cut one would
// be another event's.
func short(id string) string {
	if len(id) > maxID {
		return digest(id)
	}
	return id
}

// printable keeps line breaks and the like out of logs.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, text)
}
