// Package paging pages staff by text and by telephone call, through Twilio, with
// plain HTTP.
//
// Called by the adapter activities/paging/twilio in the worker, and by the
// process that watches the readings, which pages the failsafe recipient itself
// when no worker has: so it needs neither Temporal nor the provider layer. The
// worker hands in its own client, with circuit, rate and metrics.
//
// It promises that one call is one attempt, that it ends with the context or
// with its timeout, that a page says nothing beyond room, priority and a code,
// and that no number, text or key is in an error. It keeps no quiet hours and
// knows no opt-out. Twilio has no idempotency key, and looking for an earlier
// page would cost the time that a page has: after an answer that was lost the
// caller pages again. Two pages are allowed, none is not; both end with the same
// reference, by which a person sees that they are one.
package paging
