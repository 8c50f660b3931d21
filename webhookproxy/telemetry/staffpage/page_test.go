package staffpage_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"guestjourney/webhookproxy/telemetry/detector"
	"guestjourney/webhookproxy/telemetry/reading"
	"guestjourney/webhookproxy/telemetry/staffpage"
	"guestjourney/webhookproxy/telemetry/store"
	"guestjourney/workflows/kit"
	"guestjourney/workflows/session"
)

func TestAValueIsShownWithItsAgeAndThenAsStale(t *testing.T) {
	t.Parallel()
	w := open(t)
	b := w.ana()
	b.shows("not measured yet")
	w.beat(72, withPressure(118, 76))
	text := b.shows(`<span class="number">72</span>`)
	assert.Contains(t, text, "118/76")
	assert.Contains(t, text, "Room 3")
	assert.Contains(t, text, "g-77")
	assert.Contains(t, text, device3)
	assert.Contains(t, text, "The bedside monitor is the primary alarm.")
	assert.Contains(t, text, `<div class="value" data-age="0.0" data-limit="5">`)

	w.pass(3 * time.Second)
	text = b.shows("3 s ago")
	assert.NotContains(t, text, "value stale")
	w.pass(4 * time.Second)
	text = b.shows(`<div class="value stale" data-age="7.0" data-limit="5">`)
	assert.Contains(t, text, "118/76", "a pressure is good for longer")
	assert.Equal(t, 1, strings.Count(text, "value stale"))
	assert.Contains(t, text, "No readings from the monitor")

	w.beat(80)
	b.shows(`<span class="number">80</span>`)
}

func TestTheTrendBeginsAQuarterOfAnHourAgo(t *testing.T) {
	t.Parallel()
	w := open(t)
	for _, rate := range []float64{61, 62, 63, 64, 65, 66, 67, 68} { // one every 2 minutes
		w.beat(rate)
		w.pass(2 * time.Minute)
	}
	b := w.ana()
	b.shows("Heart rate over the last 15 minutes: from 62 to 68 /min")
}

func TestTheLastTenSecondsOfECGAreDrawn(t *testing.T) {
	t.Parallel()
	w := open(t)
	b := w.ana()
	assert.NotContains(t, b.get("/").text, "ECG, lead")
	for range 12 {
		w.beat(60, func(batch *reading.Batch) {
			units := make([]int16, 250)
			units[125] = 400
			batch.ECG = []reading.Strip{{Lead: "II", At: batch.Samples[0].At.Add(-time.Second), RateHz: 250, Microvolts: 2.5, Units: units}}
		})
		w.pass(time.Second)
	}
	const whole = `<path class="line" d="M0 ` // from the left edge
	text := b.shows(whole)
	assert.Contains(t, text, "ECG, lead II, last 10 s")
	line := text[strings.Index(text, whole):]
	assert.Equal(t, 10, strings.Count(line[:strings.Index(line, "/>")], "V4"), "ten peaks")
	w.pass(6 * time.Second)
	b.shows("No readings from the monitor")
	w.pass(10 * time.Second)
	assert.Eventually(t, func() bool { return !strings.Contains(b.get("/").text, "ECG, lead") }, 30*time.Second, 20*time.Millisecond)
}

func TestAnAlarmIsShownInEveryState(t *testing.T) {
	t.Parallel()
	w := open(t)
	b := w.ana()
	b.shows("No alarms.")
	w.record(brady(1, detector.Raised))
	text := b.shows("Room 3: Heart rate low")
	assert.Contains(t, text, `<span class="priority critical">Critical</span>`)

	states := []struct {
		view session.AlarmView
		want string
	}{
		{view(1, session.StateRaised, func(v *session.AlarmView) { v.Rung = 2 }), "ladder: rung 2 paged"},
		{view(1, session.StateAcknowledged, func(v *session.AlarmView) {
			v.Acknowledged = &session.Acknowledgement{By: "p-luis", Role: "clinician", At: w.now()}
		}), "Acknowledged by p-luis (clinician) at 15:00:"},
		{view(1, session.StateLatched), "Ended, and nobody has acknowledged it"},
		{view(1, session.StateCleared), "No alarms."},
	}
	for _, one := range states {
		w.plane.set(func(p *plane) { p.alarms = []session.AlarmView{one.view} })
		w.pass(3 * time.Second)
		b.shows(one.want)
	}

	w.record(brady(2, detector.Cleared))
	w.record(brady(3, detector.ReRaised))
	b.shows("the control plane does not have it yet")
}

