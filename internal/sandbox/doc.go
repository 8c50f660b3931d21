// Package sandbox stands in for every provider when no real account is there:
// Stripe, Twilio, SendGrid, HubSpot and Google Calendar behind one HTTP server,
// each under its own path prefix, with the pages on which a guest clicks and
// the signed webhooks that a real provider would send back.
//
// Called by `starter dev` (Run) and by tests (New, and the methods of Server).
// Nothing in activities/ knows it: the vendors' own clients talk to it over
// HTTP, with the same paths, authentication, parameters and answers.
//
// It owns the providers' state, the journal of every call, the faults and the
// queue of webhooks, in memory or under Config.Dir. It promises that
//
//   - an effect is stored and its journal line written before the answer leaves,
//     so that whoever kills the client never loses what was answered;
//   - every call has exactly one journal line, also a refused or broken one, and
//     Effects counts what really happened for each effect key;
//   - it refuses what the provider would refuse, in the provider's own words;
//   - a queued webhook survives a restart and is tried again until it is taken
//     or its sender would have given up.
//
// The control API is for the developer's own machine and has no authentication:
// never let it listen where others can reach it.
package sandbox
