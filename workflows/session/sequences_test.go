package session_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"guestjourney/activities/paging"
	"guestjourney/workflows/session"
)

// TestRandomSequences: whatever is raised and cleared, in whatever order and how
// often it comes, acknowledged or not and over any number of runs: every critical
// transition is paged, nobody is paged about what waits for nobody, and what waits
// for long reaches the failsafe recipient.
func TestRandomSequences(t *testing.T) {
	t.Parallel()
	rapid.Check(t, sequence)
}

var alarms = []string{"a", "b"}

const (
	// step is between acts. No multiple of it is when an alarm calls again, so that
	// it is known what comes first.
	step = 7 * time.Second
	// slack is for what happens at one instant.
	slack = 500 * time.Millisecond
)

// scene is what happens to a play and to the model at once.
type scene struct {
	*play
	sources map[string]*source
	models  map[string]*model
	made    []session.Transition
	came    map[int]bool
	held    []session.Transition // will come later
}

func sequence(t *rapid.T) {
	s := &scene{play: newPlay(t), sources: map[string]*source{}, models: map[string]*model{}, came: map[int]bool{}}
	for _, name := range alarms {
		s.sources[name], s.models[name] = &source{}, &model{}
	}
	if rapid.Bool().Draw(t, "a person is not reached") {
		s.answer = func(page paging.Page) (paging.Receipt, error) {
			return paging.Receipt{HandedAt: begin, Undeliverable: page.Person == ben || page.Channel == paging.SMS && page.Person == ana}, nil
		}
	}
	at := step
	for range rapid.IntRange(1, 10).Draw(t, "acts") {
		at += step * time.Duration(rapid.SampledFrom([]int{1, 3, 4, 5, 9, 19, 26, 57}).Draw(t, "steps"))
		s.act(t, at, rapid.SampledFrom(alarms).Draw(t, "alarm"))
	}
	s.close(at + step)
	s.Run()
	if s.Err != nil {
		t.Fatalf("it failed: %v", s.Err)
	}
	s.check(t)
}

func (s *scene) act(t *rapid.T, at time.Duration, alarm string) {
	switch rapid.SampledFrom([]string{"change", "change", "change", "change late", "come late", "repeat", "acknowledge", "acknowledge", "pause", "renew"}).Draw(t, "act") {
	case "change":
		s.send(at, s.change(alarm, rapid.IntRange(0, 2).Draw(t, "turn")))
	case "change late":
		s.held = append(s.held, s.change(alarm, rapid.IntRange(0, 2).Draw(t, "turn")))
	case "come late":
		s.release(at)
	case "repeat":
		if len(s.came) > 0 {
			s.send(at, s.made[rapid.IntRange(0, len(s.made)-1).Draw(t, "which")])
		}
	case "acknowledge":
		s.seen(at, alarm)
	case "pause":
		s.After(at, func() { s.try(session.UpdatePauseAudio, session.PauseAudio{Envelope: nurse()}, func(error) {}) })
	case "renew":
		s.Renew(at)
	}
}

func (s *scene) change(alarm string, turn int) session.Transition {
	change, priority := s.sources[alarm].next(turn)
	t := session.Transition{
		Number: len(s.made) + 1, Alarm: alarm, Code: "HR-LOW", Origin: "monitor", Change: change, Priority: priority,
		At: begin, PageKey: fmt.Sprintf("%s/%d", id, len(s.made)+1),
	}
	s.made = append(s.made, t)
	return t
}

func (s *scene) send(at time.Duration, t session.Transition) {
	s.After(at, func() {
		s.Env.SignalWorkflow(session.SignalTransition, t)
		model, at := s.models[t.Alarm], s.now()
		if model.pass(at); !s.came[t.Number] {
			s.came[t.Number] = true
			model.take(at, t)
		}
	})
}

// now is the instant after the start; on a busy machine it is a little later than
// what was planned, because the clock goes on while activities run.
func (s *scene) now() time.Duration { return s.Env.Now().Sub(begin) }

