package worldtest

import (
	"time"

	"guestjourney/activities/options"
	"guestjourney/activities/payments"
	"guestjourney/activities/programs"
)

func days(n int) options.Duration { return options.Duration(time.Duration(n) * 24 * time.Hour) }

// Retreat is a program as a real house would have it.
func Retreat() programs.Program {
	return programs.Program{
		Code: "retreat-7d", Version: "test", Languages: []string{"en", "es"}, Zone: "America/Mexico_City", Label: "Seven days",
		Stages: []string{"captured", "conversing", "offer", "deposit_pending", "booked", "pre_arrival", "in_program", "aftercare"},
		Price: programs.Price{
			Deposit: payments.Money{Minor: 50000, Currency: "USD"},
			Balance: payments.Money{Minor: 250000, Currency: "USD"},
		},
		Deadlines: programs.Deadlines{
			Captured: options.Duration(15 * time.Minute), Conversing: days(14), Offer: days(3), Deposit: days(3),
			BalanceBefore: days(30), ArrivalCheckBefore: days(1), Cancelling: days(3), LateWindow: days(30),
			AttendanceAfter: days(1),
		},
		Length: days(7),
		Session: programs.Session{
			CalendarID: "house@example.com", Title: "RET7", After: days(1), Duration: options.Duration(4 * time.Hour),
			Reminders: []programs.Reminder{
				{Name: "24h", Days: 1, Channels: []string{"sms", "email"}},
				{Name: "1h", Before: options.Duration(time.Hour), Channels: []string{"sms"}},
			},
		},
		Refunds: []programs.RefundTier{
			{AtLeast: days(90), DepositPercent: 100, BalancePercent: 100},
			{AtLeast: days(60), DepositPercent: 0, BalancePercent: 100},
			{AtLeast: days(30), DepositPercent: 0, BalancePercent: 50},
		},
		CheckIns: []options.Duration{days(3), days(7)},
	}
}
