// Package payment is the PaymentPlan: it owns all money of one agreement.
//
// Started by GuestJourney as a child that lives its own life, or alone for an
// old debt. It owns every object at the payment provider that carries its
// workflow ID. It promises:
//   - what the provider says is read before it is believed; a webhook is a hint;
//   - nothing is charged twice, and what was paid twice is given back;
//   - what succeeds after the deadline or the cancel is refunded in full, and
//     what was captured before follows the refund tiers;
//   - an operator may refund a part of a charge: one refund in flight each, and
//     all refunds together never exceed what was captured;
//   - a slow method that is under way extends the deposit's deadline once;
//   - it stays open until nothing is owed and its late window has passed.
package payment
