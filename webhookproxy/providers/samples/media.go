package samples

import (
	"crypto/sha1" //nolint:gosec // Cloudinary's scheme
	"crypto/sha256"
	"time"

	"guestjourney/internal/verify"
)

var media = []Sample{
	{
		Name: "mux", Provider: "mux", Variable: "MUX_WEBHOOK_SECRETS", path: "/webhooks/mux", sign: signingPairs(verify.MuxHeader, seconds, hexOf),
		body: fill(`{"type":"video.asset.ready","id":"sample-{ms}","created_at":"{iso}","environment":{"name":"production","id":"env1"},"data":{"id":"asset1","status":"ready"},"attempts":[]}`),
	},
	fromCloudinary("sha1", func(text string) string {
		sum := sha1.Sum([]byte(text)) //nolint:gosec // Cloudinary's scheme
		return hexOf(sum[:])
	}),
	fromCloudinary("sha256", func(text string) string {
		sum := sha256.Sum256([]byte(text))
		return hexOf(sum[:])
	}),
}

func fromCloudinary(kind string, hash func(string) string) Sample {
	return Sample{
		Name: "cloudinary-" + kind, Provider: "cloudinary", Variable: "CLOUDINARY_API_SECRETS", path: "/webhooks/cloudinary",
		body: fill(`{"notification_type":"upload","timestamp":"{iso}","request_id":"r{ms}","asset_id":"a{ms}","public_id":"rooms/sea","version":1700000000,"format":"jpg"}`),
		sign: func(secret string, message *verify.Message, at time.Time) error {
			message.Header.Set(verify.CloudinaryHeader, hash(string(message.Body)+seconds(at)+secret))
			message.Header.Set(verify.CloudinaryTimestampHeader, seconds(at))
			return nil
		},
	}
}
