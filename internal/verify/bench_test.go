package verify_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"guestjourney/internal/verify"
)

// BenchmarkVerify judges a body of 4 KB. With one secret every HMAC must stay
// under 10 µs; a second one, while they rotate, is as much again.
func BenchmarkVerify(b *testing.B) {
	for _, name := range slices.Sorted(maps.Keys(senders)) {
		b.Run(name, func(b *testing.B) {
			s := senders[name]
			secret := s.secret()
			benchmark(b, must[verify.Verifier](b)(s.verifier(secret)), large(s, secret))
		})
	}
	b.Run("sns", func(b *testing.B) {
		a := newAmazon(b)
		fields := notification(now)
		fields["Message"] = strings.Repeat("a", 4<<10)
		benchmark(b, a.verifier(b, snsTopic), a.sign(b, fields))
	})
}

func benchmark(b *testing.B, verifier verify.Verifier, message verify.Message) {
	_, err := verifier.Verify(message, now)
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		_, _ = verifier.Verify(message, now)
	}
}

// large is a signed message of 4 KB.
func large(s sender, secret string) verify.Message {
	message := sampleMessage()
	message.Body = []byte("Body=" + strings.Repeat("a", 4<<10))
	message.Header = s.sign(secret, message, now)
	return message
}

// The handler has 60 allocations for everything it does. The race detector
// makes pools forget, so that a few more are counted under it.
func TestVerifyAllocatesLittle(t *testing.T) {
	limits := map[string]float64{
		// Twilio sorts a form and writes six addresses; ECDSA is the library's.
		"twilio": 45, "sendgrid": 30, "contentful": 30,
	}
	every(t, func(t *testing.T, s sender) {
		_, name, _ := strings.Cut(t.Name(), "/")
		limit, ok := limits[name]
		if !ok {
			limit = 12
		}
		secret := s.secret()
		verifier := must[verify.Verifier](t)(s.verifier(secret))
		message := large(s, secret)
		allocations := testing.AllocsPerRun(100, func() { _, _ = verifier.Verify(message, now) })
		require.LessOrEqual(t, allocations, limit)
	})
}
