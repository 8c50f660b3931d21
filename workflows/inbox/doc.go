// Package inbox is the InboundEvent: a verified event of a provider that no
// workflow took, waiting for its workflow or for a person.
//
// Started by the webhook proxy, or by an operator who types an event in. It
// owns one fact until somebody else does. It promises:
//   - the fact is handed on unchanged, so that a workflow that has it already
//     knows it by its ID;
//   - a workflow that appears within the term has the fact soon after, without
//     a person; who stays away for longer than an event may overtake its
//     workflow raises attention;
//   - it ends in one of three ways only: a workflow has taken the fact, a person
//     has discarded it, or its term is over;
//   - an operator's command is answered with what became of it.
package inbox
