package main

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"guestjourney/internal/inbox"
	"guestjourney/internal/postgrestest"
	"guestjourney/internal/secrets/manager"
	"guestjourney/internal/secrets/manager/managertest"
	"guestjourney/webhookproxy/parcel"
	"guestjourney/webhookproxy/providers"
	"guestjourney/workflows/kit"
)

// personal is in every payload of tests, and nowhere that is not asked for.
const personal = "canary@example.org"

// shelf is the inbox of a proxy that runs.
func shelf(t *testing.T) inbox.Store {
	t.Helper()
	t.Setenv("INBOX_PATH", filepath.Join(t.TempDir(), "data", "inbox.db"))
	t.Setenv("DATABASE_URL", "")
	t.Setenv("PAYLOAD_KEYS", testKeys("k1", 1))
	return openShelf(t)
}

func openShelf(t *testing.T) inbox.Store {
	t.Helper()
	var set InboxSettings
	require.NoError(t, set.PayloadKeys.PayloadKeys.UnmarshalText([]byte(os.Getenv("PAYLOAD_KEYS"))))
	set.InboxPath = os.Getenv("INBOX_PATH")
	store, err := set.Open(t.Context(), set.Ring(), nil)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	return store
}

func keyOf(name string) inbox.Key { return sha256.Sum256([]byte(name)) }

// put stores an event as the gateway does; a reason makes it a dead letter.
func put(t *testing.T, store inbox.Store, name, provider, workflow, dead string, received time.Time) inbox.Key {
	t.Helper()
	p := parcel.Parcel{
		Key: keyOf(name), RequestID: "request-of-" + name, Provider: provider, Type: "payment.made", ReceivedAt: received, Remember: time.Hour,
		Signal: providers.Signal{WorkflowID: workflow, Name: kit.SignalPayment, Fact: kit.Fact{
			ID: name, Provider: provider, Type: "payment.made", OccurredAt: received, Data: map[string]string{"mail": personal},
		}},
	}
	event, err := p.Event()
	require.NoError(t, err)
	event.DeadReason = dead
	added, err := store.Add(t.Context(), []inbox.Event{event})
	require.NoError(t, err)
	require.Equal(t, []bool{true}, added)
	return p.Key
}

func heldNow(t *testing.T, args ...string) []Kept {
	t.Helper()
	code, stdout, stderr := cli(t, "", append([]string{"inbox", "list", "-o", "json"}, args...)...)
	require.Zero(t, code, stderr)
	require.NotContains(t, stdout, personal)
	var held []Kept
	require.NoError(t, json.Unmarshal([]byte(stdout), &held))
	return held
}

// TestAnInboxWhosePasswordIsManagedIsOpened: the operator has the proxy's own
// variables, and no password is in them.
func TestAnInboxWhosePasswordIsManagedIsOpened(t *testing.T) {
	cluster := postgrestest.Start(t, postgrestest.Settings{User: "inbox", Password: "managed", Options: []string{"fsync=off"}})
	t.Setenv("DATABASE_URL", "postgres://inbox@127.0.0.1:"+cluster.Port+"/postgres?sslmode=disable")
	t.Setenv("PAYLOAD_KEYS", testKeys("k1", 1))
	account := managertest.Serve(t)
	t.Setenv("SECRETS_PROVIDER", manager.ProviderAWS)
	t.Setenv("SECRETS_BASE_URL", account.URL)
	code, _, stderr := cli(t, "", "inbox", "list")
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "read database_password: AWS Secrets Manager refuses with ResourceNotFoundException")

	account.Put("database_password", "managed", "AWSCURRENT")
	require.Empty(t, heldNow(t))
}

