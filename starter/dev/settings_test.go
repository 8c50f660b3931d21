package dev

import (
	"encoding/base64"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"guestjourney/internal/codec"
	"guestjourney/internal/config"
	"guestjourney/internal/identity"
)

func TestABusyPortIsOneLineWithPortAndVariable(t *testing.T) {
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", host+":0")
	require.NoError(t, err)
	defer listener.Close() //nolint:errcheck // a test's
	busy := listener.Addr().(*net.TCPAddr).Port
	t.Setenv("SANDBOX_PORT", fmt.Sprint(busy))
	s, err := readSettings()
	require.NoError(t, err)

	err = checkPorts(t.Context(), []port{{s.SandboxPort, "SANDBOX_PORT", "the sandbox"}})

	require.ErrorContains(t, err, fmt.Sprintf("SANDBOX_PORT: port %d, for the sandbox, is busy", busy))
	assert.NotContains(t, err.Error(), "\n")
	assert.Equal(t, 2, config.ExitCode(err))
	require.NoError(t, listener.Close())
	require.NoError(t, checkPorts(t.Context(), []port{{busy, "SANDBOX_PORT", "the sandbox"}}), "a free port is let go again")
}

func TestOnePortForTwoThingsIsRefused(t *testing.T) {
	err := checkPorts(t.Context(), []port{{39291, "PROXY_PORT", "the proxy"}, {39291, "CODEC_PORT", "the codec"}})
	require.ErrorContains(t, err, "CODEC_PORT: port 39291 is PROXY_PORT's too")
}

func TestEveryPortHasAVariableOfItsOwn(t *testing.T) {
	s, err := readSettings()
	require.NoError(t, err)
	seen := map[string]bool{}
	for _, p := range s.ports() {
		assert.False(t, seen[p.variable], p.variable)
		seen[p.variable] = true
		t.Run(p.variable, func(t *testing.T) {
			for _, bad := range []string{"no", "0", "70000"} {
				t.Setenv(p.variable, bad)
				_, err := readSettings()
				require.ErrorContains(t, err, p.variable)
				assert.Equal(t, 2, config.ExitCode(err))
			}
		})
	}
}

func TestKeysAreMadeOnceForTheirOwnerOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data", "keys.env")
	first, err := loadKeys(path)
	require.NoError(t, err)
	info, err := os.Stat(path)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())

	require.NoError(t, os.Chmod(path, 0o644))
	again, err := loadKeys(path)
	require.NoError(t, err)
	assert.Equal(t, first, again)
	info, err = os.Stat(path)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm(), "a file that others can read is closed")

	_, err = identity.ParseKey(first.Identity)
	require.NoError(t, err)
	_, err = codec.ParseRing(first.Payload)
	require.NoError(t, err)
	assert.Regexp(t, `^[A-Za-z0-9_-]{16,128}$`, first.CodecToken)
}

func TestKeysThatAreThereAreKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys.env")
	ring := "b:" + base64.StdEncoding.EncodeToString(make([]byte, 32)) + ",a:" + base64.StdEncoding.EncodeToString(make([]byte, 32))
	require.NoError(t, os.WriteFile(path, []byte("# mine\n\nPAYLOAD_KEYS="+ring+"\n"), 0o600))
	made, err := loadKeys(path)
	require.NoError(t, err)
	assert.Equal(t, ring, made.Payload, "a ring with two keys, base64's = included")
	assert.NotEmpty(t, made.Identity)
	again, err := loadKeys(path)
	require.NoError(t, err)
	assert.Equal(t, made, again)
}

func TestADamagedKeyFileIsNotReplaced(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys.env")
	require.NoError(t, os.WriteFile(path, []byte("PAYLOAD_KEYS"), 0o600))
	_, err := loadKeys(path)
	require.ErrorContains(t, err, "no NAME=value")
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, "PAYLOAD_KEYS", string(data))
}

func TestTheTemporalServerKeepsItsDataAndKnowsTheAttributes(t *testing.T) {
	s, err := readSettings()
	require.NoError(t, err)
	args := strings.Join(s.temporalServer("temporal", keys{CodecToken: "token"}).args, " ")
	for _, want := range []string{
		"--db-filename .data/temporal.db", "--namespace guest-journeys", "--log-level warn",
		fmt.Sprintf("--ui-codec-endpoint http://127.0.0.1:%d/token", s.CodecPort),
		"--sqlite-pragma journal_mode=wal", "history.transferProcessorMaxPollRPS=10000", "--search-attribute Attention=KeywordList",
	} {
		assert.Contains(t, args, want)
	}
}

func TestTheHouseStopsWithinNineSeconds(t *testing.T) {
	t.Setenv("DATA_DIR", t.TempDir())
	s, err := readSettings()
	require.NoError(t, err)
	services, err := s.services("temporal", keys{})
	require.NoError(t, err)
	total := 0.0
	names := []string{}
	for _, service := range services {
		total += service.grace.Seconds()
		names = append(names, service.name)
	}
	assert.LessOrEqual(t, total, 9.0)
	assert.Equal(t, []string{"temporal", "sandbox", "codec", "worker", "telemetry", "proxy"}, names, "stopped from the end: what takes work first")
}

func TestTheTemporalCLIIsLookedForWhereMakePutsIt(t *testing.T) {
	folder := t.TempDir()
	t.Setenv("PATH", folder)
	_, err := findTemporal(settings{Binaries: folder})
	require.ErrorContains(t, err, "TEMPORAL_CLI")
	assert.Equal(t, 2, config.ExitCode(err))

	own := filepath.Join(folder, "temporal")
	require.NoError(t, os.WriteFile(own, nil, 0o700))
	found, err := findTemporal(settings{Binaries: folder})
	require.NoError(t, err)
	assert.Equal(t, own, found)

	found, err = findTemporal(settings{Binaries: "elsewhere"})
	require.NoError(t, err)
	assert.Equal(t, own, found, "the PATH's")

	_, err = findTemporal(settings{TemporalCLI: filepath.Join(folder, "absent")})
	require.ErrorContains(t, err, "TEMPORAL_CLI")
	require.ErrorContains(t, requireBinaries(settings{Binaries: folder}, "worker"), "make build")
}
