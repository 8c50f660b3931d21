package detector_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"guestjourney/webhookproxy/telemetry/detector"
	"guestjourney/webhookproxy/telemetry/reading"
)

// telling is a batch of alarms alone.
func telling(sequence uint64, alarms ...reading.Alarm) reading.Batch {
	return reading.Batch{Device: device, Sequence: sequence, Alarms: alarms}
}

func vf(began time.Duration, priority reading.Priority) reading.Alarm {
	return reading.Alarm{Code: "vf", Priority: priority, Start: start.Add(began)}
}

func ended(alarm reading.Alarm, at time.Duration) reading.Alarm {
	end := start.Add(at)
	alarm.End = &end
	return alarm
}

// feed gives the batches a second apart.
func feed(t *testing.T, batches ...reading.Batch) []detector.Transition {
	t.Helper()
	d := watch(t)
	var told []detector.Transition
	for i, batch := range batches {
		told = append(told, of(d.Feed(batch, start.Add(time.Duration(i)*s)).Transitions, "monitor/vf")...)
	}
	return told
}

func TestTheMonitorsAlarmPassesAtOnceAndUnchanged(t *testing.T) {
	told := feed(t, telling(1, vf(-3*s, reading.High)), telling(2, vf(-3*s, reading.High)), telling(3, ended(vf(-3*s, reading.High), 2*s)))
	require.Equal(t, []string{"monitor/vf raised critical", "monitor/vf cleared critical"}, brief(told))
	assert.Equal(t, detector.Transition{
		Number: 1, Alarm: "monitor/vf", Code: "vf", Origin: detector.Monitor, Change: detector.Raised,
		Priority: detector.Critical, Episode: 1, Since: start.Add(-3 * s), At: start,
	}, told[0])
	assert.Equal(t, start.Add(2*s), told[1].At)
}

func TestTheMonitorsPriorityRisesAndNeverFalls(t *testing.T) {
	told := feed(t, telling(1, vf(0, reading.Low)), telling(2, vf(0, reading.High)), telling(3, vf(0, reading.Low)), telling(4, vf(0, reading.Medium)))
	require.Equal(t, []string{"monitor/vf raised low", "monitor/vf escalated critical"}, brief(told))
}

func TestAnAlarmThatBeganAndEndedIsNotLost(t *testing.T) {
	told := feed(t, telling(1, ended(vf(0, reading.High), s)), telling(2, ended(vf(0, reading.High), s)), telling(3, vf(2*s, reading.High)))
	require.Equal(t, []string{"monitor/vf raised critical", "monitor/vf cleared critical", "monitor/vf re-raised critical"}, brief(told))
}

func TestAnAlarmOutOfOrderIsToldOnce(t *testing.T) {
	told := feed(t, telling(1), telling(3, ended(vf(0, reading.High), s)), telling(2, vf(0, reading.High)))
	require.Equal(t, []string{"monitor/vf raised critical", "monitor/vf cleared critical"}, brief(told))
}

func TestAnAlarmIsNotEndedByTheEndOfAnother(t *testing.T) {
	told := feed(t, telling(1, vf(0, reading.High), vf(s, reading.Low)), telling(2, ended(vf(0, reading.High), s)))
	require.Equal(t, []string{"monitor/vf raised critical"}, brief(told))
}

func TestAMonitorThatGetsItsStartsWrongPagesOnce(t *testing.T) {
	var batches []reading.Batch
	for i := range 30 {
		batches = append(batches, telling(uint64(i+1), vf(time.Duration(i)*s, reading.High)))
	}
	require.Equal(t, []string{"monitor/vf raised critical"}, brief(feed(t, batches...)))

	d := watch(t)
	for _, batch := range batches {
		d.Feed(batch, start)
	}
	require.LessOrEqual(t, strings.Count(string(checkpointOf(t, d)), `"start"`), 8, "and its starts are not kept for ever")
}

func TestTheMonitorsAlarmDoesNotWaitForAnEarlierBatch(t *testing.T) {
	d := watch(t)
	d.Feed(telling(1), start)
	told := d.Feed(telling(9, vf(0, reading.High)), start.Add(s)).Transitions
	require.Equal(t, []string{"monitor/vf raised critical"}, brief(told))
}
