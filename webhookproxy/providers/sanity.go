package providers

import (
	"time"

	"guestjourney/internal/verify"
)

// sanity: one document a post, in the form of the webhook's projection; keep
// _id, _type and _rev in it. Its headers (operation, idempotency key) are
// nobody's word: the signature does not cover them. So the event is named by
// its content, in which _rev tells two changes apart.
func sanity(Config) Provider {
	return Provider{
		Name: "sanity", BodyLimit: megabyte, Budget: 8 * time.Second, Remember: rememberDay,
		Schemes: []Scheme{signs("SANITY_WEBHOOK_SECRETS", verify.NewSanity)},
		Routes: []Route{{Path: "/webhooks/sanity", Events: one(func(told sanityDocument, delivery Delivery) Event {
			return Event{ID: content(delivery.Body), Type: string(told.Type)}
		})}},
	}
}

// sanityDocument is the part of a document that is read.
type sanityDocument struct {
	Type text `json:"_type"`
}
