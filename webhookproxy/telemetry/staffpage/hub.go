package staffpage

import (
	"context"
	"errors"
	"sync"
	"time"
)

// linger is how long the readings are followed after the last one has looked, so
// that a page that is loaded again need not begin anew.
const linger = 30 * time.Second

var errClosed = errors.New("the program is stopping")

// hub makes one picture a second for all who look, and none while nobody does.
type hub struct {
	config Config
	ctx    context.Context
	cancel context.CancelFunc
	group  sync.WaitGroup

	mutex    sync.Mutex
	running  bool
	ward     *ward                      // while it runs
	latest   *picture                   // while it runs; nil before the first
	watchers map[chan *picture]struct{} // each holds the latest picture, if it was not taken yet
	lastLook time.Time
}

func newHub(config Config) *hub {
	h := &hub{config: config, watchers: map[chan *picture]struct{}{}}
	h.ctx, h.cancel = context.WithCancel(context.Background())
	return h
}

func (h *hub) close() {
	h.mutex.Lock()
	h.cancel() // under the lock: nothing is started after it
	h.mutex.Unlock()
	h.group.Wait()
}

// watch returns a channel of pictures. Whoever is slow misses some; leave ends it.
func (h *hub) watch() (pictures <-chan *picture, leave func(), err error) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	if h.ctx.Err() != nil {
		return nil, nil, errClosed
	}
	own := make(chan *picture, 1)
	h.watchers[own] = struct{}{}
	if h.latest != nil {
		own <- h.latest
	}
	if !h.running {
		h.running = true
		h.ward = newWard(h.config)
		h.group.Go(func() { h.run(h.ctx, h.ward) })
	}
	return own, func() { h.leave(own) }, nil
}

func (h *hub) leave(own chan *picture) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	delete(h.watchers, own)
	h.lastLook = h.config.Now()
}

// present is the picture of now, for a page.
func (h *hub) present(ctx context.Context) (*picture, error) {
	pictures, leave, err := h.watch()
	if err != nil {
		return nil, err
	}
	defer leave()
	select {
	case found := <-pictures:
		return found, nil
	case <-h.ctx.Done():
		return nil, errClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// look has a session's alarms looked at again at once: a command has changed them.
func (h *hub) look(session string) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	if h.ward != nil {
		h.ward.control.again(session)
	}
}

func (h *hub) run(ctx context.Context, w *ward) {
	ctx, cancel := context.WithCancel(ctx)
	var asking sync.WaitGroup
	asking.Go(func() { w.control.run(ctx) })
	defer asking.Wait()
	defer cancel()
	ticker := time.NewTicker(h.config.Every)
	defer ticker.Stop()
	for h.publish(w.look(ctx)) {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		case <-w.control.news:
		}
	}
}

// publish hands a picture to all, and says whether somebody still looks. The place
// of a picture that was not taken is given to the new one.
func (h *hub) publish(now *picture) bool {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	if h.ctx.Err() != nil || len(h.watchers) == 0 && h.config.Now().Sub(h.lastLook) > linger {
		h.running, h.ward, h.latest = false, nil, nil
		return false
	}
	h.latest = now
	for own := range h.watchers {
		select {
		case <-own:
		default:
		}
		own <- now
	}
	return true
}
