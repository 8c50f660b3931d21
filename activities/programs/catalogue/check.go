package catalogue

import (
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/bojanz/currency"

	"guestjourney/activities/options"
	"guestjourney/activities/payments"
	"guestjourney/activities/programs"
	"guestjourney/activities/timetable/zonedata"
)

// optionalStages may be left out: a program without medicine needs neither
// screening nor clearance, one without a deposit is free until an operator
// charges it, one without aftercare ends at departure.
var optionalStages = []string{"screening", "clearance_review", "deposit_pending", "aftercare"}

// stages that a program may name, in their order.
var stages = []string{"captured", "conversing", "screening", "clearance_review", "offer", "deposit_pending", "booked", "pre_arrival", "in_program", "aftercare"}

var (
	languages = []string{"en", "es"}
	channels  = []string{"sms", "email"}
)

// codeForm keeps codes fit for a search attribute, an ID and a file name.
var codeForm = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// maxLabel is what payment pages show of a product's name.
const maxLabel = 250

// checker collects the problems of one program.
type checker struct{ problems []string }

func (c *checker) want(ok bool, field, wanted string) {
	if !ok {
		c.problems = append(c.problems, field+": want "+wanted)
	}
}

func (c *checker) positive(field string, d options.Duration) {
	c.want(d > 0, field, `more than 0, such as "72h"`)
}

// check names everything that is wrong with a program.
func check(p programs.Program) []string {
	c := &checker{}
	c.want(codeForm.MatchString(p.Code) && len(p.Code) <= 40, "code", `lower-case letters, digits and single hyphens, such as "retreat-7d"`)
	c.want(p.Version != "", "version", "a text that is shown in status")
	c.list("languages", p.Languages, languages)
	_, err := zonedata.Load(p.Zone)
	c.want(err == nil, "zone", `an IANA zone such as "America/Mexico_City"`)
	c.stages(p.Stages)
	c.price(p.Price)
	c.want(p.Label != "" && len(p.Label) <= maxLabel, "label", "what a guest sees on the payment page, 250 bytes at most")
	c.deadlines(p.Deadlines)
	c.health(p)
	c.positive("length", p.Length)
	c.session(p.Session, p.Length)
	c.refunds(p.Refunds)
	c.checkIns(p.CheckIns)
	c.pace(p.Pace)
	if _, err := p.QuietHours.Window(); err != nil {
		c.problems = append(c.problems, "quietHours: "+err.Error())
	}
	return c.problems
}

// list wants one or more of the known words, each once.
func (c *checker) list(field string, given, known []string) {
	c.want(len(given) > 0, field, fmt.Sprintf("one or more of %q", known))
	for i, word := range given {
		c.want(slices.Contains(known, word), fmt.Sprintf("%s[%d]", field, i), fmt.Sprintf("one of %q", known))
		c.want(!slices.Contains(given[:i], word), fmt.Sprintf("%s[%d]", field, i), "each one once")
	}
}

func (c *checker) stages(given []string) {
	c.list("stages", given, stages)
	order := func(a, b string) int { return slices.Index(stages, a) - slices.Index(stages, b) }
	c.want(slices.IsSortedFunc(given, order), "stages", fmt.Sprintf("this order: %q", stages))
	c.want(len(given) == 0 || given[0] == stages[0], "stages[0]", `"captured": every journey begins with it`)
	for _, stage := range stages {
		if !slices.Contains(optionalStages, stage) {
			c.want(slices.Contains(given, stage), "stages", fmt.Sprintf("%q as well: only %q may be left out", stage, optionalStages))
		}
	}
}

func (c *checker) price(p programs.Price) {
	for _, amount := range []struct {
		field string
		money payments.Money
		least int64
	}{{"price.deposit", p.Deposit, 1}, {"price.balance", p.Balance, 0}} {
		c.want(amount.money.Minor >= amount.least, amount.field+".minor", fmt.Sprintf("%d or more, in the currency's smallest unit", amount.least))
		c.want(currency.IsValid(amount.money.Currency), amount.field+".currency", `an ISO 4217 code such as "USD"`)
	}
	c.want(p.Deposit.Currency == p.Balance.Currency, "price.balance.currency", "the deposit's currency")
}

func (c *checker) deadlines(d programs.Deadlines) {
	c.positive("deadlines.captured", d.Captured)
	c.positive("deadlines.conversing", d.Conversing)
	c.positive("deadlines.offer", d.Offer)
	c.positive("deadlines.deposit", d.Deposit)
	c.want(d.SlowMethod >= 0, "deadlines.slowMethod", "more than 0, or nothing for the default")
	c.positive("deadlines.balanceBefore", d.BalanceBefore)
	c.positive("deadlines.arrivalCheckBefore", d.ArrivalCheckBefore)
	c.positive("deadlines.cancelling", d.Cancelling)
	c.positive("deadlines.lateWindow", d.LateWindow)
	c.positive("deadlines.attendanceAfter", d.AttendanceAfter)
	c.want(d.ArrivalCheckBefore <= d.BalanceBefore, "deadlines.arrivalCheckBefore", "no more than balanceBefore: the balance is charged before it is missed")
}