func TestInboxIsListed(t *testing.T) {
	store := shelf(t)
	code, stdout, _ := cli(t, "", "inbox", "list")
	require.Zero(t, code)
	require.Equal(t, "the inbox is empty\n", stdout)
	require.Empty(t, heldNow(t))

	old := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	first := put(t, store, "a", "stripe", "pay/1", "", old)
	dead := put(t, store, "b", "twilio", "journey/1", "too_large", old)
	put(t, store, "c", "stripe", "pay/2", "", old)
	_, stdout, _ = cli(t, "", "inbox", "list")
	lines := strings.Split(strings.TrimSpace(stdout), "\n")
	require.Len(t, lines, 4)
	require.Regexp(t, `^KEY +STATE +PROVIDER +TYPE +WORKFLOW +RECEIVED +TRIES +NEXT TRY +REASON$`, lines[0])
	require.Regexp(t, `^`+first.String()[:16]+` +waiting +stripe +payment.made +pay/1 +2026-03-02T09:00:00Z +0 +\S+Z *$`, lines[1])
	require.Regexp(t, `^`+dead.String()[:16]+` +dead +twilio +payment.made +journey/1 +2026-03-02T09:00:00Z +0 +too_large$`, lines[2])
	require.NotContains(t, stdout, personal)

	require.Equal(t, []string{dead.String()}, keysOf(heldNow(t, "--state", "dead")))
	require.Len(t, heldNow(t, "--provider", "stripe"), 2)
	require.Equal(t, []string{first.String()}, keysOf(heldNow(t, "--workflow", "pay/1")))
	require.Empty(t, heldNow(t, "--provider", "zoom"))
	_, stdout, _ = cli(t, "", "inbox", "list", "--provider", "zoom")
	require.Equal(t, "nothing in the inbox is like that\n", stdout)
	_, stdout, _ = cli(t, "", "inbox", "list", "--limit", "2")
	require.Contains(t, stdout, "there are more than 2; --limit shows more\n")
	require.Len(t, heldNow(t, "--limit", "2"), 2)
}

func keysOf(held []Kept) []string {
	keys := make([]string, len(held))
	for i, one := range held {
		keys[i] = one.Key
	}
	return keys
}

func TestMoreThanAPageIsListed(t *testing.T) {
	store := shelf(t)
	events := make([]inbox.Event, inboxPage+7)
	for i := range events {
		name := fmt.Sprint(i)
		events[i] = inbox.Event{Key: keyOf(name), RequestID: name, Provider: "stripe", WorkflowID: "pay/1", Payload: []byte("{}")}
	}
	_, err := store.Add(t.Context(), events)
	require.NoError(t, err)
	require.Len(t, heldNow(t, "--limit", "1000"), inboxPage+7)
}

func TestAnEventIsShownAndItsPayloadOnlyWhenAskedFor(t *testing.T) {
	store := shelf(t)
	key := put(t, store, "a", "stripe", "pay/1", "unreadable", time.Now())
	for _, name := range []string{key.String(), key.String()[:16], key.String()[:8]} {
		code, stdout, stderr := cli(t, "", "inbox", "show", name)
		require.Zero(t, code, stderr)
		require.NotContains(t, stdout, personal)
		for _, line := range []string{"key: " + key.String(), "state: dead", "provider: stripe", "workflowId: pay/1", "requestId: request-of-a", "reason: unreadable"} {
			require.Contains(t, stdout, line+"\n")
		}
		code, stdout, _ = cli(t, "", "inbox", "show", name, "--payload", "-o", "json")
		require.Zero(t, code)
		require.Contains(t, stdout, personal)
		require.True(t, json.Valid([]byte(stdout)))
	}

	t.Setenv("PAYLOAD_KEYS", testKeys("k2", 2))
	code, stdout, _ := cli(t, "", "inbox", "show", key.String())
	require.Zero(t, code, "what stands in clear needs no key")
	require.Contains(t, stdout, "state: dead")
	code, stdout, stderr := cli(t, "", "inbox", "show", key.String(), "--payload")
	require.Equal(t, 1, code)
	require.Empty(t, stdout)
	require.Contains(t, stderr, "k1")
}

