// Package identity writes a guest's addresses in one canonical form and turns
// them into the workflow IDs of claims.
//
// Called by the webhook proxy (which claim does this text belong to), by the
// register behind the directory port (which claims does this lead bind) and by
// the CLI (is this workflow ID safe to show). It owns the canonical forms and
// the HMAC, and promises that two spellings of one address lead to one claim
// on every program, and that no error text quotes an address.
package identity
