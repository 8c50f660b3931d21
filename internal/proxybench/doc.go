// Package proxybench measures the webhook proxy beside what it is made of: a
// bare Echo handler that only reads the body, the bare loop of the same Temporal
// call, and a bare handler that makes that call, which is the least that a
// process between sender and Temporal costs.
//
// Run by hand with `make bench-proxy`, never by the tests: on a shared machine
// only the ratios of one run mean something. It owns nothing in production.
package proxybench