func TestAKeyThatIsNotThereSaysWhatToDo(t *testing.T) {
	store := shelf(t)
	put(t, store, "a", "stripe", "pay/1", "", time.Now())
	require.NoError(t, store.Remember(t.Context(), []inbox.Seen{{Key: keyOf("gone"), Until: time.Now().Add(time.Hour)}}))
	for key, want := range map[string]string{
		keyOf("never").String():     "is not in the inbox: starter inbox list shows those that are",
		keyOf("never").String()[:9]: "starter inbox list shows those that are there",
		keyOf("gone").String():      "was taken, and the inbox keeps its key only",
	} {
		for _, command := range [][]string{{"inbox", "show"}, {"webhook", "replay"}} {
			code, stdout, stderr := cli(t, "", append(command, key)...)
			require.Equal(t, 1, code)
			require.Empty(t, stdout)
			require.Contains(t, stderr, want)
		}
	}
}

func TestPurgeSaysWhatItRemoves(t *testing.T) {
	store := shelf(t)
	now := time.Now()
	put(t, store, "old", "stripe", "pay/1", "too_large", now.AddDate(0, 0, -91))
	put(t, store, "older", "twilio", "pay/1", "too_large", now.AddDate(0, 0, -200))
	young := put(t, store, "young", "stripe", "pay/1", "too_large", now.AddDate(0, 0, -1))
	waiting := put(t, store, "waiting", "stripe", "pay/1", "", now.AddDate(0, 0, -200))
	require.NoError(t, store.Remember(t.Context(), []inbox.Seen{{Key: keyOf("expired"), Until: now.Add(-time.Hour)}}))

	code, stdout, stderr := cli(t, "", "inbox", "purge", "--before", "90d", "--dry-run")
	require.Zero(t, code, stderr)
	require.Regexp(t, `^would remove 2 dead letters received before \S+Z \(1 of stripe, 1 of twilio\), and the keys that have expired; 1 waiting events stay\n$`, stdout)
	require.Len(t, heldNow(t), 4, "a dry run removes nothing")

	code, stdout, _ = cli(t, "", "inbox", "purge", "--before", "90d", "-o", "json")
	require.Zero(t, code)
	var told Purge
	require.NoError(t, json.Unmarshal([]byte(stdout), &told))
	require.WithinDuration(t, now.AddDate(0, 0, -90), told.Before, time.Minute)
	require.Equal(t, Purge{Before: told.Before, Dead: 2, ByProvider: map[string]int{"stripe": 1, "twilio": 1}, Keys: 1, Waiting: 1}, told)
	require.ElementsMatch(t, []string{young.String(), waiting.String()}, keysOf(heldNow(t)))
	require.True(t, known(t, store, "old"), "its sender does not bring it again")
}

func known(t *testing.T, store inbox.Store, name string) bool {
	t.Helper()
	found, err := store.Known(t.Context(), []inbox.Key{keyOf(name)})
	require.NoError(t, err)
	return found[keyOf(name)]
}

