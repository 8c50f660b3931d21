package dev

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"guestjourney/internal/sandbox"
)

// providers is the sandbox seen from outside, over HTTP: its journal, what it
// delivered, and the pages on which a guest clicks.
type providers struct {
	base   string
	client *http.Client
}

func newProviders(base string) *providers {
	return &providers{base: base, client: &http.Client{Timeout: 5 * time.Second}}
}

// messages are the texts and mails that one person received.
func (p *providers) messages(ctx context.Context, to string) ([]sandbox.Message, error) {
	var found []sandbox.Message
	return found, p.get(ctx, "/control/messages?to="+url.QueryEscape(to), &found)
}

// webhooks are those that were sent to the proxy, or wait.
func (p *providers) webhooks(ctx context.Context) ([]sandbox.WebhookRecord, error) {
	var found []sandbox.WebhookRecord
	return found, p.get(ctx, "/webhooks", &found)
}

// calls are the journal's lines.
func (p *providers) calls(ctx context.Context) ([]sandbox.JournalEntry, error) {
	var found []sandbox.JournalEntry
	return found, p.get(ctx, "/journal", &found)
}

func (p *providers) get(ctx context.Context, path string, into any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, p.base+path, http.NoBody)
	if err != nil {
		return fmt.Errorf("sandbox: %w", err)
	}
	body, err := p.do(request)
	if err != nil {
		return err
	}
	if err := json.NewDecoder(bytes.NewReader(body)).Decode(into); err != nil {
		return fmt.Errorf("sandbox: read its answer: %w", err)
	}
	return nil
}

// submit sends a page's form, as a browser would.
func (p *providers) submit(ctx context.Context, page string, form url.Values) error {
	if !strings.HasPrefix(page, p.base+"/") {
		return fmt.Errorf("the link in the message does not lead to the sandbox: %s", page)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, page, strings.NewReader(form.Encode()))
	if err != nil {
		return fmt.Errorf("sandbox: %w", err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	_, err = p.do(request)
	return err
}

func (p *providers) do(request *http.Request) ([]byte, error) {
	response, err := p.client.Do(request)
	if err != nil {
		return nil, fmt.Errorf("sandbox: %w", err)
	}
	defer response.Body.Close() //nolint:errcheck // read only
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, fmt.Errorf("sandbox: read its answer: %w", err)
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("sandbox: %s %s answers %d", request.Method, request.URL.Path, response.StatusCode)
	}
	return body, nil
}
