package twilio

import (
	"context"
	"net/mail"
	"net/url"
	"strings"
	"time"

	api "github.com/twilio/twilio-go/rest/api/v2010"

	"guestjourney/activities/failure"
	"guestjourney/activities/options"
	"guestjourney/activities/provider"
	"guestjourney/activities/sms"
	"guestjourney/activities/wording"
)

const (
	pageSize = 100
	// maxPages bounds the search. A guest gets dozens of texts, not thousands.
	maxPages = 10
	// slack covers clocks that disagree and a message that was queued.
	slack = 24 * time.Hour
)

// find looks for the text among the recipient's messages, newest first.
//
// The list is narrowed by recipient only and its end is found by date_created:
// the filter DateSent would leave out a message that is still queued, the very
// one that an interrupted try leaves behind. The body is compared by its
// reference, because Twilio may alter the rest (a trial account's prefix, smart
// encoding), and a new release may word it otherwise.
func (s *Sender) find(ctx context.Context, effect options.Effect, text sms.Text) (sms.Receipt, bool, error) {
	params := &api.ListMessageParams{}
	params.SetTo(text.To)
	params.SetPageSize(pageSize)
	reference := wording.Reference(effect.Key)
	var token, number string
	for range maxPages {
		var trace provider.Trace
		page, err := s.messages(ctx, &trace).PageMessage(params, token, number)
		if err := s.check(operationList, &trace, err); err != nil {
			return sms.Receipt{}, false, err
		}
		for i := range page.Messages {
			if carries(&page.Messages[i], reference) {
				return receipt(&page.Messages[i]), true, nil
			}
		}
		if page.NextPageUri == nil || *page.NextPageUri == "" || older(page.Messages, effect.Since.Add(-slack)) {
			return sms.Receipt{}, false, nil
		}
		token, number = next(*page.NextPageUri)
	}
	return sms.Receipt{}, false, &failure.Error{
		Provider: "twilio", Operation: operationList, Class: failure.Ambiguous,
		Advice: "the recipient has too many messages to tell whether this one was sent",
	}
}

func carries(message *api.ApiV2010Message, reference string) bool {
	inbound := message.Direction != nil && *message.Direction == "inbound"
	return !inbound && message.Body != nil && strings.HasSuffix(strings.TrimSpace(*message.Body), reference)
}

// older says whether a page ends before the bound, so that the following pages
// cannot hold the message. Without a bound or a date the search goes on.
func older(messages []api.ApiV2010Message, bound time.Time) bool {
	if len(messages) == 0 || bound.Year() <= 1 {
		return false
	}
	last := messages[len(messages)-1].DateCreated
	if last == nil {
		return false
	}
	created, err := mail.ParseDate(*last) // RFC 2822, as Twilio writes dates
	return err == nil && created.Before(bound)
}

func next(uri string) (token, number string) {
	parsed, err := url.Parse(uri)
	if err != nil {
		return "", ""
	}
	return parsed.Query().Get("PageToken"), parsed.Query().Get("Page")
}
