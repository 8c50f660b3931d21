package reading_test

import (
	"testing"

	"guestjourney/webhookproxy/telemetry/reading"
)

// BenchmarkReceive is what one batch costs before it is stored: its proof, its
// checks and its identity.
func BenchmarkReceive(b *testing.B) {
	ring := keys(b, "monitor-7="+oldKey+"|"+newKey)
	header, body := sent(b, newKey)
	b.ReportAllocs()
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		signed, err := ring.Receive(header, body, sentAt)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := reading.Identify(signed.Batch); err != nil {
			b.Fatal(err)
		}
	}
}
