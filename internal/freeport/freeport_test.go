package freeport_test

import (
	"net"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"guestjourney/internal/freeport"
)

func TestPortsAreFreeDifferentAndNotEphemeral(t *testing.T) {
	seen := map[string]bool{}
	for range 200 {
		port := freeport.Get(t)
		require.False(t, seen[port], port)
		seen[port] = true
		number, err := strconv.Atoi(port)
		require.NoError(t, err)
		require.Less(t, number, 32768)
	}
	address := freeport.Address(t)
	listener, err := net.Listen("tcp", address)
	require.NoError(t, err)
	require.NoError(t, listener.Close())
}
