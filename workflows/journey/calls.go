package journey

import (
	"maps"
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"guestjourney/activities/wording"
	"guestjourney/workflows/kit"
	"guestjourney/workflows/payment"
)

// UpdateAnswerCall is the update by which the proxy asks what to tell a caller:
// a CallAsk, answered by CallAnswers.
const UpdateAnswerCall = "answer_call"

// Tools that a caller may use.
const (
	ToolAppointment = "next_session"      // when is my session
	ToolPaymentLink = "send_payment_link" // send me the payment link
	ToolPerson      = "speak_to_person"   // speak to a person
)

// attentionCallBack: the guest was promised that somebody calls back.
const attentionCallBack = "call_back"

// CallAsk is what a caller asks for.
type CallAsk struct {
	Call  string     `json:"call"` // the provider's ID of the telephone call
	Tools []ToolCall `json:"tools"`
}

// ToolCall is one use of a tool; the same ID in the same call is the same use.
type ToolCall struct {
	ID   string `json:"id"`
	Tool string `json:"tool"`
}

// CallAnswers answers a CallAsk, tool by tool, in its order.
type CallAnswers struct {
	Locale  string       `json:"locale"`
	Answers []CallAnswer `json:"answers"`
}

// CallAnswer names a sentence. Who calls is known by a number that can be forged:
// it tells a date and a time, and nothing else about the guest.
type CallAnswer struct {
	ID  string `json:"id"`
	Say string `json:"say"`          // a sentence of wording
	At  string `json:"at,omitempty"` // the start, as printed for the guest
}

// Calls is what the guest asked for on the telephone.
type Calls struct {
	// Answers are the last: a repeated tool call has the same answer.
	Answers []CallAnswer `json:"answers,omitempty"`
	// Links are when a payment link was asked for, within the last day.
	Links []time.Time `json:"links,omitempty"`
	Link  AskedLink   `json:"link,omitzero"`
}

// AskedLink is the payment link that was asked for last. It is kept as it was
// then, because an effect key belongs to one content.
type AskedLink struct {
	Number   int               `json:"number,omitempty"` // counts them
	Template string            `json:"template,omitempty"`
	Params   map[string]string `json:"params,omitempty"`
	Before   time.Time         `json:"before,omitzero"` // when the page closes
}

// Bounds of what a caller can ask for.
const (
	maxAnswers = 50
	linkEvery  = 15 * time.Minute
	linksADay  = 3
)

func (j *journey) offerCalls(ctx workflow.Context) {
	kit.OnRequest(ctx, j.core, UpdateAnswerCall, "The proxy asks what a caller is told: the next session, the payment link sent again, a call back.",
		func(ask CallAsk) CallAnswers {
			told := CallAnswers{Locale: j.locale(), Answers: []CallAnswer{}}
			for _, tool := range ask.Tools {
				told.Answers = append(told.Answers, j.answerTool(ctx, ask.Call, tool))
			}
			return told
		})
}

// answerTool answers one use of a tool, once: a webhook that comes again asks
// for nothing new.
func (j *journey) answerTool(ctx workflow.Context, call string, tool ToolCall) CallAnswer {
	key := call + "/" + tool.ID
	for _, known := range j.state.Calls.Answers {
		if known.ID == key {
			known.ID = tool.ID
			return known
		}
	}
	answer := j.useTool(ctx, tool.Tool)
	answer.ID = key
	j.core.Note(ctx, "fact", "on the telephone: "+answer.Say)
	j.state.Calls.Answers = append(j.state.Calls.Answers, answer)
	if extra := len(j.state.Calls.Answers) - maxAnswers; extra > 0 {
		j.state.Calls.Answers = slices.Clone(j.state.Calls.Answers[extra:])
	}
	answer.ID = tool.ID
	return answer
}

func (j *journey) useTool(ctx workflow.Context, tool string) CallAnswer {
	switch tool {
	case ToolAppointment:
		return j.tellAppointment(ctx)
	case ToolPaymentLink:
		return CallAnswer{Say: j.askLink(ctx)}
	case ToolPerson:
		return CallAnswer{Say: j.promiseCall(ctx)}
	}
	return CallAnswer{Say: wording.CallCannotDo}
}

