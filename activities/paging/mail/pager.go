// Package mail pages by e-mail, through whoever sends the house's mail.
//
// Called by the worker, which hands a Pager to the port activities/paging. It
// owns the page's form as a mail, which is the text of the other channels. The
// sender's circuit must be one that never refuses.
package mail

import (
	"context"
	"errors"
	"time"

	"guestjourney/activities/email"
	"guestjourney/activities/failure"
	"guestjourney/activities/options"
	port "guestjourney/activities/paging"
	"guestjourney/internal/paging"
)

// Name is the provider layer's name of SendGrid for pages.
const Name = "sendgrid-paging"

// Pager is a paging.Pager for the channel email.
type Pager struct{ sender email.Sender }

var _ port.Pager = (*Pager)(nil)

// New returns a Pager.
func New(sender email.Sender) (*Pager, error) {
	if sender == nil {
		return nil, errors.New("paging: no sender of mail")
	}
	return &Pager{sender: sender}, nil
}

// Page sends the page as a mail.
func (p *Pager) Page(ctx context.Context, effect options.Effect, notice port.Notice) (port.Receipt, error) {
	effect.FirstTry = true // else it would be looked up first, and the look-up could fail
	page := paging.Page{Room: notice.Room, Priority: notice.Priority, Code: notice.Code, Key: notice.Key}
	receipt, err := p.sender.Send(ctx, effect, email.Mail{
		To: notice.To, Subject: page.Subject(), Text: page.Text() + "\n", WorkflowID: notice.Session,
	})
	if err != nil {
		return port.Receipt{}, hastened(err)
	}
	return port.Receipt{ID: receipt.ID, HandedAt: time.Now().UTC()}, nil
}

// hastened caps how long the provider asks to wait, which a mail to a guest can
// and a page cannot.
func hastened(err error) error {
	var known *failure.Error
	if !errors.As(err, &known) || known.RetryAfter <= paging.MaxWait {
		return err
	}
	sooner := *known
	sooner.RetryAfter = paging.MaxWait
	return &sooner
}
