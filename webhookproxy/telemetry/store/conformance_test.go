package store_test

import (
	"testing"

	"guestjourney/internal/postgrestest"
)

// conformance is what every database must do.
var conformance = map[string]func(*testing.T, *place){
	"a batch comes back as it was added":                        comesBack,
	"the same batch twice is one, another of its name is told":  twice,
	"one of many that add the same batch adds it":               oneAdds,
	"batches of a device that nobody has are kept apart":        unassigned,
	"what comes late belongs to whose the device was":           lateBatch,
	"a range is by the time of receipt":                         ranged,
	"whoever tails misses none, with two processes that add":    tailed,
	"a session has one device, and an ended one has none":       assignments,
	"a session has the settings of its last assignment":         sessionSettings,
	"a session has one owner, and the next one a higher epoch":  oneOwner,
	"an owner that was replaced can write nothing":              staleOwner,
	"of many that want to own a session one does":               racingOwners,
	"a commit is all or nothing, and may be repeated":           commits,
	"the next owner goes on where the one before stopped":       goesOn,
	"a session without an owner is found until nothing is owed": claimable,
	"gaps are recorded once":                                    gaps,
	"what is undelivered is listed in order until it is":        delivery,
	"the first who hands a page over is on record":              handOver,
	"a page that nobody has taken in time is found":             overdue,
	"a page past the workflow is found again until it settles":  unsettled,
	"what was delivered before pages were made again is left":   settledBefore,
	"a workflow that pages is heard from":                       silent,
	"silence begins with the version that hears it":             silentBefore,
	"ECG comes back unit by unit, joined by the minute":         ecgComesBack,
	"ECG is followed by the second, without the joined minutes": ecgFollowed,
	"ECG that comes while a minute is joined is not lost":       ecgJoinedTwice,
	"purge goes by age and leaves what is undelivered":          purge,
	"purge goes in steps":                                       purgeSteps,
	"what is sealed is bound to its row":                        bound,
	"a key that is missing holds up no other row":               missingKey,
	"an owner that is killed in a commit leaves it whole":       killedOwner,
	"leases and the outbox do as the model says":                holdAgainstModel,
	"what was given up races with nobody":                       givenUp,
	"nothing works after close":                                 closed,
}

func TestConformance(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) {
		for name, test := range conformance {
			t.Run(name, func(t *testing.T) { test(t, file(t)) })
		}
	})
	t.Run("postgres", func(t *testing.T) {
		c := postgrestest.Start(t, postgrestest.Settings{User: "telemetry", Options: []string{"fsync=off", "max_connections=60", "deadlock_timeout=100ms"}})
		for name, test := range conformance {
			t.Run(name, func(t *testing.T) { test(t, server(t, c)) })
		}
	})
}
