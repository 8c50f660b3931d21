package session

import (
	"slices"

	"go.temporal.io/sdk/workflow"
)

// maxLog bounds the log that travels along: a day of alarms is some hundred lines.
const maxLog = 2000

// log keeps a line for the written record.
func (m *monitor) log(ctx workflow.Context, entry Entry) {
	entry.At = workflow.Now(ctx).UTC()
	if len(m.state.Log) >= maxLog {
		m.state.Log = slices.Clone(m.state.Log[1:])
		m.state.LogDropped++
	}
	m.state.Log = append(m.state.Log, entry)
}
