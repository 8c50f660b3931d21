// Package journey is the GuestJourney: the whole way of one guest through one
// program.
//
// Started by the CLI, by an operator in the Temporal UI, or by the claim of a
// CRM contact. It owns the stage, the guards, the deadlines and the operator's
// commands. It owns no money (PaymentPlan does) and no calendar entry
// (Appointment does). It promises:
//   - a stage can be entered any number of times and reaches the same wait
//     without a second effect;
//   - nothing is charged before the policy is accepted, and nothing is booked
//     before the deposit is in;
//   - a cancelled guest hears the truth, and nothing else any more;
//   - a caller is known by a number that can be forged, so what is said on the
//     telephone tells a date and a time and nothing else, and what is sent goes to
//     the guest's own addresses;
//   - it closes only when nothing is held and no request is unanswered; money
//     that comes later belongs to its PaymentPlan, which lives on.
package journey
