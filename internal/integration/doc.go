// Package integration tests the whole house: a real Temporal server, the built
// worker and webhook proxy as processes, real HTTP to the sandbox, and signed
// webhooks back. It has no code but tests.
package integration
