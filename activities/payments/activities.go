package payments

import (
	"context"

	"go.temporal.io/sdk/workflow"

	"guestjourney/activities/failure"
	"guestjourney/activities/options"
)

// Prefix of the registered activity names: "payments.Refund" and so on.
const Prefix = "payments."

// Activities are the registered activities of the port.
type Activities struct{ Gateway Gateway }

// EnsureCustomer is the activity behind the helper of the same name.
func (a *Activities) EnsureCustomer(ctx context.Context, command options.Command[Customer]) (CustomerRef, error) {
	return options.Perform(ctx, command, failure.ToTemporal, a.Gateway.EnsureCustomer)
}

// OpenCheckout is the activity behind the helper of the same name.
func (a *Activities) OpenCheckout(ctx context.Context, command options.Command[CheckoutRequest]) (Checkout, error) {
	return options.Perform(ctx, command, failure.ToTemporal, a.Gateway.OpenCheckout)
}

// ChargeSaved is the activity behind the helper of the same name.
func (a *Activities) ChargeSaved(ctx context.Context, command options.Command[ChargeRequest]) (Attempt, error) {
	return options.Perform(ctx, command, failure.ToTemporal, a.Gateway.ChargeSaved)
}

// CloseAttempt is the activity behind the helper of the same name.
func (a *Activities) CloseAttempt(ctx context.Context, command options.Command[AttemptRef]) (Attempt, error) {
	return options.Perform(ctx, command, failure.ToTemporal, a.Gateway.CloseAttempt)
}

// Attempts is the activity behind the helper of the same name.
func (a *Activities) Attempts(ctx context.Context, request AttemptsRequest) ([]Attempt, error) {
	attempts, err := a.Gateway.Attempts(ctx, request)
	return attempts, failure.ToTemporal(err)
}

// Refund is the activity behind the helper of the same name.
func (a *Activities) Refund(ctx context.Context, command options.Command[RefundRequest]) (Refund, error) {
	return options.Perform(ctx, command, failure.ToTemporal, a.Gateway.Refund)
}

// TryOut is the activity behind TryProvider.
func (a *Activities) TryOut(ctx context.Context, command options.Command[TryOut]) (Attempt, error) {
	return options.Perform(ctx, command, failure.ToTemporal, a.Gateway.TryOut)
}

// EnsureCustomer schedules the creation of the customer.
func EnsureCustomer(ctx workflow.Context, effect options.Effect, request Customer) options.Result[CustomerRef] {
	return options.Mutate[Customer, CustomerRef](ctx, options.Outside.At(options.PriorityBinding), options.QueuePayments, Prefix+"EnsureCustomer", "customer", effect, request)
}

// OpenCheckout schedules the opening of a payment page.
func OpenCheckout(ctx workflow.Context, effect options.Effect, request CheckoutRequest) options.Result[Checkout] {
	return options.Mutate[CheckoutRequest, Checkout](ctx, options.Outside.At(options.PriorityBinding), options.QueuePayments, Prefix+"OpenCheckout", "payment page: "+request.Purpose.Step, effect, request)
}

// ChargeSaved schedules a charge of the saved payment method.
func ChargeSaved(ctx workflow.Context, effect options.Effect, request ChargeRequest) options.Result[Attempt] {
	return options.Mutate[ChargeRequest, Attempt](ctx, options.Outside.At(options.PriorityBinding), options.QueuePayments, Prefix+"ChargeSaved", "charge: "+request.Purpose.Step, effect, request)
}

// CloseAttempt schedules the closing of a page or of a charge of our own.
func CloseAttempt(ctx workflow.Context, effect options.Effect, request AttemptRef) options.Result[Attempt] {
	return options.Mutate[AttemptRef, Attempt](ctx, options.Outside.At(options.PriorityBinding), options.QueuePayments, Prefix+"CloseAttempt", "close "+string(request.Kind), effect, request)
}

// Attempts schedules the look at every attempt of a plan.
func Attempts(ctx workflow.Context, request AttemptsRequest) options.Result[[]Attempt] {
	return options.Read[AttemptsRequest, []Attempt](ctx, options.Outside.At(options.PriorityBinding), options.QueuePayments, Prefix+"Attempts", "read payments", request)
}

// RefundPayment schedules a refund.
func RefundPayment(ctx workflow.Context, effect options.Effect, request RefundRequest) options.Result[Refund] {
	return options.Mutate[RefundRequest, Refund](ctx, options.Outside.At(options.PriorityBinding), options.QueuePayments, Prefix+"Refund", "refund: "+request.Reason, effect, request)
}

// TryProvider schedules a trial of the provider that moves no money.
func TryProvider(ctx workflow.Context, effect options.Effect) options.Result[Attempt] {
	return options.Mutate[TryOut, Attempt](ctx, options.Outside, options.QueuePayments, Prefix+"TryOut", "try the provider out", effect, TryOut{})
}
