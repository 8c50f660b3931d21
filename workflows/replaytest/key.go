// Package replaytest replays every recorded history against the workflows of
// this checkout. Its corpus, in testdata/histories, is recorded by
// `make histories` in internal/integration; the replay itself is a test.
package replaytest

// Key is the payload key (PAYLOAD_KEYS) under which the corpus was recorded. It
// is published on purpose and protects nothing: the guests in it are made up.
// A history that cannot be unsealed cannot be replayed, so it never changes.
const Key = "published:Z3Vlc3Rqb3VybmV5IHB1Ymxpc2hlZCB0ZXN0IGtleSE="

// Histories is the folder of the corpus, below this package's own.
const Histories = "testdata/histories"
