package providers

import (
	"regexp"
	"time"

	"guestjourney/internal/verify"
)

// contentful: one change a post, topic and idempotency key in headers. What
// Contentful does not answer within 30 seconds it never sends again.
func contentful(Config) Provider {
	return Provider{
		Name: "contentful", BodyLimit: megabyte, Budget: 8 * time.Second, Remember: rememberDay,
		Schemes: []Scheme{signs("CONTENTFUL_WEBHOOK_SECRETS", verify.NewContentful).withURL()},
		Routes:  []Route{{Path: "/webhooks/contentful", Events: one(contentfulEntity.event)}},
	}
}

// contentfulEntity is the part of the changed thing that is read.
type contentfulEntity struct {
	Sys struct {
		Type  text `json:"type"`
		Space struct {
			Sys struct {
				ID text `json:"id"`
			} `json:"sys"`
		} `json:"space"`
	} `json:"sys"`
}

var (
	contentfulTopic = regexp.MustCompile(`^[A-Za-z0-9_.]{1,128}$`)
	contentfulKey   = regexp.MustCompile(`^[A-Za-z0-9_-]{1,128}$`)
)

// event takes a header's word only if the signature covers it; else the body
// has to do, whose type is not what happened but to what.
func (c contentfulEntity) event(delivery Delivery) Event {
	event := Event{Account: string(c.Sys.Space.Sys.ID), Type: string(c.Sys.Type)}
	if topic, ok := signedHeader(delivery, "X-Contentful-Topic", contentfulTopic); ok {
		event.Type = topic
	}
	if key, ok := signedHeader(delivery, "X-Contentful-Idempotency-Key", contentfulKey); ok {
		event.ID = key
	} else {
		event.ID = digest(event.Type, content(delivery.Body))
	}
	return event
}

func signedHeader(delivery Delivery, name string, form *regexp.Regexp) (string, bool) {
	if !delivery.Match.Signed(name) {
		return "", false
	}
	return onlyHeader(delivery.Header, name, form)
}