func TestTheControlPlanesOwnAlarmIsShown(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.plane.set(func(p *plane) { // it is of no transition
		p.alarms = []session.AlarmView{{ID: "house/telemetry-silent", Code: "NOT-WATCHED", Origin: "technical", State: session.StateRaised, Priority: session.Warning}}
	})
	b := w.ana()
	b.shows("Room 3: No process watches the readings")
	b.post("/command", url.Values{"csrf": {b.csrf("/")}, "order": {b.order("acknowledge")}})
	given := w.plane.all()
	require.Len(t, given, 1)
	assert.Equal(t, "house/telemetry-silent", given[0].input.(session.Acknowledge).Alarm)
}

func TestAnAlarmOfADeviceThatNobodyHasIsShown(t *testing.T) {
	t.Parallel()
	w := open(t)
	b := w.ana()
	w.beat(72, func(batch *reading.Batch) { batch.Device = "monitor-x" })
	lease, err := w.store.Acquire(t.Context(), store.Unassigned)
	require.NoError(t, err)
	w.lease = lease.Lease
	w.record(detector.Transition{
		Number: 1, Alarm: detector.UnassignedDevice, Code: detector.UnassignedDevice, Origin: detector.Technical,
		Change: detector.Raised, Priority: detector.Warning, Episode: 1,
	})
	b.shows("From a device that no session has")
	w.record(detector.Transition{
		Number: 2, Alarm: detector.UnassignedDevice, Code: detector.UnassignedDevice, Origin: detector.Technical,
		Change: detector.Cleared, Priority: detector.Warning, Episode: 1,
	})
	b.shows("No alarms.")
}

func TestASessionThatHasLostItsDeviceIsStillShown(t *testing.T) {
	t.Parallel()
	w := open(t)
	b := w.ana()
	w.beat(72)
	b.shows(`<span class="number">72</span>`)
	w.pass(time.Second)
	require.NoError(t, w.store.Assign(t.Context(), store.Assignment{Device: device3, Session: store.Unassigned, Since: w.now()}))
	w.record(brady(1, detector.Raised))
	assert.Contains(t, b.shows("none: nothing can come"), "Room 3")
	b.shows("Room 3: Heart rate low")
	require.NoError(t, w.store.End(t.Context(), session3, w.now()))
	b.shows("No session has a monitor now.")
	b.shows("No alarms.")
}

func TestASessionIsShownByItsOwnLimits(t *testing.T) {
	t.Parallel()
	w := open(t)
	limits := detector.Default()
	limits.HeartRate.CriticalLow, limits.HeartRate.WarningLow = 30, 36
	limits.Name, limits.SignedBy, limits.SignedAt = "slow-hearts", "p-med", w.now().Add(-time.Hour)
	text, err := json.Marshal(limits)
	require.NoError(t, err)
	settings := store.Settings{Room: "9", Protocol: text, QTcBaseline: 400}
	assign := func(settings store.Settings) {
		require.NoError(t, w.store.Assign(t.Context(), store.Assignment{Device: device3, Session: session3, Since: w.now(), Settings: settings}))
	}
	assign(settings)
	w.plane.set(func(p *plane) { p.err = staffpage.ErrSilent })
	b := w.ana()
	for range 30 { // 38 a minute is critical by the default limits
		w.beat(38, withQT)
		w.pass(time.Second)
	}
	text9 := b.shows("Room 9")
	assert.Contains(t, b.shows("from baseline"), "&#43;14 ms")
	assert.NotContains(t, text9, "Seen by this page only")

	w.pass(time.Second)
	assign(store.Settings{Room: "9", Protocol: json.RawMessage(`{"heartRate":{"criticalLow":-1}}`)})
	b.shows("The limits of this session cannot be used")
}

