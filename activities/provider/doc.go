// Package provider is the one way out: every call of an adapter to its vendor
// leaves through it, whether the vendor's own SDK makes the request or we do.
//
// Called by the adapters (activities/<capability>/<vendor>). It owns the HTTP
// client, the timeouts, the rate limit, how a request is signed in, the
// classification of failures and what is written to logs and traces. It promises
// that one call is one attempt (retrying is Temporal's; only what was refused for
// a secret that has been replaced meanwhile is sent again), that the caller's
// context and the provider's timeout end it even where the SDK knows neither,
// that no redirect is followed, that an answer has a limit, and that no URL
// query, header or body reaches a log line, an error text or a trace.
package provider