// health: what a program with medicine needs besides.
func (c *checker) health(p programs.Program) {
	d := p.Deadlines
	if slices.Contains(p.Stages, "screening") {
		c.positive("deadlines.screening", d.Screening)
		c.positive("deadlines.screeningNudge", d.ScreeningNudge)
	}
	c.want(p.Session.Monitoring == nil || slices.Contains(p.Stages, "clearance_review"), "stages", `"clearance_review" as well: no session is watched without a clearance`)
	if slices.Contains(p.Stages, "clearance_review") {
		c.want(slices.Contains(p.Stages, "screening"), "stages", `"screening" as well: there is nothing to clear without it`)
		c.positive("deadlines.clearanceReview", d.ClearanceReview)
		c.want(len(d.ClearanceChecks) > 0, "deadlines.clearanceChecks", `when the clearance is looked at again before arrival, such as ["336h", "72h"]`)
	}
	for i, before := range d.ClearanceChecks {
		c.positive(fmt.Sprintf("deadlines.clearanceChecks[%d]", i), before)
	}
	c.want(d.CheckIn >= 0, "deadlines.checkIn", "0s or more")
	c.want(d.NoShowGrace >= 0, "deadlines.noShowGrace", "0s or more")
}

func (c *checker) session(s programs.Session, length options.Duration) {
	c.want(s.CalendarID != "", "session.calendarId", "the calendar's ID")
	c.want(s.Title != "", "session.title", "a code without name or treatment")
	c.positive("session.afterArrival", s.After)
	c.positive("session.duration", s.Duration)
	c.want(s.After+s.Duration <= length, "session.duration", "the session to end before the departure (length)")
	if s.Monitoring != nil {
		c.monitoring(*s.Monitoring)
	}
	names := map[string]bool{}
	for i, reminder := range s.Reminders {
		field := fmt.Sprintf("session.reminders[%d].", i)
		c.want(reminder.Name != "" && !names[reminder.Name], field+"name", "a name of its own")
		names[reminder.Name] = true
		c.want(reminder.Days >= 0 && reminder.Before >= 0 && (reminder.Days > 0) != (reminder.Before > 0), field+"days", `exactly one of "days" and "before", more than 0`)
		c.list(field+"channels", reminder.Channels, channels)
	}
}

// longestWatch is what a session's workflow allows.
const longestWatch = options.Duration(72 * time.Hour)

func (c *checker) monitoring(m programs.Monitoring) {
	const field = "session.monitoring."
	c.want(m.Protocol.Code != "", field+"protocol.code", "a code")
	c.want(m.Protocol.SignedBy != "" && !m.Protocol.SignedAt.IsZero(), field+"protocol.signedBy", "signedBy and signedAt: a clinician signs what is watched for")
	c.want(m.Longest > 0 && m.Longest <= longestWatch, field+"longest", `more than 0 and at most "72h"`)
}

func (c *checker) refunds(tiers []programs.RefundTier) {
	for i, tier := range tiers {
		field := fmt.Sprintf("refunds[%d].", i)
		c.want(tier.AtLeast >= 0, field+"atLeast", "0s or more")
		c.want(i == 0 || tier.AtLeast < tiers[i-1].AtLeast, field+"atLeast", "less than the tier before: the earliest cancellation comes first")
		c.want(tier.DepositPercent >= 0 && tier.DepositPercent <= 100, field+"depositPercent", "0 to 100")
		c.want(tier.BalancePercent >= 0 && tier.BalancePercent <= 100, field+"balancePercent", "0 to 100")
	}
}

func (c *checker) checkIns(checkIns []options.Duration) {
	for i, after := range checkIns {
		field := fmt.Sprintf("checkIns[%d]", i)
		c.positive(field, after)
		c.want(i == 0 || after > checkIns[i-1], field, "more than the one before")
	}
}

// pace may leave out any of its fields; the defaults are in options.
func (c *checker) pace(p options.Pace) {
	const unset = "more than 0, or nothing for the default"
	c.want(p.StartToClose >= 0, "pace.startToClose", unset)
	c.want(p.AttentionAfter >= 0, "pace.attentionAfter", unset)
	c.want(p.RetryFirst >= 0, "pace.retryFirst", unset)
	c.want(p.RetryMax >= 0, "pace.retryMax", unset)
	c.want(p.UndoGrace >= 0, "pace.undoGrace", unset)
	filled := p.WithDefaults()
	c.want(filled.RetryFirst <= filled.RetryMax, "pace.retryMax", "no less than retryFirst")
}
