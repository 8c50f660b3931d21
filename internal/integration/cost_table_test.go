package integration

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// costsFile is the table in the repository. `make costs` writes it anew.
const costsFile = "testdata/costs.md"

const costsHead = `# What a guest's way costs

Written by ` + "`make costs`" + ` from costs.json, which says what happens in each way, and from a run of TestCosts, which holds
every number. Each fact comes alone here, so this is the most that a way costs: what meets in one workflow task
saves that task. "Met" is how many tasks a run may save because their instants are not ours to choose. Actions are
what Temporal Cloud bills for a history; bytes are of the sealed history, and vary by 2 %.
`

const costsColumns = "| Workflow | Events | Tasks | Actions | Upserts | Met | Bytes | Reason |\n|---|---:|---:|---:|---:|---:|---:|---|\n"

// bytesSlack is how much bytes vary, in percent: by the lengths of process IDs
// and by what compresses differently.
const bytesSlack = 2

// taskBytes is more than a workflow task and its upsert take of a history.
const taskBytes = 1000

// recorded collects what the scenarios have used.
type recorded struct {
	mu  sync.Mutex
	all map[string]map[string]cost // by scenario and workflow type
}

func (r *recorded) add(s scenario, used map[string]cost) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all[s.Name] = used
}

// table is the text of costsFile.
func (r *recorded) table(list []scenario) string {
	var text strings.Builder
	text.WriteString(costsHead)
	for _, s := range list {
		fmt.Fprintf(&text, "\n## %s\n\n%s\n\n%s", s.Name, s.About, costsColumns)
		var sum cost
		for _, name := range s.types() {
			d := s.Workflows[name]
			most := d.bill().cost()
			most.Bytes = r.all[s.Name][name].Bytes
			text.WriteString(costRow(name, most, d.MayMerge, d.Reason))
			sum.add(most)
		}
		text.WriteString(costRow("all", sum, 0, ""))
	}
	return text.String()
}

func (b bill) cost() cost {
	return cost{Events: b.events(), Tasks: b.tasks(), Actions: b.actions(), Upserts: b.upserts}
}

func costRow(name string, used cost, met int, reason string) string {
	return fmt.Sprintf("| %s | %d | %d | %d | %d | %d | %d | %s |\n", name, used.Events, used.Tasks, used.Actions, used.Upserts, met, used.Bytes, reason)
}

// readCosts reads the table back: by scenario and workflow type.
func readCosts(t *testing.T) map[string]map[string]cost {
	t.Helper()
	data, err := os.ReadFile(costsFile)
	require.NoError(t, err, "run `make costs`")
	table, scenario := map[string]map[string]cost{}, ""
	for line := range strings.Lines(string(data)) {
		if name, found := strings.CutPrefix(line, "## "); found {
			scenario = strings.TrimSpace(name)
			table[scenario] = map[string]cost{}
		}
		cells := strings.Split(line, "|")
		if len(cells) != 10 {
			continue
		}
		number := func(cell int) int {
			value, _ := strconv.Atoi(strings.TrimSpace(cells[cell])) // the head has no numbers
			return value
		}
		table[scenario][strings.TrimSpace(cells[1])] = cost{
			Events: number(2), Tasks: number(3), Actions: number(4), Upserts: number(5), Bytes: int64(number(7)),
		}
	}
	return table
}

// compare holds the table against the declaration, whose numbers the run has
// confirmed, and the run's bytes against the table.
func compare(t *testing.T, s scenario, table, used map[string]cost) {
	t.Helper()
	const advice = "a correct change may move a number: say why in testdata/costs.json, and run `make costs`"
	for _, name := range s.types() {
		want, row, got := s.Workflows[name].bill().cost(), table[name], used[name]
		want.Bytes = row.Bytes
		assert.Equal(t, want, row, "%s in %s; %s", name, costsFile, advice)
		least := row.Bytes*(100-bytesSlack)/100 - int64(s.Workflows[name].MayMerge)*taskBytes
		assert.LessOrEqual(t, got.Bytes, row.Bytes*(100+bytesSlack)/100, "%s: more bytes than in the table; %s", name, advice)
		assert.GreaterOrEqual(t, got.Bytes, least, "%s: fewer bytes than in the table; %s", name, advice)
	}
}
