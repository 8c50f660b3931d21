package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"
)

// confirmPatience bounds one confirmation; Amazon waits 15 s for our answer.
const confirmPatience = 5 * time.Second

// confirm gets an address of Amazon's that the declaration has checked, and so
// confirms a subscription. It goes nowhere else, whatever the answer says.
func confirm(ctx context.Context, address string) error {
	ctx, cancel := context.WithTimeout(ctx, confirmPatience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return fmt.Errorf("confirm a subscription: the address cannot be asked")
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Do(request)
	if err != nil { // its text quotes the address, which holds a token
		return fmt.Errorf("confirm a subscription: Amazon could not be reached")
	}
	defer answer.Body.Close() //nolint:errcheck // nothing of it is needed
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, 64<<10))
	if answer.StatusCode/100 != 2 {
		return fmt.Errorf("confirm a subscription: Amazon answers %d", answer.StatusCode)
	}
	return nil
}
