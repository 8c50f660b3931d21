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

// Facts are what a report is made of.
type Facts struct {
	At time.Time
	// Watched is false if IntegrationHealth does not run; then Health is empty.
	Watched bool
	Health  health.Overview
	// Retries is how every call to a provider is tried again.
	Retries *temporal.RetryPolicy
	// Webhooks are the providers of webhooks, with the secrets of the moment.
	Webhooks []Webhook
}

// Webhook is one provider of webhooks.
type Webhook struct {
	Protection providers.Protection
	// Unusable is why its secrets cannot be used, if they cannot.
	Unusable error
}

// Report is the integrations audit report.
type Report struct {
	At         time.Time    `json:"at"`
	Clients    []Client     `json:"clients"`
	Workers    int          `json:"workers"` // that report
	Silent     []Silent     `json:"silentWorkers"`
	Resilience []Resilience `json:"resilience"`
	Webhooks   []Security   `json:"webhooks"`
	// Unconfigured are providers of webhooks that have no secret, and that nobody
	// waits for: they are served, and refuse everything.
	Unconfigured []string `json:"unconfiguredWebhooks"`
	Issues       []Issue  `json:"issues"`
	Gate         string   `json:"qualityGate"`
}

// The quality gate.
const (
	Passed = "PASSED"
	Failed = "FAILED"
)

// Client is how the calls to one provider fare.
type Client struct {
	Integration string `json:"integration"`
	// State is the worst that a worker reports: CLOSED, HALF_OPEN, OPEN, or
	// UNKNOWN if none does.
	State       string    `json:"circuitState"`
	Workers     int       `json:"workers"` // behind State
	Failures    int       `json:"failures"`
	LastSuccess time.Time `json:"lastSuccess,omitzero"`
}

// Silent is a worker that has stopped reporting.
type Silent struct {
	Worker  string    `json:"worker"`
	HeardAt time.Time `json:"heardAt"`
}

// Resilience is how calls of a client are tried again, and when they are not
// made at all.
type Resilience struct {
	Client   string `json:"client"`
	RetryMax int    `json:"retryMax"` // attempts, the first included
	Backoff  string `json:"backoff"`
	// Thresholds are the workers' settings of the circuit: several only while a
	// release is rolled out.
	Thresholds []health.Setting `json:"circuitThresholds"`
}

// Security is what protects the webhooks of one provider.
type Security struct {
	Webhook   string `json:"webhook"`
	HMAC      Cell   `json:"hmac"`
	Replay    Cell   `json:"replayProtection"`
	Timestamp Cell   `json:"timestampCheck"`
}

// Cell is whether one protection is there.
type Cell struct {
	Mark string `json:"mark"`
	// About says how it is done, or why there is none.
	About string `json:"about"`
}

// Marks of a cell.
const (
	Yes  = "yes"
	No   = "no"  // the sender offers it, and it is not asked for
	None = "n/a" // there is none to ask for
)

// Issue is a finding.
type Issue struct {
	ID          string `json:"id"`
	Integration string `json:"integration"`
	Issue       string `json:"issue"`
	Severity    string `json:"severity"`
	Fix         string `json:"fix"`
}

// Severities. A HIGH one fails the gate.
const (
	High   = "HIGH"
	Medium = "MEDIUM"
	Low    = "LOW"
)

var severities = []string{High, Medium, Low}

// Make judges the facts.
func Make(facts Facts) Report {
	fleet := health.FleetAt(facts.Health.Workers, facts.At)
	report := Report{
		At: facts.At.UTC(), Workers: fleet.Workers, Clients: clients(facts.Health, fleet),
		Silent: []Silent{}, Resilience: []Resilience{}, Webhooks: []Security{}, Unconfigured: []string{}, Gate: Passed,
	}
	for _, silent := range fleet.Silent {
		report.Silent = append(report.Silent, Silent{Worker: silent.Name, HeardAt: silent.HeardAt})
	}
	for _, standing := range fleet.Standings {
		report.Resilience = append(report.Resilience, Resilience{
			Client: standing.Provider, RetryMax: int(facts.Retries.MaximumAttempts), Backoff: backoff(facts.Retries), Thresholds: standing.Circuits,
		})
	}
	for _, webhook := range facts.Webhooks {
		protection := webhook.Protection
		switch {
		case webhook.Unusable != nil:
		case protection.Configured || protection.ActedOn:
			report.Webhooks = append(report.Webhooks, security(protection))
		default:
			report.Unconfigured = append(report.Unconfigured, protection.Provider)
		}
	}
	report.Issues = number(slices.Concat(
		watchIssues(facts), fleetIssues(fleet, facts.At), clientIssues(report.Clients, fleet), healthIssues(facts.Health), retryIssues(report.Resilience, facts.Retries), webhookIssues(facts.Webhooks, fleet),
	))
	if slices.ContainsFunc(report.Issues, func(issue Issue) bool { return issue.Severity == High }) {
		report.Gate = Failed
	}
	return report
}