func TestBefore(t *testing.T) {
	now := time.Date(2027, 3, 2, 9, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Time{
		"90d": now.AddDate(0, 0, -90), "0d": now, "36h": now.Add(-36 * time.Hour), "2027-03-01": time.Date(2027, 3, 1, 0, 0, 0, 0, time.UTC),
	} {
		at, err := beforeOf(text, now)
		require.NoError(t, err)
		require.True(t, want.Equal(at), text)
	}
	for _, text := range []string{"", "soon", "-90d", "-2h", "2027-03-03"} {
		_, err := beforeOf(text, now)
		require.ErrorContains(t, err, "--before: want", text)
	}
}

func TestWrongCallsOfInbox(t *testing.T) {
	shelf(t)
	for call, want := range map[string]string{
		"inbox":                                   "want inbox list, show or purge",
		"inbox list --state sleeping":             "--state: want waiting or dead",
		"inbox list --limit 0":                    "--limit: want 1 or more",
		"inbox list -o xml":                       "--output",
		"inbox show":                              "accepts 1 arg",
		"inbox show zz":                           "is not an event key",
		"inbox show abc":                          "its first 8 or more",
		"inbox show " + strings.Repeat("a", 65):   "has 64 hexadecimal digits",
		"inbox purge":                             "--before: want",
		"webhook replay 0123456789ab --actor ana": "are for inbound/...",
		"webhook replay zz":                       "is not an event key",
		"webhook replay inbound/stripe/ab":        "is missing",
		"webhook":                                 "want webhook verify, send or replay",
	} {
		code, stdout, stderr := cli(t, "", strings.Fields(call)...)
		require.Equal(t, 2, code, "%s: %s", call, stderr)
		require.Empty(t, stdout)
		require.Contains(t, stderr, want, call)
	}
	t.Setenv("PAYLOAD_KEYS", "")
	code, _, stderr := cli(t, "", "inbox", "list")
	require.Equal(t, 2, code)
	require.Contains(t, stderr, "PAYLOAD_KEYS: is empty")
}

// A wrong path is not taken for an empty inbox, and nothing is made there.
func TestAnInboxThatIsNotThereIsNotMade(t *testing.T) {
	shelf(t)
	path := filepath.Join(t.TempDir(), "else", "inbox.db")
	t.Setenv("INBOX_PATH", path)
	code, stdout, stderr := cli(t, "", "inbox", "list")
	require.Equal(t, 1, code)
	require.Empty(t, stdout)
	require.Contains(t, stderr, "no inbox at "+path+": set INBOX_PATH, or DATABASE_URL")
	_, err := os.Stat(filepath.Dir(path))
	require.ErrorIs(t, err, os.ErrNotExist)
}

// Another process looks, revives and purges while the proxy writes and forwards:
// neither waits for long, fails, or loses anything.
func TestTheInboxIsReadWhileTheProxyWrites(t *testing.T) {
	store := shelf(t)
	dead := put(t, store, "dead", "twilio", "journey/1", "too_large", time.Now())
	ctx, stop := context.WithCancel(t.Context())
	written := make(chan int)
	go func() { written <- keepWriting(ctx, store) }()
	for range 2 {
		for _, args := range [][]string{{"inbox", "list"}, {"inbox", "show", dead.String()}, {"inbox", "purge", "--before", "1d"}} {
			out, err := another(t, args...).CombinedOutput()
			require.NoError(t, err, "%v: %s", args, out)
		}
	}
	out, err := another(t, "webhook", "replay", dead.String()).CombinedOutput()
	require.NoError(t, err, "%s", out)
	stop()
	count := <-written
	require.Positive(t, count)
	entry, err := store.Get(t.Context(), dead)
	require.NoError(t, err)
	require.Equal(t, inbox.Waiting, entry.State, "the proxy sees what the other process did")
	require.Len(t, heldNow(t, "--provider", "stripe", "--limit", "100000"), count, "nothing is lost")
}

// keepWriting adds one event after the other, with a short pause between two, until
// the context ends, and returns how many; a failure is a negative number. SQLite hands
// its lock to whoever asks at the right moment, ten times a second: a writer that makes
// up for lost time would leave no such moment to anybody.
func keepWriting(ctx context.Context, store inbox.Store) int {
	const pause = 5 * time.Millisecond
	next := time.NewTimer(pause)
	defer next.Stop()
	for i := 0; ; i++ {
		<-next.C
		name := fmt.Sprint("written ", i)
		_, err := store.Add(context.WithoutCancel(ctx), []inbox.Event{{Key: keyOf(name), RequestID: name, Provider: "stripe", WorkflowID: "pay/" + name, Payload: []byte("{}")}})
		if err != nil {
			return -1
		}
		if errors.Is(ctx.Err(), context.Canceled) {
			return i + 1
		}
		next.Reset(pause)
	}
}

// another is the program as a process of its own, with this one's environment.
func another(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	command := exec.CommandContext(t.Context(), os.Args[0], args...)
	command.Env = append(os.Environ(), asProgram+"=1")
	return command
}
