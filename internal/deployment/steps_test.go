package deployment

import (
	"maps"
	"net/url"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"guestjourney/internal/program"
	"guestjourney/internal/sandbox"
	"guestjourney/internal/sandbox/sandboxtest"
)

// steps runs all services of the compose file as processes.
type steps struct {
	*server
	sandbox *sandbox.Server
}

// command is what a service runs: the image's program, as the file calls it.
func (s *steps) command(service string, moved map[string]string, args ...string) *exec.Cmd {
	s.t.Helper()
	about := s.project.Services[service]
	line := []string(about.Entrypoint)
	if len(line) == 0 {
		line = dockerfile(s.t).entrypoint(s.t)
	}
	line = append(append(line[:len(line):len(line)], about.Command...), args...)
	command := exec.CommandContext(s.t.Context(), programs(s.t)+line[0], line[1:]...)
	here := map[string]string{"TEMPORAL_ADDRESS": s.temporal}
	maps.Copy(here, moved)
	command.Env, command.Dir = s.environment(service, here), "/"
	return command
}

// output runs a step that ends.
func (s *steps) output(command *exec.Cmd) string {
	s.t.Helper()
	output, err := command.CombinedOutput()
	require.NoError(s.t, err, string(output))
	return string(output)
}

// startSandbox stands in for the providers, and returns what an env file would
// say about them.
func startSandbox(t *testing.T, proxy string) (*sandbox.Server, map[string]string) {
	t.Helper()
	server := sandboxtest.Open(t, sandbox.Config{
		EmailActivity: true, ProxyURL: "http://" + proxy,
		Webhooks: sandbox.WebhookPolicy{First: 100 * time.Millisecond, Max: time.Second, Attempts: 200},
	})
	accounts := server.Environment(t)
	accounts["SENDGRID_EMAIL_ACTIVITY"] = "true"
	return server.Server, accounts
}

// start runs a service that stays, until its own health check is content.
func (s *steps) start(service string, moved map[string]string, health string) {
	s.t.Helper()
	test := s.project.Services[service].HealthCheck.Test
	asked, err := url.Parse(test[3])
	require.NoError(s.t, err)
	asked.Host = health
	program.Start(s.t, program.Settings{Name: service, Command: s.command(service, moved), Ready: func() bool {
		return exec.CommandContext(s.t.Context(), programs(s.t)+test[1], test[2], asked.String()).Run() == nil
	}})
}
