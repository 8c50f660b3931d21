package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"

	"guestjourney/starter/follow"
)

// What a terminal is told. The picture is painted on the alternate screen, from
// its corner: whatever is typed, scrolled or resized, the next picture is right,
// and what was on the terminal before comes back.
const (
	enterScreen = "\x1b[?1049h\x1b[?25l" // alternate screen, no cursor
	leaveScreen = "\x1b[?25h\x1b[?1049l"
	toCorner    = "\x1b[H"
	clearLine   = "\x1b[K"
	clearRest   = "\x1b[J"
)

// tick is how often the countdowns go on.
const tick = time.Second

// canvas paints pictures of one workflow on a terminal.
type canvas struct {
	terminal *os.File

	mu      sync.Mutex
	picture picture
	broken  error
}

// watchLive keeps one picture up to date. At the end the terminal is as it was,
// and the last picture stays below what was there.
func watchLive(ctx context.Context, s *session, terminal *os.File, id string) error {
	c := &canvas{terminal: terminal, picture: picture{id: id}}
	if _, err := io.WriteString(terminal, enterScreen); err != nil {
		return fmt.Errorf("paint on the terminal: %w", err)
	}
	defer c.leave()
	ctx, cancel := context.WithCancel(ctx)
	ticking := make(chan struct{})
	go func() {
		defer close(ticking)
		c.keepTime(ctx, cancel)
	}()
	err := follow.Follow(ctx, s.Client, s.data, id, c.take)
	cancel()
	<-ticking
	if c.broken != nil {
		return c.broken
	}
	return err
}

func (c *canvas) take(look follow.Look) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.picture.take(look)
	c.paint()
}

// keepTime paints anew with every tick; a terminal that is gone ends the watch.
func (c *canvas) keepTime(ctx context.Context, gone context.CancelFunc) {
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			c.mu.Lock()
			c.paint()
			broken := c.broken
			c.mu.Unlock()
			if broken != nil {
				gone()
				return
			}
		}
	}
}

func (c *canvas) paint() {
	width, height, err := term.GetSize(int(c.terminal.Fd()))
	if err != nil || width < 1 || height < 1 {
		width, height = 80, 24
	}
	var text strings.Builder
	text.WriteString(toCorner)
	for _, line := range c.picture.lines(time.Now(), width, height-1) {
		text.WriteString(line + clearLine + "\n")
	}
	text.WriteString(clearRest)
	if _, err := io.WriteString(c.terminal, text.String()); err != nil && c.broken == nil {
		c.broken = fmt.Errorf("paint on the terminal: %w", err)
	}
}

// leave gives the terminal back, with the last picture.
func (c *canvas) leave() {
	c.picture.left = true
	last := strings.Join(c.picture.lines(time.Now(), maxWidth, maxHeight), "\n")
	_, _ = io.WriteString(c.terminal, leaveScreen+last+"\n") // a terminal that is gone needs nothing
}
