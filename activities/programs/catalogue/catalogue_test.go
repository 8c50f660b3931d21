package catalogue_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"guestjourney/activities/failure"
	"guestjourney/activities/programs"
	"guestjourney/activities/programs/catalogue"
)

func TestProgramsThatComeWithTheProject(t *testing.T) {
	programs, err := catalogue.Open("")
	require.NoError(t, err)
	assert.Equal(t, []string{"example", "retreat-7d"}, programs.Codes())

	retreat, err := programs.Load(context.Background(), "retreat-7d")
	require.NoError(t, err)
	assert.Equal(t, 72*time.Hour, retreat.Program.Deadlines.Deposit.Value())
	assert.Equal(t, 30*24*time.Hour, retreat.Program.Deadlines.BalanceBefore.Value())
	assert.Equal(t, 168*time.Hour, retreat.Program.Length.Value())
	assert.Regexp(t, `^[0-9a-f]{12}$`, retreat.Hash)
}

// TestExampleFitsInAMinute adds up what a journey of the example waits for
// when its guest answers at once.
func TestExampleFitsInAMinute(t *testing.T) {
	programs, err := catalogue.Open("")
	require.NoError(t, err)
	example, err := programs.Load(context.Background(), "example")
	require.NoError(t, err)
	p := example.Program
	waits := p.Length.Value() + p.CheckIns[len(p.CheckIns)-1].Value() + p.Deadlines.BalanceBefore.Value()
	assert.Less(t, waits, 45*time.Second)
	assert.GreaterOrEqual(t, p.Deadlines.Deposit.Value(), 40*time.Second)
	assert.Greater(t, p.Session.After.Value(), p.Session.Reminders[0].Before.Value(), "the first reminder comes after arrival")
}

func TestUnknownCodeListsTheKnown(t *testing.T) {
	programs, err := catalogue.Open("")
	require.NoError(t, err)
	_, err = programs.Load(context.Background(), "retreat-8d")
	var known *failure.Error
	require.True(t, errors.As(err, &known))
	assert.Equal(t, failure.InvalidInput, known.Class)
	assert.Contains(t, err.Error(), "example, retreat-7d")
}

func TestHashNamesTheFilesBytes(t *testing.T) {
	one := read(t, "one", nil)
	spaced, err := catalogue.Read(fstest.MapFS{"one.json": {Data: append(program(t, "one", nil), '\n')}})
	require.NoError(t, err)
	again, err := spaced.Load(context.Background(), "one")
	require.NoError(t, err)
	assert.NotEqual(t, one.Hash, again.Hash)
	assert.Equal(t, one.Hash, read(t, "one", nil).Hash)
	assert.Equal(t, one.Program, again.Program)
}

func TestADirectoryOfOnesOwn(t *testing.T) {
	directory := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(directory, "own.json"), program(t, "own", nil), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(directory, "notes.txt"), []byte("not a program"), 0o600))
	programs, err := catalogue.Open(directory)
	require.NoError(t, err)
	assert.Equal(t, []string{"own"}, programs.Codes())

	_, err = catalogue.Open(t.TempDir())
	require.ErrorContains(t, err, "PROGRAMS_DIR")
	require.ErrorContains(t, err, "no program")
	_, err = catalogue.Open(filepath.Join(directory, "absent"))
	require.ErrorContains(t, err, "PROGRAMS_DIR")
}

func TestEveryProblemOfEveryFileIsNamedAtOnce(t *testing.T) {
	_, err := catalogue.Read(fstest.MapFS{
		"one.json":    {Data: program(t, "one", map[string]any{"leangth": "22s", "session.colour": "blue", "length": 22})},
		"two.json":    {Data: program(t, "other", nil)},
		"three.json":  {Data: []byte(`{"code": `)},
		"four.json":   {Data: program(t, "four", map[string]any{"zone": "Mexico", "length": "0s"})},
		"list.json":   {Data: []byte(`[]`)},
		"string.json": {Data: program(t, "string", map[string]any{"stages": "captured", "price": nil})},
	})
	require.Error(t, err)
	for _, problem := range []string{
		"one.json: leangth: unknown field", "one.json: session.colour: unknown field", "one.json: length: ",
		`two.json: code: want "two"`, "three.json: not valid JSON", "four.json: zone: ", "four.json: length: ",
		"list.json: want an object", "string.json: stages: want a list", "string.json: price: want an object",
	} {
		assert.Contains(t, err.Error(), problem)
	}
	assert.Len(t, strings.Split(err.Error(), "\n"), 11, "one line for each problem, and no more: %v", err)
}

