package deployment

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/stretchr/testify/require"

	"guestjourney/internal/freeport"
	"guestjourney/internal/postgrestest"
	"guestjourney/internal/program"
	"guestjourney/internal/setup"
	"guestjourney/internal/temporalclient"
)

// server is the Temporal server of the compose file with its database, as
// processes: with the environment that the file gives them, moved to this
// machine's addresses.
type server struct {
	t        testing.TB
	project  *types.Project
	database *postgrestest.Cluster
	temporal string // host:port
}

// StartServer starts the Temporal server of the compose file with its database,
// makes a namespace ready, and returns the server's address. Both live as long as
// the test. What is committed is on the disk, as in production.
func StartServer(t testing.TB, namespace string) (address string) {
	t.Helper()
	variables := Example()
	s := &server{t: t, project: Load(t, variables), database: startDatabase(t, variables, "fsync=on")}
	said, err := s.bringUpSchema()
	require.NoError(t, err, said)
	s.startServer()
	connection, err := temporalclient.Dial(t.Context(), temporalclient.Options{Program: "deployment", Lazy: true, Address: s.temporal, Namespace: namespace})
	require.NoError(t, err)
	defer connection.Close()
	_, err = setup.Namespace(t.Context(), connection, namespace)
	require.NoError(t, err)
	return s.temporal
}

// startDatabase starts the PostgreSQL of the compose file.
func startDatabase(t testing.TB, variables map[string]string, options ...string) *postgrestest.Cluster {
	t.Helper()
	return postgrestest.Start(t, postgrestest.Settings{User: "temporal", Password: variables["POSTGRES_PASSWORD"], Options: options})
}

// serverTool finds what `make tools` has built: by variable, or in ./bin.
func serverTool(t testing.TB, variable, name string) string {
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

// environment is a service's, with what has another place here.
func (s *server) environment(service string, moved map[string]string) []string {
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

// bringUpSchema runs the script of the service schema with the server's own tool.
func (s *server) bringUpSchema() (string, error) {
	s.t.Helper()
	path := s.t.TempDir()
	require.NoError(s.t, os.Symlink(serverTool(s.t, "TEMPORAL_SQL_TOOL", "temporal-sql-tool"), filepath.Join(path, "temporal-sql-tool")))
	about := s.project.Services["schema"]
	require.Equal(s.t, "/schema.sh", about.Command[1])
	command := exec.CommandContext(s.t.Context(), about.Command[0], about.Volumes[0].Source)
	command.Env = append(s.environment("schema", map[string]string{"SQL_HOST": "127.0.0.1", "SQL_PORT": s.database.Port}), "PATH="+path)
	output, err := command.CombinedOutput()
	return string(output), err
}

func (s *server) startServer() {
	s.t.Helper()
	about := s.project.Services["temporal"]
	moved := map[string]string{
		"POSTGRES_SEEDS": "127.0.0.1", "DB_PORT": s.database.Port, "BIND_ON_IP": "127.0.0.1",
		"DYNAMIC_CONFIG_FILE_PATH": about.Volumes[0].Source, "LOG_LEVEL": "warn",
	}
	for _, port := range []string{"GRPC", "HTTP", "MEMBERSHIP"} {
		for _, part := range []string{"FRONTEND", "MATCHING", "HISTORY", "WORKER"} {
			moved[part+"_"+port+"_PORT"] = freeport.Get(s.t)
		}
	}
	s.temporal = "127.0.0.1:" + moved["FRONTEND_GRPC_PORT"]
	command := exec.Command(serverTool(s.t, "TEMPORAL_SERVER", "temporal-server"), "start")
	command.Env, command.Dir = s.environment("temporal", moved), s.t.TempDir()
	program.Start(s.t, program.Settings{Name: "temporal", Command: command})
}
