package providers

import (
	"time"

	"guestjourney/internal/verify"
)

// cloudinary: one notification a post. How often it comes again is unconfirmed.
func cloudinary(Config) Provider {
	return Provider{
		Name: "cloudinary", BodyLimit: 256 * kilobyte, Budget: 5 * time.Second, Remember: rememberDay,
		Schemes: []Scheme{signs("CLOUDINARY_API_SECRETS", verify.NewCloudinary)},
		Routes:  []Route{{Path: "/webhooks/cloudinary", Events: one(cloudinaryNotice.event)}},
	}
}

// cloudinaryNotice is the part of a notification that is read.
type cloudinaryNotice struct {
	Type      text `json:"notification_type"`
	AssetID   text `json:"asset_id"`
	PublicID  text `json:"public_id"`
	Version   text `json:"version"`
	Timestamp text `json:"timestamp"`
}

// event: notifications about several assets name none at the top; their content
// has to do.
func (c cloudinaryNotice) event(delivery Delivery) Event {
	event := Event{ID: content(delivery.Body), Type: string(c.Type)}
	if c.AssetID+c.PublicID != "" && c.Timestamp != "" {
		event.ID = digest(string(c.Type), string(c.AssetID), string(c.PublicID), string(c.Version), string(c.Timestamp))
	}
	return event
}
