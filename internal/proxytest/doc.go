// Package proxytest holds the webhook proxy to its promise under faults: what was
// answered with 2xx happens, once.
//
// Nobody calls it; it has tests only. It builds the proxy with the tag "faults",
// runs it beside Temporal's dev server and a worker, each a process of its own,
// and ends them as a power cut does. Every test proves that its faults happened.
package proxytest