func TestWithoutTheControlPlaneAlarmsAreShownAndCommandsSaySo(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.beat(72)
	w.plane.set(func(p *plane) { p.err = staffpage.ErrSilent })
	w.record(brady(1, detector.Raised))
	b := w.ana()
	text := b.shows("Acknowledgement state unknown: the control plane does not answer")
	assert.Contains(t, text, "Heart rate low")
	assert.Contains(t, text, "acknowledgement unknown")
	assert.Contains(t, text, `<span class="number">72</span>`)

	answer := b.post("/command", url.Values{"csrf": {b.csrf("/")}, "order": {b.order("acknowledge")}}, "Accept", "application/json")
	assert.Equal(t, http.StatusServiceUnavailable, answer.StatusCode)
	assert.Contains(t, answer.text, "not known whether this was done")

	w.record(brady(2, detector.Cleared))
	b.shows("Ended · acknowledgement unknown")
	w.plane.set(func(p *plane) { p.err = staffpage.ErrNoMonitor })
	w.pass(3 * time.Second)
	b.shows("No session monitor has this session")

	w.plane.set(func(p *plane) { p.err, p.alarms = nil, []session.AlarmView{view(2, session.StateCleared)} })
	w.pass(3 * time.Second)
	b.shows("No alarms.")
}

func TestAnAlarmThatNobodyRecordsIsShown(t *testing.T) {
	t.Parallel()
	w := open(t)
	b := w.ana()
	for range 20 {
		w.beat(30)
		w.pass(time.Second)
	}
	b.shows("Seen by this page only")
}

func TestWhoGivesACommandIsWhoSignedIn(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.record(brady(1, detector.Raised))
	w.plane.set(func(p *plane) { p.alarms = []session.AlarmView{view(1, session.StateRaised)} })
	b := w.ana()
	by := kit.Envelope{Actor: "p-ana", Role: kit.RoleClinician, Reason: "live view"}
	wants := map[string]any{
		session.UpdateAcknowledge: session.Acknowledge{Envelope: by, Alarm: detector.HeartRateLow, Number: 1},
		session.UpdateDecline:     session.Decline{Envelope: by, Alarm: detector.HeartRateLow, Person: "p-ana"},
		session.UpdatePauseAudio:  session.PauseAudio{Envelope: by},
		session.UpdateHandOver:    session.HandOver{Envelope: by, To: "p-ana"},
	}
	for name, want := range wants {
		form := url.Values{
			"csrf": {b.csrf("/")}, "order": {b.order(name)},
			"actor": {"p-boss"}, "who": {"p-boss"}, "person": {"p-boss"}, "role": {"manager"}, "to": {"p-boss"},
		}
		before := len(w.plane.all())
		for range 2 { // a double click
			answer := b.post("/command", form)
			require.Equal(t, http.StatusSeeOther, answer.StatusCode)
		}
		given := w.plane.all()[before:]
		require.Len(t, given, 2)
		assert.Equal(t, given[0], given[1], "one command, by its ID")
		assert.Equal(t, command{session3, given[0].id, name, want}, given[0])
	}
	assert.Contains(t, b.get("/").text, `<p id="said" role="status">Done: acknowledged.</p>`, "without a script the page tells it")
	assert.NotContains(t, b.get("/").text, "Done: acknowledged.", "once")

	// The same button of a page that knows of a later command is another command.
	first := w.plane.all()[0]
	w.plane.set(func(p *plane) { p.done = []kit.Outcome{{CommandID: "other"}} })
	w.pass(3 * time.Second)
	require.Eventually(t, func() bool {
		return strings.HasSuffix(b.order("acknowledge"), "session%2Fs-3") && !strings.Contains(b.order("acknowledge"), "after=&")
	}, 30*time.Second, 10*time.Millisecond)
	b.post("/command", url.Values{"csrf": {b.csrf("/")}, "order": {b.order(first.name)}})
	given := w.plane.all()
	for _, earlier := range given[:len(given)-1] {
		assert.NotEqual(t, earlier.id, given[len(given)-1].id)
	}
}

