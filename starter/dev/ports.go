package dev

import (
	"context"
	"fmt"
	"net"

	"guestjourney/internal/config"
)

// checkPorts wants every port free, before anything is started. Its error is one
// line that names each one that is not, and the variable that moves it.
func checkPorts(ctx context.Context, ports []port) error {
	wrong := &config.Error{}
	busy := func(variable, format string, values ...any) {
		wrong.Problems = append(wrong.Problems, variable+": "+fmt.Sprintf(format, values...))
	}
	taken := map[int]string{}
	for _, p := range ports {
		if other, twice := taken[p.number]; twice {
			busy(p.variable, "port %d is %s's too; set one of them to another port", p.number, other)
			continue
		}
		taken[p.number] = p.variable
		listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address(p.number))
		if err != nil {
			busy(p.variable, "port %d, for %s, is busy; stop what uses it, or set %s to another port", p.number, p.purpose, p.variable)
			continue
		}
		if err := listener.Close(); err != nil {
			return fmt.Errorf("let go of port %d: %w", p.number, err)
		}
	}
	if len(wrong.Problems) > 0 {
		return wrong
	}
	return nil
}
