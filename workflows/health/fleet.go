package health

import (
	"slices"
	"strings"
	"time"

	"go.temporal.io/sdk/workflow"
)

const (
	// silentAfter is how long a worker may say nothing, which reports every
	// minute.
	silentAfter = 3 * time.Minute
	// forgottenAfter is when one that ended without a word is no longer missed.
	forgottenAfter = 24 * time.Hour
	// maxWorkers bounds the state.
	maxWorkers = 200
)

// Worker is the last report of one worker process.
type Worker struct {
	Name     string    `json:"name"`
	HeardAt  time.Time `json:"heardAt"`
	Circuits []Circuit `json:"circuits,omitempty"`
}

// hear keeps a worker's report in the place of its last one.
func (i *integrations) hear(ctx workflow.Context, report WorkerReport) {
	now := workflow.Now(ctx).UTC()
	kept := slices.DeleteFunc(slices.Clone(i.state.Workers), func(known Worker) bool {
		return known.Name == report.Worker && report.Leaving || now.Sub(known.HeardAt) > forgottenAfter
	})
	at := slices.IndexFunc(kept, func(known Worker) bool { return known.Name == report.Worker })
	switch heard := (Worker{Name: report.Worker, HeardAt: now, Circuits: report.Circuits}); {
	case report.Leaving:
	case at >= 0:
		kept[at] = heard
	default:
		kept = append(kept, heard)
	}
	if len(kept) > maxWorkers {
		longest := slices.IndexFunc(kept, func(w Worker) bool { return w.HeardAt.Equal(firstHeard(kept)) })
		kept = slices.Delete(kept, longest, longest+1)
	}
	i.state.Workers = kept
}

// firstHeard is when the one was heard that has said nothing for longest.
func firstHeard(workers []Worker) time.Time {
	return slices.MinFunc(workers, func(a, b Worker) int { return a.HeardAt.Compare(b.HeardAt) }).HeardAt
}

// Fleet is what all workers together say of their calls.
type Fleet struct {
	// Workers have reported lately.
	Workers int `json:"workers"`
	// Silent are those that have not for three minutes, and have not said goodbye.
	Silent []Silent `json:"silent,omitempty"`
	// Standings are in the order of the providers' names.
	Standings []Standing `json:"standings"`
}

// Silent is a worker that does not report.
type Silent struct {
	Name    string    `json:"name"`
	HeardAt time.Time `json:"heardAt"`
}

// Standing is how the calls to one provider fare, over all workers.
type Standing struct {
	Provider string `json:"provider"`
	// State is the worst that a worker told lately; CircuitUnknown if none did.
	State string `json:"state"`
	// Failures are the most in a row that a worker told lately.
	Failures int `json:"failures"`
	// LastSuccess is the last of any worker's.
	LastSuccess time.Time `json:"lastSuccess,omitzero"`
	// Workers are those behind State.
	Workers int `json:"workers"`
	// Circuits are how the workers are configured, each way once: several only
	// while a release is rolled out.
	Circuits []Setting `json:"circuits"`
}

// Setting is how a circuit is configured.
type Setting struct {
	Threshold int    `json:"threshold"`
	OpenFor   string `json:"openFor"` // as Go writes it: "30s"
}

// FleetAt says how the calls fare at an instant, by the last report of each
// worker.
func FleetAt(workers []Worker, now time.Time) Fleet {
	fleet := Fleet{Standings: []Standing{}}
	for _, worker := range workers {
		silent := now.Sub(worker.HeardAt) > silentAfter
		if silent {
			fleet.Silent = append(fleet.Silent, Silent{Name: worker.Name, HeardAt: worker.HeardAt})
		} else {
			fleet.Workers++
		}
		for _, circuit := range worker.Circuits {
			fleet.standing(circuit.Provider).add(circuit, silent)
		}
	}
	slices.SortFunc(fleet.Standings, func(a, b Standing) int { return strings.Compare(a.Provider, b.Provider) })
	return fleet
}

func (f *Fleet) standing(provider string) *Standing {
	at := slices.IndexFunc(f.Standings, func(s Standing) bool { return s.Provider == provider })
	if at < 0 {
		f.Standings = append(f.Standings, Standing{Provider: provider, State: CircuitUnknown})
		at = len(f.Standings) - 1
	}
	return &f.Standings[at]
}

// add counts a worker's circuit in. What a silent one last told says when a call
// last went well, and nothing of the present.
func (s *Standing) add(circuit Circuit, silent bool) {
	if circuit.LastSuccess.After(s.LastSuccess) {
		s.LastSuccess = circuit.LastSuccess
	}
	if silent {
		return
	}
	s.Workers++
	s.State = worse(s.State, circuit.State)
	s.Failures = max(s.Failures, circuit.Failures)
	setting := Setting{Threshold: circuit.Threshold, OpenFor: circuit.OpenFor.String()}
	if !slices.Contains(s.Circuits, setting) {
		s.Circuits = append(s.Circuits, setting)
	}
}

// worse is the worse of two states; anything is worse than not to know.
func worse(one, other string) string {
	order := []string{CircuitUnknown, CircuitClosed, CircuitHalfOpen, CircuitOpen}
	return order[max(slices.Index(order, one), slices.Index(order, other), 0)]
}