// tellAppointment tells the start on the property's clock, where the guest will
// be, as every written message does. The guest's own zone would also tell a
// forger where the guest lives.
func (j *journey) tellAppointment(ctx workflow.Context) CallAnswer {
	session := j.state.Session
	if !j.placeConfirmed() || !session.Start.After(workflow.Now(ctx)) {
		return CallAnswer{Say: wording.CallNoAppointment}
	}
	return CallAnswer{Say: wording.CallAppointment, At: session.Local}
}

// promiseCall asks for a person.
func (j *journey) promiseCall(ctx workflow.Context) string {
	j.core.Raise(ctx, attentionCallBack)
	return wording.CallBack
}

// askLink has the loop send the open page's link to the guest's own addresses,
// and says on which way. What cannot be sent now is for a person.
func (j *journey) askLink(ctx workflow.Context) string {
	now := workflow.Now(ctx).UTC()
	link, due := j.openPage(now)
	way := j.linkWay()
	switch {
	case !due:
		return wording.CallNothingDue
	case link.Template == "" || way == "" || j.core.Held():
		return j.promiseCall(ctx)
	case !j.mayLink(now):
		return wording.CallLinkSent
	}
	link.Number = j.state.Calls.Link.Number + 1
	j.state.Calls.Link = link
	j.state.Calls.Links = append(j.state.Calls.Links, now)
	return way
}

// openPage is the page on which the guest can pay now. Without a template no
// stage is there that passes it on.
func (j *journey) openPage(now time.Time) (link AskedLink, due bool) {
	money, price := j.state.Money, j.program().Price
	switch {
	case money.Closed != "" || j.state.Cancel != nil:
		return link, false
	case j.state.Stage == StageDeposit && moneyRank(money.State) < moneyRank(payment.MoneyDeposit):
		if money.PageURL == "" || !now.Before(money.PageUntil) {
			return link, true // the plan is about to open one
		}
		return AskedLink{Template: wording.PaymentRequest, Before: money.PageUntil, Params: map[string]string{
			"amount": amount(price.Deposit, j.locale()), "link": money.PageURL, "until": j.pageUntil(),
		}}, true
	case money.ActionURL == "":
		return link, money.State == payment.MoneyPastDue
	case j.state.Stage == StagePreArrival || j.state.Stage == StageInProgram:
		return AskedLink{Template: wording.PaymentAction, Before: j.state.Departure, Params: map[string]string{
			"amount": amount(price.Balance, j.locale()), "link": money.ActionURL,
		}}, true
	}
	return link, true
}

// linkWay is the sentence for the channels that are open, or nothing.
func (j *journey) linkWay() string {
	switch {
	case j.mails() && j.texts():
		return wording.CallLinkByBoth
	case j.mails():
		return wording.CallLinkByEmail
	case j.texts():
		return wording.CallLinkByText
	}
	return ""
}

// mayLink bounds how often a caller, who may be anybody, has the guest written
// to.
func (j *journey) mayLink(now time.Time) bool {
	j.state.Calls.Links = slices.DeleteFunc(j.state.Calls.Links, func(at time.Time) bool { return now.Sub(at) >= 24*time.Hour })
	links := j.state.Calls.Links
	return len(links) == 0 || len(links) < linksADay && now.Sub(links[len(links)-1]) >= linkEvery
}

// sendAskedLink sends the link that was asked for last, once. The guest is on
// the telephone, so it does not wait for the morning.
func (j *journey) sendAskedLink(ctx workflow.Context) error {
	link := j.state.Calls.Link
	if link.Number == 0 {
		return nil
	}
	step := "payment_link-" + number(link.Number)
	params := maps.Clone(link.Params)
	params["name"] = j.input.Lead.FirstName
	if err := j.mail(ctx, step+".email", link.Template, params, link.Before); err != nil && !isMissed(err) {
		return err
	}
	if !j.texts() || j.did(step+".sms") {
		return nil
	}
	if err := j.textNow(ctx, step+".sms", link.Template, params, link.Before); err != nil && !isMissed(err) {
		return err
	}
	return nil
}
