// Package views holds the saved views: what operators look at every day, as
// queries in Temporal's list language.
//
// Called by the CLI, which lists them and links to them, and by whoever counts
// the same journeys for an alert. It owns the queries and promises that all of
// them mean the same thing. A query names instants, because the language has no
// "now": make it anew for each look.
package views
