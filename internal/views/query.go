package views

import (
	"fmt"
	"net/url"
	"strings"
	"time"
)

func all(conditions ...string) string { return strings.Join(conditions, " AND ") }

func types(names ...string) string {
	if len(names) == 1 {
		return "WorkflowType = '" + names[0] + "'"
	}
	return "WorkflowType IN ('" + strings.Join(names, "', '") + "')"
}

// isNot holds for what is not set, too: != alone does not.
func isNot(attribute, value string) string {
	return fmt.Sprintf("(%s IS NULL OR %s != '%s')", attribute, attribute, value)
}

func between(attribute string, from, to time.Time) string {
	return fmt.Sprintf("%s BETWEEN %s AND %s", attribute, instant(from), instant(to))
}

func instant(at time.Time) string { return "'" + at.UTC().Format(time.RFC3339) + "'" }

// UI makes links into the Temporal UI.
type UI struct {
	Base      string // such as http://127.0.0.1:8233, without a slash at its end
	Namespace string
}

// List links to the workflows that a query finds.
func (u UI) List(query string) string {
	return u.workflows() + "?query=" + url.QueryEscape(query)
}

// Workflow links to a workflow, or to one run of it.
func (u UI) Workflow(workflowID, runID string) string {
	link := u.workflows() + "/" + url.PathEscape(workflowID)
	if runID != "" {
		link += "/" + url.PathEscape(runID) + "/history"
	}
	return link
}

// Start links to the form that starts a workflow, filled in as far as a link
// can: an input would be in the browser's history in clear.
func (u UI) Start(taskQueue, workflowType string) string {
	fields := url.Values{"taskQueue": {taskQueue}, "workflowType": {workflowType}}
	return u.workflows() + "/start-workflow?" + fields.Encode()
}

func (u UI) workflows() string {
	return strings.TrimRight(u.Base, "/") + "/namespaces/" + url.PathEscape(u.Namespace) + "/workflows"
}