func (s *scene) release(at time.Duration) {
	if len(s.held) > 0 {
		s.send(at, s.held[0])
		s.held = s.held[1:]
	}
}

// seen acknowledges an alarm, if the model says that it waits.
func (s *scene) seen(at time.Duration, alarm string) {
	s.After(at, func() {
		model, at := s.models[alarm], s.now()
		model.pass(at)
		waits := model.waits
		if waits {
			model.acknowledge(at)
		}
		s.try(session.UpdateAcknowledge, session.Acknowledge{Envelope: nurse(), Alarm: alarm}, func(err error) {
			if waits != (err == nil) {
				s.T.Fatalf("%s: alarm %s waits by the model: %t; acknowledged: %v", at, alarm, waits, err)
			}
		})
	})
}

// close lets everything arrive and end, and looks at what is left.
func (s *scene) close(at time.Duration) {
	for len(s.held) > 0 {
		at += step
		s.release(at)
	}
	for _, name := range alarms {
		if at += step; s.sources[name].active {
			s.send(at, s.change(name, 1))
		}
	}
	at += step
	s.shows(at, func(view session.Overview) {
		if len(view.Missing) > 0 || slices.Contains(view.Attention, session.AttentionGap) {
			s.T.Fatalf("numbers are missing: %v", view.Missing)
		}
		for _, alarm := range view.Alarms {
			model := s.models[alarm.ID]
			model.pass(s.now())
			if state := map[bool]string{true: session.StateLatched, false: session.StateCleared}[model.waits]; alarm.State != state {
				s.T.Fatalf("alarm %s is %s, want %s", alarm.ID, alarm.State, state)
			}
		}
	})
	for _, name := range alarms {
		at += step
		s.seen(at, name)
	}
	s.Renew(at + step)
	s.end(at + 2*step)
}

func (s *scene) check(t *rapid.T) {
	if want := len(s.made); s.Result.Transitions != want || s.Result.Stage != session.StageEnded {
		t.Fatalf("it ended in %q with %d transitions of %d", s.Result.Stage, s.Result.Transitions, want)
	}
	rises := []session.Change{session.Raised, session.ReRaised, session.Escalated}
	for _, made := range s.made {
		if made.Priority == session.Critical && slices.Contains(rises, made.Change) && !slices.Contains(keys(s.pages), made.PageKey) {
			t.Fatalf("nobody was paged about transition %d", made.Number)
		}
	}
	effects := map[string]bool{}
	for _, page := range s.pages {
		effects[page.effect.Key] = true
		of := s.about(page.key)
		within := func(waits span) bool { return waits.from <= page.at && page.at <= waits.to+slack }
		if of.Priority == session.Low || !slices.ContainsFunc(s.models[of.Alarm].spans, within) {
			t.Fatalf("%s was paged at %s about %d, which waited for nobody then", page.person, page.at, of.Number)
		}
	}
	if len(effects) != len(s.pages) {
		t.Fatalf("%d effects of %d pages", len(effects), len(s.pages))
	}
	s.checkFailsafe(t)
}

func (s *scene) checkFailsafe(t *rapid.T) {
	for _, name := range alarms {
		for _, waits := range s.models[name].spans {
			if waits.critical < 0 || waits.to-waits.critical < 2*time.Minute+slack {
				continue
			}
			if !slices.ContainsFunc(s.pages, func(page sent) bool {
				return page.person == safe && s.about(page.key).Alarm == name && waits.critical <= page.at && page.at <= waits.critical+2*time.Minute+slack
			}) {
				t.Fatalf("alarm %s was critical at %s and the failsafe recipient was not paged", name, waits.critical)
			}
		}
	}
}

// about is the transition of a page's key.
func (s *scene) about(key string) session.Transition {
	key, _, _ = strings.Cut(key, "/again/")
	return s.made[slices.IndexFunc(s.made, func(t session.Transition) bool { return t.PageKey == key })]
}
