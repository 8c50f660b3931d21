package simulation_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"guestjourney/starter/dev/simulation"
	"guestjourney/webhookproxy/telemetry/detector"
	"guestjourney/webhookproxy/telemetry/reading"
)

var begin = time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC)

// batches plays a scenario to its end, a batch a second.
func batches(t *testing.T, scenario simulation.Scenario, strips bool) (list []reading.Batch, times []time.Time) {
	t.Helper()
	guest := simulation.NewGuest("monitor-1", scenario, begin, 7, strips)
	for at := begin.Add(time.Second); at.Sub(begin) <= scenario.Length(); at = at.Add(time.Second) {
		if batch, sent := guest.Next(at); sent {
			list, times = append(list, batch), append(times, at)
		}
	}
	require.NotEmpty(t, list)
	return list, times
}

// TestEveryBatchIsTaken: what the simulation sends, the endpoint's parser takes.
func TestEveryBatchIsTaken(t *testing.T) {
	for _, scenario := range simulation.Scenarios() {
		list, _ := batches(t, scenario, true)
		for _, batch := range list {
			body, err := reading.Encode(batch)
			require.NoError(t, err)
			parsed, err := reading.Parse(body)
			require.NoError(t, err, scenario.Name)
			require.Equal(t, batch.Sequence, parsed.Sequence)
		}
	}
}

// TestAScenarioRaisesWhatItSays: and no other alarm that would page somebody.
func TestAScenarioRaisesWhatItSays(t *testing.T) {
	for _, scenario := range simulation.Scenarios() {
		t.Run(scenario.Name, func(t *testing.T) {
			watch, err := detector.New(detector.Config{Device: "monitor-1", Protocol: detector.Default(), Baseline: 410}, begin)
			require.NoError(t, err)
			list, times := batches(t, scenario, false)
			raised := map[string]bool{}
			note := func(out detector.Output) {
				for _, transition := range out.Transitions {
					if transition.Change != detector.Cleared && transition.Priority >= detector.Warning {
						raised[transition.Code] = true
					}
				}
			}
			next := 0
			for at := begin.Add(time.Second); at.Sub(begin) <= scenario.Length(); at = at.Add(time.Second) {
				if next < len(list) && times[next].Equal(at) {
					note(watch.Feed(list[next], at))
					next++
				}
				note(watch.Tick(at))
			}
			for _, code := range scenario.Raises {
				assert.True(t, raised[code], "%s was not raised: %v", code, raised)
				delete(raised, code)
			}
			for _, consequence := range scenario.Brings {
				delete(raised, consequence)
			}
			assert.Empty(t, raised, "more was raised")
		})
	}
}

// TestTheSameSeedIsTheSameGuest, and another one another guest.
func TestTheSameSeedIsTheSameGuest(t *testing.T) {
	irregular := simulation.Scenario{Name: "irregular", Phases: []simulation.Phase{{Lasts: time.Minute, Rate: 90, Irregular: true, QTc: 410, Systolic: 120, SpO2: 98}}}
	play := func(seed uint64) string {
		guest := simulation.NewGuest("monitor-1", irregular, begin, seed, true)
		var all []reading.Batch
		for at := begin.Add(time.Second); at.Sub(begin) <= time.Minute; at = at.Add(time.Second) {
			batch, _ := guest.Next(at)
			all = append(all, batch)
		}
		text, err := json.Marshal(all)
		require.NoError(t, err)
		return string(text)
	}
	assert.Equal(t, play(1), play(1))
	assert.NotEqual(t, play(1), play(2))
}

// TestAfterAStandstillTheIntervalIsAsLongAsIt: what a detector reads of a heart
// that beats again.
func TestAfterAStandstillTheIntervalIsAsLongAsIt(t *testing.T) {
	scenario, known := simulation.Find("asystole")
	require.True(t, known)
	list, _ := batches(t, scenario, false)
	longest := 0.0
	for _, batch := range list {
		for _, beat := range batch.Samples[0].Beats {
			if beat.RRMs != nil {
				longest = max(longest, *beat.RRMs)
			}
		}
	}
	assert.InDelta(t, 12_500, longest, 1000)
}
