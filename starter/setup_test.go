package main

import (
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"guestjourney/internal/devserver"
)

func TestSetupCommand(t *testing.T) {
	t.Setenv("TEMPORAL_ADDRESS", devserver.Start(t).HostPort)
	t.Setenv("TEMPORAL_NAMESPACE", "retreat")
	t.Setenv("PAYLOAD_KEYS", "")
	code, stdout, _ := cli(t, "", "setup")
	require.Zero(t, code)
	require.Equal(t, "namespace retreat registered, keeps what is closed 30 days; search attributes added: Stage, MoneyState, ClearanceState, "+
		"ControlState, ProgramCode, Owner, GuestRef, NextDeadline, ArrivalAt, Attention, TestJourney; schedules made: health-ping, health-function, secret-rotation\n", stdout)
	code, stdout, _ = cli(t, "", "setup")
	require.Zero(t, code)
	require.Equal(t, "namespace retreat was there; all 11 search attributes were there; schedules health-ping, health-function, secret-rotation were there\n", stdout)

	t.Setenv("TEMPORAL_NAMESPACE", devserver.Namespace)
	code, stdout, _ = cli(t, "", "setup")
	require.Zero(t, code)
	require.Contains(t, stdout, "keeps what is closed 30 days from now on; all 11")
}

func TestSetupSaysWhatIsWrong(t *testing.T) {
	t.Setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")
	code, _, stderr := cli(t, "", "setup", "--timeout", "1s")
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "namespace guest-journeys is not ready")
	require.Contains(t, stderr, "TEMPORAL_ADDRESS")
	code, _, stderr = cli(t, "", "setup", "--timeout", "0s")
	require.Equal(t, 2, code)
	require.Contains(t, stderr, "--timeout")
}

func TestHealthCommand(t *testing.T) {
	answer := http.StatusOK
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(answer) }))
	defer server.Close()
	code, stdout, _ := cli(t, "", "health", server.URL+"/readyz")
	require.Zero(t, code)
	require.Empty(t, stdout)
	answer = http.StatusServiceUnavailable
	code, _, stderr := cli(t, "", "health", server.URL+"/readyz")
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "/readyz answers 503")

	closed, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, closed.Close())
	code, _, _ = cli(t, "", "health", "http://"+closed.Addr().String())
	require.Equal(t, 1, code)
	code, _, stderr = cli(t, "", "health", server.URL, server.URL)
	require.Equal(t, 2, code)
	require.Contains(t, stderr, "accepts at most 1 arg")
}
