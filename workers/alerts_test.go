package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.yaml.in/yaml/v3"

	"guestjourney/internal/devserver"
	"guestjourney/internal/freeport"
	"guestjourney/internal/views"
	"guestjourney/workflows"
	"guestjourney/workflows/kit"
)

const deploy = "../deploy"

// TestAlertRules: promtool reads the rules, and they fire when they should.
func TestAlertRules(t *testing.T) {
	promtool, err := exec.LookPath("promtool")
	if err != nil {
		t.Skip("needs promtool of the Debian package prometheus")
	}
	for _, arguments := range [][]string{{"check", "rules", "alerts.yml"}, {"test", "rules", "alerts_test.yml"}} {
		command := exec.CommandContext(t.Context(), promtool, arguments...)
		command.Dir = deploy
		said, err := command.CombinedOutput()
		require.NoError(t, err, string(said))
	}
}

// TestEveryAlertHasACaseInWhichItFiresAndOneInWhichItIsQuiet: else the test of the
// rules says nothing about it.
func TestEveryAlertHasACaseInWhichItFiresAndOneInWhichItIsQuiet(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(deploy, "alerts_test.yml"))
	require.NoError(t, err)
	var file struct {
		Tests []struct {
			Cases []struct {
				Alert    string `yaml:"alertname"`
				Expected []any  `yaml:"exp_alerts"`
			} `yaml:"alert_rule_test"`
		}
	}
	require.NoError(t, yaml.Unmarshal(data, &file))
	fires, quiet := map[string]bool{}, map[string]bool{}
	for _, test := range file.Tests {
		for _, one := range test.Cases {
			fires[one.Alert] = fires[one.Alert] || len(one.Expected) > 0
			quiet[one.Alert] = quiet[one.Alert] || len(one.Expected) == 0
		}
	}
	for _, group := range ruleGroups(t) {
		for _, rule := range group.Rules {
			assert.True(t, fires[rule.Alert], "%s: no case in which it fires", rule.Alert)
			assert.True(t, quiet[rule.Alert], "%s: no case in which it is quiet", rule.Alert)
		}
	}
}

type ruleGroup struct {
	Rules []struct{ Alert, Expr string }
}

func ruleGroups(t *testing.T) []ruleGroup {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(deploy, "alerts.yml"))
	require.NoError(t, err)
	var file struct{ Groups []ruleGroup }
	require.NoError(t, yaml.Unmarshal(data, &file))
	require.NotEmpty(t, file.Groups)
	return file.Groups
}

// TestBacklogOnTheRealEndpoint: a workflow that nobody moves on, whose deadline
// has passed, is seen on a scrape; when it is gone, all is well. So is one with
// a parked step. When visibility cannot be asked, no old figure stands.
func TestBacklogOnTheRealEndpoint(t *testing.T) {
	server := devserver.Start(t)
	metrics := freeport.Address(t)
	environment(t, "http://127.0.0.1:1", map[string]string{"METRICS_ADDR": metrics, "BACKLOG_INTERVAL": "500ms"})
	p := startProcess(t, server)
	connection := dial(t, server)
	scrape := func() string {
		_, text := get(t, "http://"+metrics+"/metrics")
		return text
	}
	shows := func(line string) {
		t.Helper()
		require.Eventually(t, func() bool { return strings.Contains(scrape(), line+"\n") }, patience, 200*time.Millisecond, line)
	}

	for _, name := range workflows.Types() {
		shows(`guestjourney_past_due{workflow_type="` + name + `"} 0`)
		shows(`guestjourney_parked{workflow_type="` + name + `"} 0`)
	}
	requireRuleMetrics(t, scrape)
	for _, q := range queues(settings{}, &adapters{}, inside{}) {
		shows(`guestjourney_queue_depth{task_queue="` + q.name + `",task_type="activity"} 0`)
	}

	recent := stuck(t, connection, "GuestJourney", kit.AttributeNextDeadline.ValueSet(time.Now().Add(-views.PastDueAfter+time.Minute)))
	late := stuck(t, connection, "GuestJourney", kit.AttributeNextDeadline.ValueSet(time.Now().Add(-views.PastDueAfter-time.Minute)))
	shows(`guestjourney_past_due{workflow_type="GuestJourney"} 1`)
	parked := stuck(t, connection, "PaymentPlan", kit.AttributeAttention.ValueSet([]string{"retrying:a", kit.PrefixParked + "b"}))
	retrying := stuck(t, connection, "PaymentPlan", kit.AttributeAttention.ValueSet([]string{"retrying:a"}))
	shows(`guestjourney_attention{workflow_type="PaymentPlan"} 2`)
	shows(`guestjourney_parked{workflow_type="PaymentPlan"} 1`)
	shows(`guestjourney_retrying{workflow_type="PaymentPlan"} 2`)
	shows(`guestjourney_past_due{workflow_type="PaymentPlan"} 0`)

	for _, run := range []client.WorkflowRun{recent, late, parked, retrying} {
		require.NoError(t, connection.TerminateWorkflow(t.Context(), run.GetID(), run.GetRunID(), "the test is over"))
	}
	shows(`guestjourney_past_due{workflow_type="GuestJourney"} 0`)
	shows(`guestjourney_attention{workflow_type="PaymentPlan"} 0`)

	require.NoError(t, server.Stop())
	require.Eventually(t, func() bool { return !strings.Contains(scrape(), "guestjourney_past_due") }, 2*patience, 50*time.Millisecond)
	require.Regexp(t, `guestjourney_backlog_failures_total [1-9]`, scrape())
	require.Equal(t, 1, strings.Count(p.log.String(), "backlog cannot be measured"))
}

// stuck starts a workflow on a queue that nobody serves, and shows it as the
// real one would show itself.
func stuck(t *testing.T, connection client.Client, workflowType string, shown temporal.SearchAttributeUpdate) client.WorkflowRun {
	t.Helper()
	run, err := connection.ExecuteWorkflow(context.Background(), client.StartWorkflowOptions{
		TaskQueue: "nobody", TypedSearchAttributes: temporal.NewSearchAttributes(shown),
	}, workflowType)
	require.NoError(t, err)
	return run
}

var metricName = regexp.MustCompile(`\b(guestjourney|temporal)_[a-z_]+`)

// requireRuleMetrics: every metric that a rule reads is there on a scrape.
func requireRuleMetrics(t *testing.T, scrape func() string) {
	t.Helper()
	for _, rule := range ruleGroups(t)[0].Rules {
		names := metricName.FindAllString(rule.Expr, -1)
		require.NotEmpty(t, names, rule.Alert)
		for _, name := range names {
			assert.Eventually(t, func() bool {
				return strings.Contains(scrape(), "\n"+name+"{") || strings.Contains(scrape(), "\n"+name+" ")
			}, patience, 50*time.Millisecond, "%s reads %s", rule.Alert, name)
		}
	}
	// The labels that a rule selects are the SDK's own.
	assert.Eventually(t, func() bool {
		return regexp.MustCompile(`temporal_num_pollers\{[^}]*poller_type="workflow_task"[^}]*task_queue="journeys"[^}]*\} [1-9]`).MatchString(scrape())
	}, patience, 50*time.Millisecond, "pollers of workflow tasks")
}