func TestARefusedCommandSaysWhy(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.record(brady(1, detector.Raised))
	b := w.ana()
	form := url.Values{"csrf": {b.csrf("/")}, "order": {b.order("acknowledge")}}
	w.plane.set(func(p *plane) { p.err = &staffpage.Refusal{Reason: "the alarm has called again since"} })
	answer := b.post("/command", form, "Accept", "application/json")
	assert.Equal(t, http.StatusConflict, answer.StatusCode)
	var said struct{ Text string }
	require.NoError(t, json.Unmarshal([]byte(answer.text), &said))
	assert.Equal(t, "Not done: the alarm has called again since.", said.Text)

	for _, order := range []string{"", "%", "do=end&session=session/s-3&number=0", "do=acknowledge&session=journey/1&number=1", "do=acknowledge&session=session/s-3&number=-1"} {
		form.Set("order", order)
		answer = b.post("/command", form, "Accept", "application/json")
		assert.Equal(t, http.StatusBadRequest, answer.StatusCode, order)
	}
	assert.Len(t, w.plane.all(), 1)
}

func TestARoleThatGivesNoCommandMayLook(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.record(brady(1, detector.Raised))
	b := w.browser()
	require.Equal(t, http.StatusSeeOther, b.signIn(deskToken).StatusCode)
	b.shows("Heart rate low")
	answer := b.post("/command", url.Values{"csrf": {b.csrf("/")}, "order": {b.order("acknowledge")}}, "Accept", "application/json")
	assert.Equal(t, http.StatusForbidden, answer.StatusCode)
	assert.Empty(t, w.plane.all())
}

func TestAPauseOfTheAudioIsShownAndNotOfferedTwice(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.record(brady(1, detector.Raised))
	w.plane.set(func(p *plane) {
		p.alarms = []session.AlarmView{view(1, session.StateRaised)}
		p.pause = session.Pause{Until: w.now().Add(2 * time.Minute), Upto: session.Critical, By: "p-ana"}
	})
	b := w.ana()
	text := b.shows("Audio paused until 15:02:00 by p-ana")
	assert.NotContains(t, text, "Pause audio<")
	w.pass(2*time.Minute + time.Second)
	b.shows("Pause audio<")
}

func TestAStoreThatDoesNotAnswerIsSaid(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.beat(72)
	b := w.ana()
	b.shows(`<span class="number">72</span>`)
	require.NoError(t, w.store.Close())
	w.pass(7 * time.Second)
	text := b.shows(`<div class="value stale" data-age="7.0"`)
	assert.Contains(t, text, "The readings store does not answer")
}

func TestNoTokenAndNoHealthDataIsLogged(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.beat(72)
	w.record(brady(1, detector.Raised))
	b := w.browser()
	b.signIn("wrong-token-0815")
	require.Equal(t, http.StatusSeeOther, b.signIn(anaToken).StatusCode)
	form := url.Values{"csrf": {b.csrf("/")}, "order": {b.order("acknowledge")}}
	b.post("/command", form)
	w.plane.set(func(p *plane) { p.err = &staffpage.Refusal{Reason: "the alarm heart-rate-low is over"} })
	b.post("/command", form)
	logs := w.logs.String()
	assert.Contains(t, logs, "person=p-ana")
	assert.Contains(t, logs, "transition=1")
	for _, secret := range []string{anaToken, "wrong-token-0815", form.Get("csrf"), detector.HeartRateLow, "g-77", "value"} {
		assert.NotContains(t, logs, secret)
	}
	assert.NotContains(t, b.get("/").text, anaToken)
}
