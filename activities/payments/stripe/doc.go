// Package stripe is the payments.Gateway on Stripe, through stripe-go v76, which
// pins the API version 2023-10-16.
//
// Wired in by the worker. It maps words, sets the idempotency key and classifies
// errors; nothing else. Every parameter of a mutating call is a function of the
// request and its effect, because Stripe refuses the same key with other
// parameters.
//
// Stripe stores the answer of a POST under its key, a 500 included, and replays
// it. So after an ambiguous try the adapter looks for the object by the effect
// key in its metadata, and only if nothing is there and the replayed answer is a
// 500 sends again under "<key>#2"; another 500 there leads to "#3", and so on.
package stripe
