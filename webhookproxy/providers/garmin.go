package providers

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"
)

// garminBatch bounds the summaries of one post; Garmin documents no number.
const garminBatch = 2000

// garmin: lists of summaries by kind a post, whole (PUSH) or as addresses to
// get them from (PING). Such an address is data: nobody signs it, and whoever
// reads it must hold it to Garmin's host first. Nothing is signed at all; the
// header with our client's ID is what tells Garmin from others. Its retries are
// unconfirmed.
func garmin(Config) Provider {
	return Provider{
		Name: "garmin", BodyLimit: megabyte, Budget: 8 * time.Second, Remember: rememberUndated,
		Schemes: []Scheme{bears("GARMIN_CLIENT_IDS", "Garmin-Client-Id")},
		Routes:  []Route{{Path: "/webhooks/garmin", Events: garminEvents}},
	}
}

// garminSummary is the part of a summary that is read.
type garminSummary struct {
	UserID    text `json:"userId"`
	SummaryID text `json:"summaryId"`
}

func garminEvents(delivery Delivery) ([]Event, error) {
	var kinds map[string][]json.RawMessage
	if err := parse(delivery.Body, &kinds); err != nil {
		return nil, err
	}
	if kinds == nil {
		return nil, errNotJSON
	}
	var events []Event
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		if len(events)+len(kinds[kind]) > garminBatch {
			return nil, fmt.Errorf("more than %d summaries in one post", garminBatch)
		}
		for _, raw := range kinds[kind] {
			event, err := garminEvent(kind, raw)
			if err != nil {
				return nil, err
			}
			events = append(events, event)
		}
	}
	return events, nil
}

// garminEvent names a summary by its content too: Garmin sends it again under
// the same ID when the watch has more of the same day.
func garminEvent(kind string, raw json.RawMessage) (Event, error) {
	if !isObject(raw) {
		return Event{}, errNotJSON
	}
	var told garminSummary
	if err := json.Unmarshal(raw, &told); err != nil {
		return Event{}, errNotJSON
	}
	return Event{ID: digest(kind, string(told.UserID), string(told.SummaryID), content(raw)), Type: kind}, nil
}
