package dev

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"syscall"
	"time"

	"guestjourney/internal/config"
)

// service is one program of the house.
type service struct {
	name        string
	binary      string
	args        []string
	environment map[string]string
	// ready is asked until it answers nil.
	ready func(context.Context) error
	// grace is how long it may take to stop by itself.
	grace time.Duration
}

// How long a service may take until it is ready. The Temporal server's first
// start makes its database.
const readyWithin = 60 * time.Second

// readyPoll is the pause between two looks.
const readyPoll = 100 * time.Millisecond

// house is the set of running services.
type house struct {
	settings settings
	spawner  *spawner

	mu      sync.Mutex
	running []*process
	graces  []time.Duration
	locked  *os.File // keeps a second house off the same data
	// broken gets the first service that ends without being asked.
	broken chan error
}

func newHouse(s settings) *house {
	return &house{settings: s, spawner: newSpawner(), broken: make(chan error, 1)}
}

// start starts a service and waits until it is ready.
func (h *house) start(ctx context.Context, s service) error {
	p, err := h.spawner.spawn(s.name, h.settings.data("logs", s.name+".log"), s.binary, s.args, environment(s.environment))
	if err != nil {
		return err
	}
	h.mu.Lock()
	h.running, h.graces = append(h.running, p), append(h.graces, s.grace)
	h.mu.Unlock()
	if err := untilReady(ctx, p, s.ready); err != nil {
		return err
	}
	go h.guard(p)
	return nil
}

func untilReady(ctx context.Context, p *process, ready func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	for {
		err := ready(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-p.ended:
			return p.failure()
		case <-ctx.Done():
			return fmt.Errorf("%s is not ready: %w (%w); last in %s: %s", p.name, err, ctx.Err(), p.log, lastLine(p.log))
		case <-time.After(readyPoll):
		}
	}
}

// guard tells when a service ends that nobody stopped.
func (h *house) guard(p *process) {
	<-p.ended
	p.mu.Lock()
	asked := p.stopping
	p.mu.Unlock()
	if asked {
		return
	}
	select {
	case h.broken <- p.failure():
	default: // another one was first
	}
}

// stop stops every service, the last started first: those that take work
// before those that do it. The graces add up to what Ctrl-C may take.
func (h *house) stop() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for i, p := range slices.Backward(h.running) {
		p.stop(h.graces[i])
	}
	h.running, h.graces = nil, nil
	if h.locked != nil {
		_ = h.locked.Close() // the lock goes with the file, or with the process
		h.locked = nil
	}
}

func (h *house) isRunning() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.running) > 0
}

// lock takes the data for this house. Other ports do not make a second house
// safe: both would write the same files.
func (h *house) lock() error {
	path := h.settings.data("lock")
	if err := os.MkdirAll(h.settings.Data, 0o700); err != nil {
		return fmt.Errorf("make the data's folder: %w", err)
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("lock the data: %w", err)
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return errors.Join(config.Invalid("DATA_DIR", h.settings.Data+" is in use by another run; stop that one, or set DATA_DIR to another folder"), file.Close())
	}
	h.locked = file
	return nil
}

// inherited are the only variables of the shell that services see: a real
// account's key, or another Temporal's address, must not reach them.
var inherited = []string{"PATH", "HOME", "USER", "TMPDIR", "LANG", "LC_ALL", "SSL_CERT_FILE", "SSL_CERT_DIR", "GOMEMLIMIT", "GOMAXPROCS", "GORACE"}

func environment(own map[string]string) []string {
	var list []string
	for _, name := range inherited {
		if value, set := os.LookupEnv(name); set {
			list = append(list, name+"="+value)
		}
	}
	for name, value := range own {
		list = append(list, name+"="+value)
	}
	slices.Sort(list)
	return list
}
