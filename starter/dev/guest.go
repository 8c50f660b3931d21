package dev

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"

	"guestjourney/internal/sandbox"
)

// guest does what a person does: waits for a message, follows its link, and
// answers on the page. Nothing here talks to Temporal.
type guest struct {
	example   *example
	providers *providers
	screen    *screen
	thinks    time.Duration
}

// pollEvery is the pause between two looks at the sandbox and the journey.
const pollEvery = 200 * time.Millisecond

// thinks is how long the guest looks at a message before following its link,
// so that one who watches sees the journey wait.
const thinks = 1500 * time.Millisecond

// play goes the way to the payment; after it the guest has nothing to do.
func (g *guest) play(ctx context.Context) error {
	arrival := ""
	steps := []struct {
		page, doing string
		form        func() url.Values
	}{
		{"/pages/intake/", "fills in the intake form and consents", func() url.Values {
			arrival = time.Now().Add(headStart).In(g.example.zone).Format("2006-01-02T15:04:05")
			return url.Values{"arrival": {arrival}, "consent": {"yes"}}
		}},
		{"/pages/health/", "answers the questionnaire", func() url.Values { return url.Values{"truthful": {"yes"}} }},
		{"/pages/offer/", "accepts the policy and the offer", func() url.Values {
			return url.Values{"policy": {"yes"}, "answer": {"accepted"}}
		}},
		{"/pages/pay/", "pays the deposit", func() url.Values { return url.Values{"action": {"pay"}} }},
	}
	for _, step := range steps {
		link, err := g.waitLink(ctx, step.page)
		if err != nil {
			return err
		}
		if err := pause(ctx, g.thinks); err != nil {
			return err
		}
		form := step.form()
		g.screen.line("guest", "opens %s and %s", link, step.doing)
		if err := g.providers.submit(ctx, link, form); err != nil {
			return fmt.Errorf("the guest %s: %w", step.doing, err)
		}
	}
	return nil
}

// waitLink waits for a message with a link to a page.
func (g *guest) waitLink(ctx context.Context, page string) (string, error) {
	for {
		received, err := g.providers.messages(ctx, g.example.lead.Email)
		if err != nil {
			return "", fmt.Errorf("the guest waits for a message with a link to %s: %w", page, err)
		}
		if link := findLink(received, page); link != "" {
			return link, nil
		}
		if err := pause(ctx, pollEvery); err != nil {
			return "", fmt.Errorf("the guest waits for a message with a link to %s: %w", page, err)
		}
	}
}

// pause waits, or returns why it must not.
func pause(ctx context.Context, duration time.Duration) error {
	timer := time.NewTimer(duration)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

func findLink(messages []sandbox.Message, page string) string {
	for _, message := range messages {
		for _, link := range message.Links {
			if strings.Contains(link, page) {
				return link
			}
		}
	}
	return ""
}
