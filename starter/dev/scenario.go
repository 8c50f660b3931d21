package dev

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"guestjourney/internal/sandbox"
)

// scenario says what the example must come to. Every effect is exact: one that
// is missing, one too many and one that nobody expects are all wrong.
type scenario struct {
	Lead    string         `json:"lead"` // a file beside the scenario
	Program string         `json:"program"`
	Result  map[string]any `json:"result"` // fields of the workflow's result
	Effects []effectCount  `json:"effects"`
	// Webhooks that were delivered; events of one kind may be batched.
	Webhooks []webhookCount `json:"webhooks"`
}

type effectCount struct {
	Provider  string `json:"provider"`
	Operation string `json:"operation"`
	Count     int    `json:"count"`
}

type webhookCount struct {
	Provider string `json:"provider"`
	Type     string `json:"type"`
	AtLeast  int    `json:"atLeast"`
}

func readScenario(s settings) (scenario, error) {
	path := filepath.Join(s.Examples, "scenario.json")
	data, err := os.ReadFile(path)
	if err != nil {
		return scenario{}, fmt.Errorf("the example's scenario: %w", err)
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	var result scenario
	if err := decoder.Decode(&result); err != nil {
		return scenario{}, fmt.Errorf("the example's scenario, %s: %w", path, err)
	}
	if result.Lead == "" || result.Program == "" || len(result.Result) == 0 || len(result.Effects) == 0 {
		return scenario{}, fmt.Errorf("the example's scenario, %s: needs lead, program, result and effects; without them it proves nothing", path)
	}
	return result, nil
}

// outcome is what one run of the example really came to.
type outcome struct {
	result   []byte // the workflow's, as JSON
	calls    []sandbox.JournalEntry
	webhooks []sandbox.WebhookRecord
}

// compare returns one line for each difference, "- " wanted and "+ " found.
func (s scenario) compare(found outcome) ([]string, error) {
	differences, err := s.compareResult(found.result)
	if err != nil {
		return nil, err
	}
	differences = append(differences, s.compareEffects(found.calls)...)
	differences = append(differences, repeated(found.calls)...)
	return append(differences, s.compareWebhooks(found.webhooks)...), nil
}

func (s scenario) compareResult(result []byte) ([]string, error) {
	var fields map[string]any
	if err := json.Unmarshal(result, &fields); err != nil {
		return nil, fmt.Errorf("read the journey's result: %w", err)
	}
	var differences []string
	for _, name := range sortedKeys(s.Result) {
		want, errWant := json.Marshal(s.Result[name])
		got, errGot := json.Marshal(fields[name])
		if err := errors.Join(errWant, errGot); err != nil {
			return nil, fmt.Errorf("compare the result's %s: %w", name, err)
		}
		if !bytes.Equal(want, got) {
			differences = append(differences, fmt.Sprintf("- result %s %s", name, want), fmt.Sprintf("+ result %s %s", name, got))
		}
	}
	return differences, nil
}

// call is a kind of effect.
type call struct{ provider, operation string }

func (s scenario) compareEffects(calls []sandbox.JournalEntry) []string {
	wanted, found := map[call]int{}, map[call]int{}
	for _, effect := range s.Effects {
		wanted[call{effect.Provider, effect.Operation}] += effect.Count
	}
	for _, entry := range calls {
		if entry.Effect {
			found[call{entry.Provider, entry.Operation}]++
		}
	}
	var differences []string
	for _, kind := range kinds(wanted, found) {
		if wanted[kind] != found[kind] {
			differences = append(differences,
				fmt.Sprintf("- effect %s %s %d", kind.provider, kind.operation, wanted[kind]),
				fmt.Sprintf("+ effect %s %s %d", kind.provider, kind.operation, found[kind]))
		}
	}
	return differences
}

// repeated names effects that happened more than once under one key.
func repeated(calls []sandbox.JournalEntry) []string {
	type effect struct{ provider, operation, key string }
	counts := map[effect]int{}
	var differences []string
	for _, entry := range calls {
		if !entry.Effect || entry.EffectKey == "" {
			continue
		}
		one := effect{entry.Provider, entry.Operation, entry.EffectKey}
		if counts[one]++; counts[one] == 2 {
			differences = append(differences, fmt.Sprintf("+ effect %s %s happened again under %s", one.provider, one.operation, one.key))
		}
	}
	return differences
}

func (s scenario) compareWebhooks(webhooks []sandbox.WebhookRecord) []string {
	found := map[call]int{}
	for _, webhook := range webhooks {
		if webhook.State != sandbox.WebhookDelivered {
			continue
		}
		for kind := range strings.SplitSeq(webhook.Type, ",") {
			found[call{webhook.Provider, strings.TrimSpace(kind)}]++
		}
	}
	var differences []string
	for _, wanted := range s.Webhooks {
		if got := found[call{wanted.Provider, wanted.Type}]; got < wanted.AtLeast {
			differences = append(differences,
				fmt.Sprintf("- webhook %s %s at least %d", wanted.Provider, wanted.Type, wanted.AtLeast),
				fmt.Sprintf("+ webhook %s %s %d", wanted.Provider, wanted.Type, got))
		}
	}
	return differences
}

func kinds(maps ...map[call]int) []call {
	var list []call
	for _, counts := range maps {
		for kind := range counts {
			if !slices.Contains(list, kind) {
				list = append(list, kind)
			}
		}
	}
	slices.SortFunc(list, func(a, b call) int {
		return cmp.Or(cmp.Compare(a.provider, b.provider), cmp.Compare(a.operation, b.operation))
	})
	return list
}

func sortedKeys(fields map[string]any) []string {
	names := make([]string, 0, len(fields))
	for name := range fields {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
