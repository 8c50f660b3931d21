package deployment

import (
	"context"
	"maps"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/stretchr/testify/require"

	"guestjourney/internal/freeport"
	"guestjourney/internal/sandbox"
)

// serverTool finds what `make tools` has built: by variable, or in ./bin.
func serverTool(t *testing.T, variable, name string) string {
	t.Helper()
	if named := os.Getenv(variable); named != "" {
		require.FileExists(t, named, variable)
		return named
	}
	found, err := filepath.Glob(filepath.Join(Root(t), "bin", name+"-v*"))
	require.NoError(t, err)
	require.NotEmpty(t, found, "there is no ./bin/%s-v…: run `make tools`, or set %s to the program", name, variable)
	return found[len(found)-1]
}

// steps runs the services of the compose file as processes: with the
// environment that the file gives them, moved to this machine's addresses.
type steps struct {
	t        *testing.T
	project  *types.Project
	database *cluster
	sandbox  *sandbox.Server
	temporal string // host:port
}

// environment is a service's, with what has another place here.
func (s *steps) environment(service string, moved map[string]string) []string {
	s.t.Helper()
	environment := Environment(s.t, s.project, service)
	for name, value := range moved {
		if value == "" {
			delete(environment, name)
			continue
		}
		environment[name] = value
	}
	return assignments(environment)
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

// bringUpSchema runs the script of the service schema with the server's own tool.
func (s *steps) bringUpSchema() (string, error) {
	s.t.Helper()
	path := s.t.TempDir()
	require.NoError(s.t, os.Symlink(serverTool(s.t, "TEMPORAL_SQL_TOOL", "temporal-sql-tool"), filepath.Join(path, "temporal-sql-tool")))
	about := s.project.Services["schema"]
	require.Equal(s.t, "/schema.sh", about.Command[1])
	command := exec.CommandContext(s.t.Context(), about.Command[0], about.Volumes[0].Source)
	command.Env = append(s.environment("schema", map[string]string{"SQL_HOST": "127.0.0.1", "SQL_PORT": s.database.port}), "PATH="+path)
	output, err := command.CombinedOutput()
	return string(output), err
}

func (s *steps) startServer() {
	s.t.Helper()
	about := s.project.Services["temporal"]
	moved := map[string]string{
		"POSTGRES_SEEDS": "127.0.0.1", "DB_PORT": s.database.port, "BIND_ON_IP": "127.0.0.1",
		"DYNAMIC_CONFIG_FILE_PATH": about.Volumes[0].Source, "LOG_LEVEL": "warn",
	}
	for _, port := range []string{"GRPC", "HTTP", "MEMBERSHIP"} {
		for _, part := range []string{"FRONTEND", "MATCHING", "HISTORY", "WORKER"} {
			moved[part+"_"+port+"_PORT"] = freeport.Get(s.t)
		}
	}
	s.temporal = "127.0.0.1:" + moved["FRONTEND_GRPC_PORT"]
	command := exec.CommandContext(s.t.Context(), serverTool(s.t, "TEMPORAL_SERVER", "temporal-server"), "start")
	command.Env, command.Dir = s.environment("temporal", moved), s.t.TempDir()
	run(s.t, "temporal", command, syscall.SIGTERM)
}

// startSandbox stands in for the providers, and returns what an env file would
// say about them.
func startSandbox(t *testing.T, proxy string) (*sandbox.Server, map[string]string) {
	t.Helper()
	secrets, err := sandbox.GenerateSecrets()
	require.NoError(t, err)
	settings := sandbox.Config{
		Secrets: secrets, EmailActivity: true, ProxyURL: "http://" + proxy,
		Webhooks: sandbox.WebhookPolicy{First: 100 * time.Millisecond, Max: time.Second, Attempts: 200},
	}
	server, err := sandbox.New(settings)
	require.NoError(t, err)
	listener := httptest.NewServer(server.Handler())
	require.NoError(t, server.SetBaseURL(listener.URL))
	t.Cleanup(func() {
		listener.CloseClientConnections()
		listener.Close()
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		require.NoError(t, server.Close(ctx))
	})
	settings.BaseURL = listener.URL
	accounts, err := settings.Environment()
	require.NoError(t, err)
	accounts["SENDGRID_EMAIL_ACTIVITY"] = "true"
	return server, accounts
}

// start runs a service that stays, until its own health check is content.
func (s *steps) start(service string, moved map[string]string, health string) {
	s.t.Helper()
	run(s.t, service, s.command(service, moved), syscall.SIGTERM)
	test := s.project.Services[service].HealthCheck.Test
	asked, err := url.Parse(test[3])
	require.NoError(s.t, err)
	asked.Host = health
	eventually(s.t, 60*time.Second, service+" is well", func() bool {
		return exec.CommandContext(s.t.Context(), programs(s.t)+test[1], test[2], asked.String()).Run() == nil
	})
}
