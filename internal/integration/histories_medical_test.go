package integration

import (
	"time"

	"github.com/stretchr/testify/require"

	"guestjourney/workflows/appointment"
	"guestjourney/workflows/journey"
	"guestjourney/workflows/kit"
	"guestjourney/workflows/payment"
)

// orders is a command of one of the staff.
func (r *recorder) orders(id, update, role string, fields map[string]any) {
	r.t.Helper()
	fields["actor"], fields["role"], fields["reason"] = role+"-1", role, "recorded"
	r.must(id, update, fields)
}

// screened leads a new guest to the review.
func (r *recorder) screened(program string, arrival time.Duration) string {
	r.t.Helper()
	id, _ := r.guest(program)
	r.waits(id, "conversing", nil)
	_, err := r.sandbox.SubmitIntake(id, time.Now().Add(arrival).UTC().Format(time.RFC3339))
	require.NoError(r.t, err)
	r.waits(id, "screening", nil)
	_, err = r.sandbox.Consent(id, journey.PurposeHealth, true, "1")
	require.NoError(r.t, err)
	r.waits(id, "screening", nil)
	_, err = r.sandbox.SendHealthForm(id, "form-1")
	require.NoError(r.t, err)
	r.waits(id, "clearance_review", nil)
	return id
}

func (r *recorder) offered(program string, arrival time.Duration) string {
	r.t.Helper()
	id := r.screened(program, arrival)
	r.clear(id)
	r.walk(id, arrival, "offer", "offer")
	return id
}

// cleared: a guest answers a clinician's question, is cleared, and is seen.
func (r *recorder) cleared() func() {
	id := r.screened("medical", 22*time.Second)
	r.orders(id, journey.UpdateRequestInfo, "clinician", map[string]any{"what": "medication"})
	r.waits(id, "clearance_review", nil)
	r.keep("open_information", id, 1, journey.Type)
	_, err := r.sandbox.SendHealthForm(id, "form-2")
	require.NoError(r.t, err)
	r.clear(id)
	r.walk(id, 0, "offer", "pre_arrival")
	r.waits(id, "in_program", nil)
	r.orders(id, journey.UpdateMarkAttendance, "operator", map[string]any{"mark": "attended", "source": "front_desk"})
	r.keepAtEnd("cleared_and_seen", id, 1, journey.Type, payment.Type, appointment.Type)
	return func() { r.ended(id, "completed", "pay/", "appt/") }
}

// notCleared: one guest is refused, one loses the clearance after paying, and
// one stands at each wait of screening and review.
func (r *recorder) notCleared() func() {
	asking, _ := r.guest("carefully")
	r.waits(asking, "conversing", nil)
	_, err := r.sandbox.SubmitIntake(asking, time.Now().Add(time.Hour).UTC().Format(time.RFC3339))
	require.NoError(r.t, err)
	r.waits(asking, "screening", nil)
	r.keep("open_screening", asking, 1, journey.Type)

	refused := r.screened("carefully", time.Hour)
	r.keep("open_clearance_review", refused, 1, journey.Type)
	r.orders(refused, journey.UpdateDeclineClearance, "clinician", map[string]any{"reasonCode": "c-1"})
	r.keepAtEnd("declined", refused, 1, journey.Type)

	revoked := r.offered("carefully", time.Hour)
	r.walk(revoked, 0, "offer", "pre_arrival")
	r.orders(revoked, journey.UpdateRevokeClearance, "clinician", map[string]any{"reasonCode": "c-1"})
	r.keepAtEnd("revoked", revoked, 1, journey.Type, payment.Type, appointment.Type)
	return func() {
		r.ended(refused, "medically_declined")
		require.Equal(r.t, "cancelled", r.result(revoked, time.Minute).Stage)
	}
}

// neverCame: the front desk looks for a guest, and gives them up.
func (r *recorder) neverCame() func() {
	id := r.offered("no-show", 12*time.Second)
	r.walk(id, 0, "offer", "pre_arrival")
	r.waits(id, "in_program", nil)
	r.attends(id, "not_checked_in")
	r.orders(id, journey.UpdateMarkAttendance, "operator", map[string]any{"mark": "no_show", "source": "front_desk"})
	r.waits(id, "in_program", nil)
	r.keep("open_no_show", id, 1, journey.Type)
	r.keepAtEnd("no_show", id, 1, journey.Type, payment.Type, appointment.Type)
	return func() { require.Equal(r.t, "no_show", r.result(id, time.Minute).Stage) }
}

// waited: a guest goes to the waiting list and comes back, past a guard.
func (r *recorder) waited() func() {
	jump := func(id, from, to string) {
		r.orders(id, journey.UpdateOverrideStage, "manager", map[string]any{"from": from, "to": to, "ack": []string{}, "approvedBy": "manager-2"})
	}
	id := r.offered("carefully", time.Hour)
	jump(id, "offer", "waitlisted")
	r.waits(id, "waitlisted", func(view journey.Overview) bool { return view.Session.State == "cancelled" })
	r.keep("open_waitlisted", id, 1, journey.Type)
	jump(id, "waitlisted", "offer")
	r.walk(id, 0, "offer", "pre_arrival")
	r.keepAtEnd("waitlisted_and_back", id, 1, journey.Type, payment.Type)
	return func() {}
}

// merged: one journey goes on in another of the same guest.
func (r *recorder) merged() func() {
	into, _ := r.guest("long")
	r.waits(into, "conversing", nil)
	id, _ := r.guest("long")
	r.walk(id, time.Hour, "conversing", "offer")
	r.orders(id, journey.UpdateMergeInto, "operator", map[string]any{"target": into})
	r.keepAtEnd("merged", id, 1, journey.Type, appointment.Type)
	r.keepAtEnd("merged_into", into, 1, journey.Type)
	return func() { r.ended(id, "merged", "appt/") }
}

// commanded: the commands that change no stage.
func (r *recorder) commanded() func() {
	id := r.offered("carefully", 2*time.Hour)
	r.orders(id, journey.UpdateAssign, "operator", map[string]any{"owner": "ana"})
	r.orders(id, journey.UpdateNote, "operator", map[string]any{"text": "likes tea"})
	r.orders(id, journey.UpdateOptOut, "operator", map[string]any{"channel": "sms", "source": "telephone"})
	r.orders(id, journey.UpdateExtendDeadline, "manager", map[string]any{"deadline": "offer", "newAt": time.Now().Add(3 * time.Hour).UTC()})
	r.walk(id, 0, "offer", "pre_arrival")
	r.orders(id, journey.UpdateRefund, "manager", map[string]any{"minor": 1000, "currency": "USD"})
	r.eventually(30*time.Second, "the refund is made", func() bool {
		view, err := r.status(id)
		return err == nil && view.Money.RefundedMinor == 1000
	})
	require.NoError(r.t, r.client.SignalWorkflow(r.t.Context(), id, "", kit.SignalMessageStatus, map[string]any{"wrong": true}))
	r.attends(id, "bad_signal:"+kit.SignalMessageStatus)
	r.keepAtEnd("commands", id, 1, journey.Type, payment.Type, appointment.Type)
	return func() {}
}
