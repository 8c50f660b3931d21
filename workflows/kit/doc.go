// Package kit holds what every workflow of the house shares: the two
// primitives Do (one effect) and Until (one wait), strict decoding of inputs,
// handlers that never wait for the outside, and one way out.
//
// Called by the packages of workflow types. It owns the ledger of effects, the
// deadlines, the seen events, the outcomes of commands, the timeline and what
// an operator sees. It promises:
//   - an effect that is recorded is never scheduled again, under any number of
//     re-entries, resets or continue-as-news;
//   - no fact is lost: Leave and Finish drain every channel and await every
//     handler;
//   - a handler answers at once, whatever a provider does.
package kit