// number orders the issues, the worst first, and names them.
func number(issues []Issue) []Issue {
	slices.SortStableFunc(issues, func(a, b Issue) int {
		return slices.Index(severities, a.Severity) - slices.Index(severities, b.Severity)
	})
	named := make([]Issue, 0, len(issues))
	for at, issue := range issues {
		issue.ID = fmt.Sprintf("INT%03d", at+1)
		named = append(named, issue)
	}
	return named
}

// clients are those whose circuits are reported, and those who are checked.
func clients(view health.Overview, fleet health.Fleet) []Client {
	all := []Client{}
	for _, standing := range fleet.Standings {
		all = append(all, Client{
			Integration: standing.Provider, State: strings.ToUpper(standing.State), Workers: standing.Workers,
			Failures: standing.Failures, LastSuccess: standing.LastSuccess,
		})
	}
	for _, checked := range view.Providers {
		if checked.Check != health.CheckPing {
			continue
		}
		at := slices.IndexFunc(all, func(client Client) bool { return client.Integration == checked.Name() })
		if at < 0 {
			all = append(all, Client{Integration: checked.Name(), State: strings.ToUpper(health.CircuitUnknown)})
			at = len(all) - 1
		}
		// A check is a call too, perhaps of a worker that has ended.
		if checked.LastSuccess.After(all[at].LastSuccess) {
			all[at].LastSuccess = checked.LastSuccess
		}
	}
	slices.SortFunc(all, func(a, b Client) int { return strings.Compare(a.Integration, b.Integration) })
	return all
}

func backoff(retries *temporal.RetryPolicy) string {
	kind := "Constant"
	if retries.BackoffCoefficient > 1 {
		kind = "Exponential"
	}
	return fmt.Sprintf("%s: %s, times %g, at most %s", kind, retries.InitialInterval, retries.BackoffCoefficient, retries.MaximumInterval)
}

// security is the worst of the schemes that are in use.
func security(p providers.Protection) Security {
	signed, dated := Cell{Mark: Yes}, Cell{Mark: Yes}
	for _, guard := range p.Guards {
		signed = worse(signed, cell(guard, guard.Signed(), guard.Algorithm, guard.Unsigned))
		dated = worse(dated, cell(guard, guard.Dated(), fmt.Sprintf("%s back, %s ahead", guard.Window.Past, guard.Window.Future), guard.Undated))
	}
	replay := Cell{Mark: No, About: "a repeat is not recognised"}
	if p.Remember > 0 {
		replay = Cell{Mark: Yes, About: "remembered for " + days(p.Remember)}
	}
	return Security{Webhook: p.Provider, HMAC: signed, Replay: replay, Timestamp: dated}
}

// cell is one protection of one scheme. What a scheme has not is no fault of it,
// unless the sender offers it and another scheme is accepted in its place.
func cell(guard providers.Guard, there bool, how, whyNot string) Cell {
	switch {
	case there:
		return Cell{Yes, how}
	case guard.Better != "":
		return Cell{No, fmt.Sprintf("%s is accepted in the place of %s", guard.Variable, guard.Better)}
	case whyNot == "":
		return Cell{No, guard.Variable + " is not checked for it"}
	}
	return Cell{None, whyNot}
}

func worse(one, other Cell) Cell {
	order := []string{Yes, None, No}
	if one.About == "" || slices.Index(order, other.Mark) > slices.Index(order, one.Mark) {
		return other
	}
	return one
}

func days(span time.Duration) string {
	if count := int(span.Hours() / 24); count != 1 {
		return fmt.Sprintf("%d days", count)
	}
	return "1 day"
}
