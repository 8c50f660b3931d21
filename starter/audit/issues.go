package audit

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"go.temporal.io/sdk/temporal"

	"guestjourney/webhookproxy/providers"
	"guestjourney/workflows/health"
)

// everybody is the integration of a finding about all of them.
const everybody = "all"

func watchIssues(facts Facts) []Issue {
	switch {
	case !facts.Watched:
		return []Issue{{
			Integration: everybody, Severity: High, Issue: health.ID + " does not run: nobody watches the providers",
			Fix: "Run `starter setup` and a worker; the first check begins it within a minute",
		}}
	case slices.Contains(facts.Health.Attention, health.AttentionSilent):
		return []Issue{{
			Integration: everybody, Severity: High, Issue: "No health check reports",
			Fix: "Start a worker; look whether the schedule health-ping is there and not paused",
		}}
	}
	return nil
}

func fleetIssues(fleet health.Fleet, now time.Time) (issues []Issue) {
	if fleet.Workers == 0 {
		issues = append(issues, Issue{
			Integration: everybody, Severity: High, Issue: "No worker reports its circuits",
			Fix: "Start a worker; its log says why a report is not taken",
		})
	}
	for _, silent := range fleet.Silent {
		issues = append(issues, Issue{
			Integration: everybody, Severity: Medium, Issue: fmt.Sprintf("Worker %s is silent: last report %s", silent.Name, ago(silent.HeardAt, now)),
			Fix: "Look whether it was killed or hangs; one that is gone is forgotten after a day",
		})
	}
	return issues
}

func clientIssues(clients []Client, fleet health.Fleet) (issues []Issue) {
	for _, client := range clients {
		issue := Issue{Integration: client.Integration}
		switch client.State {
		case strings.ToUpper(health.CircuitOpen):
			issue.Severity, issue.Issue = High, fmt.Sprintf("Circuit open after %d failures in a row: calls are refused", client.Failures)
			issue.Fix = "See `starter health` for its answer; what waits goes on by itself when it is back"
		case strings.ToUpper(health.CircuitHalfOpen):
			issue.Severity, issue.Issue = Medium, "Circuit half open: the provider is being tried out"
			issue.Fix = "Nothing, if it closes within minutes"
		case strings.ToUpper(health.CircuitUnknown):
			issue.Severity, issue.Issue = High, "Missing circuit breaker: no worker reports one"
			issue.Fix = "Send its calls through activities/provider, or start a worker that does"
		default:
			continue
		}
		issues = append(issues, issue)
	}
	for _, standing := range fleet.Standings {
		issues = append(issues, settingIssues(standing)...)
	}
	return issues
}

func settingIssues(standing health.Standing) (issues []Issue) {
	if slices.ContainsFunc(standing.Circuits, func(s health.Setting) bool { return s.Threshold <= 0 }) {
		issues = append(issues, Issue{
			Integration: standing.Provider, Severity: High, Issue: "Missing circuit breaker: no number of failures opens it", Fix: "Set Circuit.Failures of its client",
		})
	}
	if len(standing.Circuits) > 1 {
		issues = append(issues, Issue{
			Integration: standing.Provider, Severity: Low, Issue: "The workers' circuits are set in different ways", Fix: "Finish the rollout; look at CIRCUIT_OPEN",
		})
	}
	return issues
}

// healthIssues are the providers that a check calls down.
func healthIssues(view health.Overview) (issues []Issue) {
	for _, p := range view.Providers {
		if p.State != health.StateDown {
			continue
		}
		issue := Issue{Integration: p.Name(), Severity: High, Issue: "Down since " + p.Since.UTC().Format(time.RFC3339)}
		if p.LastFailure != nil {
			issue.Issue += strings.TrimRight(": "+string(p.LastFailure.Class)+" "+p.LastFailure.Code, ": ")
		}
		issue.Fix = "Mend what its answer says; staff are told when it is up"
		issues = append(issues, issue)
	}
	return issues
}

func retryIssues(rows []Resilience, retries *temporal.RetryPolicy) (issues []Issue) {
	for _, row := range rows {
		if row.RetryMax == 1 { // 0 would be without an end
			issues = append(issues, Issue{Integration: row.Client, Severity: High, Issue: "Missing retries", Fix: "Give options.Outside more attempts"})
		}
		if retries.BackoffCoefficient <= 1 {
			issues = append(issues, Issue{Integration: row.Client, Severity: Medium, Issue: "No growing backoff", Fix: "Set a coefficient above 1 in options.Profile"})
		}
	}
	return issues
}

func webhookIssues(webhooks []Webhook, fleet health.Fleet) (issues []Issue) {
	for _, webhook := range webhooks {
		p := webhook.Protection
		switch {
		case webhook.Unusable != nil:
			issues = append(issues, Issue{
				Integration: p.Provider, Severity: High, Issue: "Webhook secret cannot be used: " + webhook.Unusable.Error(), Fix: "Correct the variable",
			})
		case p.Configured:
			issues = append(issues, protectionIssues(p)...)
		case p.ActedOn:
			issues = append(issues, secretIssue(p, fleet))
		}
	}
	return issues
}

// protectionIssues are what the sender offers and nobody asks for.
func protectionIssues(p providers.Protection) (issues []Issue) {
	row := security(p)
	for _, one := range []struct {
		missing string
		cell    Cell
	}{{"HMAC", row.HMAC}, {"replay protection", row.Replay}, {"timestamp check", row.Timestamp}} {
		if one.cell.Mark == No {
			issues = append(issues, Issue{
				Integration: p.Provider, Severity: High, Issue: "Webhook without " + one.missing + ": " + one.cell.About, Fix: fix(p),
			})
		}
	}
	return issues
}

func fix(p providers.Protection) string {
	for _, guard := range p.Guards {
		if guard.Better != "" {
			return fmt.Sprintf("Have the sender use %s, and unset %s", guard.Better, guard.Variable)
		}
	}
	return "Check it in webhookproxy/providers, or say there why it cannot be"
}

// secretIssue: events of a provider that this house calls are refused for want
// of a secret. Others may simply not be in use.
func secretIssue(p providers.Protection, fleet health.Fleet) Issue {
	var variables []string
	for _, guard := range p.Guards {
		if guard.Better == "" {
			variables = append(variables, guard.Variable)
		}
	}
	issue := Issue{
		Integration: p.Provider, Severity: Low, Issue: "No webhook secret is set: its events are refused",
		Fix: "Set " + strings.Join(variables, " or ") + ", or leave it if nothing is to come from there",
	}
	if slices.ContainsFunc(fleet.Standings, func(s health.Standing) bool { return s.Provider == p.Provider }) {
		issue.Severity, issue.Fix = High, "Set "+strings.Join(variables, " or ")+"; run the audit where the proxy's variables are set"
	}
	return issue
}
