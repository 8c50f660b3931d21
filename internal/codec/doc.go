// Package codec makes everything that guests entrust to us unreadable in
// Temporal: inputs, results, signals, failures, summaries.
//
// Used through internal/temporalclient by every program, and directly by the
// codec server, which unseals for the Temporal UI. It owns the key ring and the
// form of a sealed payload, and promises:
//   - a payload is compressed where that makes it smaller, then sealed with
//     AES-256-GCM; the key's ID stands in clear, and key ID, cipher and form
//     are authenticated with the content;
//   - what Decode unsealed carries sealed.Mark, what it did not never does,
//     so workflow code can tell the two apart and a sender cannot forge it;
//   - an unknown key or a changed byte is never taken for content. Programs get
//     an error. In the worker (PanicOnFailure) the codec panics, because the SDK
//     answers an error by failing the workflow or dropping the signal, and a
//     panic by trying the task again: the workflow waits until the key is there.
//
// Where a panic lands in the SDK (v1.50.0), each shown by a test in
// internal/temporalclient:
//   - a start input, signal, update, activity result or failure that workflow
//     code reads: the workflow task fails and is tried again, nothing is lost;
//   - an activity's input: the attempt fails with the retryable PanicError;
//   - the arguments of a query: the query's caller times out, the worker lives.
//
// The SDK recovers in all of these; it does not in goroutines that an activity
// starts by itself. So the client that activities use is a second one, whose
// codec returns errors (temporalclient.ForActivities).
//
// Every payload gets a random 96-bit nonce. That is safe for 2^32 payloads a
// key; rotate it long before.
package codec