func TestEachRuleNamesItsField(t *testing.T) {
	for field, changes := range map[string]map[string]any{
		"code":                             {"code": "One Program"},
		"version":                          {"version": ""},
		"languages":                        {"languages": []string{}},
		"languages[1]":                     {"languages": []string{"en", "de"}},
		"zone":                             {"zone": "Local"},
		"stages":                           {"stages": []string{"captured", "offer", "conversing"}},
		"stages[0]":                        {"stages": []string{"offer"}},
		"stages[1]":                        {"stages": []string{"captured", "captured"}},
		"label":                            {"label": strings.Repeat("x", 251)},
		"price.deposit.minor":              {"price.deposit.minor": 0},
		"price.deposit.currency":           {"price.deposit.currency": "USX"},
		"price.balance.minor":              {"price.balance.minor": -1},
		"price.balance.currency":           {"price.balance.currency": "EUR"},
		"deadlines.captured":               {"deadlines.captured": "0s"},
		"deadlines.conversing":             {"deadlines.conversing": "-1s"},
		"deadlines.offer":                  {"deadlines.offer": "0s"},
		"deadlines.deposit":                {"deadlines.deposit": "0s"},
		"deadlines.balanceBefore":          {"deadlines.balanceBefore": "0s"},
		"deadlines.arrivalCheckBefore":     {"deadlines.arrivalCheckBefore": "9s"},
		"deadlines.cancelling":             {"deadlines.cancelling": "0s"},
		"deadlines.lateWindow":             {"deadlines.lateWindow": "0s"},
		"deadlines.attendanceAfter":        {"deadlines.attendanceAfter": "0s"},
		"length":                           {"length": "0s"},
		"session.calendarId":               {"session.calendarId": ""},
		"session.title":                    {"session.title": ""},
		"session.afterArrival":             {"session.afterArrival": "0s"},
		"session.duration":                 {"session.duration": "7s"},
		"session.reminders[0].name":        {"session.reminders": []any{map[string]any{"days": 1, "channels": []string{"sms"}}}},
		"session.reminders[0].days":        {"session.reminders": []any{map[string]any{"name": "x", "days": 1, "before": "1h", "channels": []string{"sms"}}}},
		"session.reminders[0].channels":    {"session.reminders": []any{map[string]any{"name": "x", "days": 1}}},
		"session.reminders[1].name":        {"session.reminders": []any{map[string]any{"name": "x", "days": 1, "channels": []string{"sms"}}, map[string]any{"name": "x", "days": 2, "channels": []string{"sms"}}}},
		"session.reminders[0].channels[0]": {"session.reminders": []any{map[string]any{"name": "x", "days": 1, "channels": []string{"fax"}}}},
		"refunds[1].atLeast":               {"refunds": []any{map[string]any{"atLeast": "1h"}, map[string]any{"atLeast": "1h"}}},
		"refunds[0].depositPercent":        {"refunds": []any{map[string]any{"atLeast": "1h", "depositPercent": 101}}},
		"refunds[0].balancePercent":        {"refunds": []any{map[string]any{"atLeast": "1h", "balancePercent": -1}}},
		"quietHours":                       {"quietHours": map[string]any{"from": "21:00"}},
		"checkIns[1]":                      {"checkIns": []string{"4s", "2s"}},
		"pace.retryFirst":                  {"pace.retryFirst": "-1s"},
		"pace.retryMax":                    {"pace.retryMax": "10ms"},
	} {
		t.Run(field, func(t *testing.T) {
			_, err := catalogue.Read(fstest.MapFS{"one.json": {Data: program(t, "one", changes)}})
			require.ErrorContains(t, err, "one.json: "+field+": want")
		})
	}
}

// read loads the example under another code, with changes.
func read(t *testing.T, code string, changes map[string]any) programs.Snapshot {
	t.Helper()
	all, err := catalogue.Read(fstest.MapFS{code + ".json": {Data: program(t, code, changes)}})
	require.NoError(t, err)
	snapshot, err := all.Load(context.Background(), code)
	require.NoError(t, err)
	return snapshot
}

// program is the example's file with other values at dotted paths.
func program(t *testing.T, code string, changes map[string]any) []byte {
	t.Helper()
	data, err := os.ReadFile("example.json")
	require.NoError(t, err)
	var fields map[string]any
	require.NoError(t, json.Unmarshal(data, &fields))
	fields["code"] = code
	for path, value := range changes {
		target := fields
		keys := strings.Split(path, ".")
		for _, key := range keys[:len(keys)-1] {
			target = target[key].(map[string]any)
		}
		target[keys[len(keys)-1]] = value
	}
	data, err = json.Marshal(fields)
	require.NoError(t, err)
	return data
}
