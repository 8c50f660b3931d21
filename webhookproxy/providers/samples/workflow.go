package samples

import (
	"net/url"
	"strings"
	"time"
)

// named are the workflows that samples name.
var named = []string{"pay/sample", "journey/sample", "appt/sample"}

// NamesWorkflow says whether a sample is about a workflow that it names itself.
// The others find theirs by whom they are about.
func (s Sample) NamesWorkflow() bool {
	for _, id := range named {
		if strings.Contains(s.body(time.Time{}), id) || strings.Contains(s.path, url.QueryEscape(id)) {
			return true
		}
	}
	return false
}

// For returns the sample about another workflow. Whether its provider may signal
// one of that kind, the proxy says.
func (s Sample) For(workflowID string) Sample {
	body := s.body
	s.body = func(at time.Time) string {
		text := body(at)
		for _, id := range named {
			text = strings.ReplaceAll(text, id, workflowID)
		}
		return text
	}
	for _, id := range named {
		s.path = strings.ReplaceAll(s.path, url.QueryEscape(id), url.QueryEscape(workflowID))
	}
	return s
}
