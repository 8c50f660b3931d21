package deployment

import (
	"encoding/json"
	"maps"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"guestjourney/internal/freeport"
	"guestjourney/internal/sandbox"
)

const lead = `{"email":"ana@guests.example","phone":"+14155550101","firstName":"Ana","lastName":"Prueba","locale":"en","source":"website"}`

// TestTheStepsCarryAJourneyToItsEnd does what the compose file does, in its
// order and with its environment, on the Temporal server itself.
func TestTheStepsCarryAJourneyToItsEnd(t *testing.T) {
	variables := Example()
	database := startDatabase(t, variables, "fsync=off")
	proxy := freeport.Address(t)
	providers, accounts := startSandbox(t, proxy)
	maps.Copy(variables, accounts)
	variables["PUBLIC_URL"] = "http://" + proxy
	s := &steps{server: &server{t: t, project: Load(t, variables), database: database}, sandbox: providers}

	s.proveSchema()
	s.startServer()
	assert.Contains(t, s.output(s.command("setup", nil)), "namespace guest-journeys registered")
	assert.Contains(t, s.output(s.command("setup", nil)), "namespace guest-journeys was there; all")

	metrics := freeport.Address(t)
	s.start("worker", map[string]string{
		"METRICS_ADDR": metrics, "PROGRAMS_DIR": filepath.Join(Root(t), "internal/deployment/testdata/programs"),
		// The sandbox has no account's file.
		"GOOGLE_CREDENTIALS_FILE": "", "GOOGLE_ACCESS_TOKEN": accounts["GOOGLE_ACCESS_TOKEN"],
	}, metrics)
	s.start("proxy", map[string]string{
		"PROXY_ADDR": proxy, "METRICS_ADDR": freeport.Address(t), "INBOX_PATH": filepath.Join(t.TempDir(), "inbox.db"),
	}, proxy)
	codec := freeport.Address(t)
	s.start("codec", map[string]string{"CODEC_ADDR": codec}, codec)

	begin := s.command("starter", nil, "start", "-f", "-", "--program", "quick", "--id", "compose", "--test")
	begin.Stdin = strings.NewReader(lead)
	s.output(begin)
	s.toTheEnd()
	for key, count := range providers.Effects() {
		assert.Equal(t, 1, count, "effect %s", key)
	}
}

// proveSchema brings the schema up from nothing, again, and after a set-up that
// was interrupted; and a failure of any other kind is one.
func (s *steps) proveSchema() {
	s.t.Helper()
	const version = "SELECT curr_version FROM schema_version"
	said, err := s.bringUpSchema()
	require.NoError(s.t, err, said)
	require.Contains(s.t, said, "schema: temporal is set up")
	first := s.database.Query(s.t, "temporal", version)
	require.Regexp(s.t, `^1\.\d+\n$`, first)

	said, err = s.bringUpSchema()
	require.NoError(s.t, err, said)
	require.Contains(s.t, said, "schema: temporal is up to date")
	require.Contains(s.t, said, "schema: temporal_visibility is up to date")
	require.Equal(s.t, first, s.database.Query(s.t, "temporal", version), "nothing was set up anew")

	s.database.Query(s.t, "temporal_visibility", `DROP SCHEMA public CASCADE; CREATE SCHEMA public; CREATE TABLE schema_version(version_partition INT NOT NULL,
		db_name VARCHAR(255) NOT NULL, creation_time TIMESTAMP, curr_version VARCHAR(64), min_compatible_version VARCHAR(64), PRIMARY KEY (version_partition, db_name))`)
	said, err = s.bringUpSchema()
	require.NoError(s.t, err, said)
	require.Contains(s.t, said, "schema: temporal_visibility is set up")

	s.database.Query(s.t, "temporal", "ALTER TABLE schema_version RENAME COLUMN curr_version TO hidden")
	said, err = s.bringUpSchema()
	require.Error(s.t, err)
	require.Contains(s.t, said, "schema: temporal could not be updated")
	s.database.Query(s.t, "temporal", "ALTER TABLE schema_version RENAME COLUMN hidden TO curr_version")
	require.Equal(s.t, first, s.database.Query(s.t, "temporal", version))
}

// toTheEnd answers as the guest does, by the links in the messages, until the
// journey has ended as it should.
func (s *steps) toTheEnd() {
	s.t.Helper()
	var answer struct {
		Execution string `json:"execution"`
		Status    struct {
			Stage string `json:"stage"`
			Money struct {
				CapturedMinor int64 `json:"capturedMinor"`
			} `json:"money"`
		} `json:"status"`
	}
	followed := map[string]bool{}
	var said []byte
	eventually(s.t, 90*time.Second, "the journey's end", func() bool {
		for _, message := range s.sandbox.Messages(sandbox.MessageFilter{}) {
			for _, link := range message.Links {
				if !followed[link] {
					followed[link] = true
					require.NoError(s.t, follow(s.sandbox, link), link)
				}
			}
		}
		var err error
		said, err = s.command("starter", nil, "status", "compose", "-o", "json").Output()
		return err == nil && json.Unmarshal(said, &answer) == nil && answer.Execution == "Completed"
	})
	assert.Equal(s.t, "completed", answer.Status.Stage, string(said))
	assert.Equal(s.t, int64(200000), answer.Status.Money.CapturedMinor, string(said))
}

// eventually waits for a condition; it is looked at every 100 ms.
func eventually(t testing.TB, within time.Duration, what string, condition func() bool) {
	t.Helper()
	deadline := time.After(within)
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for !condition() {
		select {
		case <-deadline:
			t.Fatalf("waited %s for: %s", within, what)
		case <-tick.C:
		}
	}
}

func follow(server *sandbox.Server, link string) error {
	_, path, _ := strings.Cut(link, "/pages/")
	kind, id, _ := strings.Cut(path, "/")
	var err error
	switch kind {
	case "intake":
		arrival := time.Now().Add(20 * time.Second).UTC().Format(time.RFC3339)
		if _, err = server.SubmitIntake("journey/"+id, arrival); err == nil {
			_, err = server.Consent("journey/"+id, "health_data", true, "1")
		}
	case "offer":
		if _, err = server.AcceptPolicy("journey/"+id, "1", "203.0.113.7"); err == nil {
			_, err = server.AnswerOffer("journey/"+id, "accepted")
		}
	case "pay":
		_, err = server.Pay(id, sandbox.PayOptions{})
	}
	return err
}

// TestTheServerKnowsTheDynamicConfig: a misspelled key would only be a warning
// in a log that nobody reads.
func TestTheServerKnowsTheDynamicConfig(t *testing.T) {
	file := Load(t, Example()).Services["temporal"].Volumes[0].Source
	output, err := exec.CommandContext(t.Context(), serverTool(t, "TEMPORAL_SERVER", "temporal-server"), "validate-dynamic-config", file).CombinedOutput()
	require.NoError(t, err, string(output))
	require.Equal(t, file, strings.TrimSpace(string(output)), "no error, no warning")
}
