package alarmlog_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"guestjourney/webhookproxy/telemetry/record/alarmlog"
)

type event struct {
	Kind   string `json:"kind"`
	Number int    `json:"number"`
	Detail string `json:"detail,omitempty"`
}

func written(t require.TestingT, events ...event) (text, hash string) {
	var out bytes.Buffer
	log, err := alarmlog.NewWriter(&out, "session/s1")
	require.NoError(t, err)
	for _, one := range events {
		require.NoError(t, log.Add(one))
	}
	hash, err = log.Close()
	require.NoError(t, err)
	return out.String(), hash
}

func five() []event {
	return []event{{"transition", 1, ""}, {"page", 1, "p-ana"}, {"acknowledged", 1, `with "hash": in it ,"hash":"`}, {"transition", 2, "é\n"}, {"ended", 0, ""}}
}

func TestALogIsVerifiedByItsRule(t *testing.T) {
	text, hash := written(t, five()...)
	got, err := alarmlog.Verify(strings.NewReader(text))
	require.NoError(t, err)
	require.Equal(t, hash, got)
	require.True(t, strings.HasPrefix(text, `{"line":1,"prev":"`+alarmlog.Genesis+`","kind":"genesis","session":"session/s1","hash":"`), text)
	require.True(t, strings.HasSuffix(text, `,"kind":"end","hash":"`+hash+"\"}\n"), text)

	again, _ := written(t, five()...)
	require.Equal(t, text, again, "the same events give the same log")
}

func TestAnyChangedByteIsFoundAtItsLine(t *testing.T) {
	text, _ := written(t, five()...)
	rapid.Check(t, func(t *rapid.T) {
		at := rapid.IntRange(0, len(text)-1).Draw(t, "at")
		changed := []byte(text)
		changed[at] ^= byte(rapid.IntRange(1, 255).Draw(t, "by"))
		_, err := alarmlog.Verify(bytes.NewReader(changed))
		var broken *alarmlog.Broken
		require.ErrorAs(t, err, &broken)
		require.ErrorIs(t, err, alarmlog.ErrBroken)
		require.Equal(t, 1+strings.Count(text[:at], "\n"), broken.Line)
	})
}

func TestLinesThatAreRemovedAddedOrMovedAreFound(t *testing.T) {
	text, _ := written(t, five()...)
	lines := strings.SplitAfter(strings.TrimSuffix(text, "\n"), "\n")
	lines[len(lines)-1] += "\n"
	for name, change := range map[string]struct {
		lines []string
		line  int
	}{
		"nothing":     {nil, 1},
		"removed":     {append(append([]string{}, lines[:2]...), lines[3:]...), 3},
		"the first":   {lines[1:], 1},
		"the last":    {lines[:len(lines)-1], 7},
		"twice":       {append(append([]string{}, lines[:3]...), lines[2:]...), 4},
		"exchanged":   {append([]string{lines[0], lines[2], lines[1]}, lines[3:]...), 2},
		"more behind": {append(append([]string{}, lines...), lines[1]), 8},
		"no newline":  {[]string{strings.TrimSuffix(text, "\n")}, 7},
	} {
		_, err := alarmlog.Verify(strings.NewReader(strings.Join(change.lines, "")))
		var broken *alarmlog.Broken
		require.ErrorAs(t, err, &broken, name)
		require.Equal(t, change.line, broken.Line, name)
	}
}

func TestOnlyAnEventThatHasMembersIsALine(t *testing.T) {
	log, err := alarmlog.NewWriter(&bytes.Buffer{}, "session/s1")
	require.NoError(t, err)
	for _, no := range []any{struct{}{}, []int{1}, "text", nil, make(chan int)} {
		require.Error(t, log.Add(no), fmt.Sprint(no))
	}
}

func TestAReaderThatFailsIsNoBrokenLog(t *testing.T) {
	gone := errors.New("gone")
	_, err := alarmlog.Verify(iotest.ErrReader(gone))
	require.ErrorIs(t, err, gone)
	require.NotErrorIs(t, err, alarmlog.ErrBroken)
}

func FuzzVerify(f *testing.F) {
	text, _ := written(f, five()...)
	f.Add([]byte(text))
	f.Add([]byte(`{"line":1,"prev":"` + alarmlog.Genesis + `","hash":"` + alarmlog.Genesis + "\"}\n"))
	f.Add([]byte("\n\n"))
	f.Fuzz(func(t *testing.T, log []byte) {
		hash, err := alarmlog.Verify(bytes.NewReader(log))
		require.Equal(t, err == nil, len(hash) == 64)
		if err != nil {
			require.ErrorIs(t, err, alarmlog.ErrBroken)
		}
	})
}
