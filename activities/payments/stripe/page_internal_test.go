package stripe

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
)

// TestPageExpiry: whenever a try comes, Stripe takes the expiry; and the same
// round always sends the same one.
func TestPageExpiry(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		since := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
		after := func(name string, least, most time.Duration) time.Duration {
			return time.Duration(rapid.Int64Range(int64(least), int64(most)).Draw(t, name))
		}
		wanted := since.Add(after("wanted", -time.Hour, 90*24*time.Hour))
		now := since.Add(after("now", 0, 7*24*time.Hour))
		skew := after("skew", -pageSlack+time.Second, pageSlack-time.Second)
		expires, round := pageExpiry(since, wanted, now)
		life := expires.Sub(now.Add(skew))
		assert.GreaterOrEqual(t, life, shortestPage)
		assert.LessOrEqual(t, life, longestPage)

		later := now.Add(after("later", 0, 24*time.Hour))
		again, roundAgain := pageExpiry(since, wanted, later)
		assert.GreaterOrEqual(t, roundAgain, round)
		if roundAgain == round {
			assert.Equal(t, expires, again, "one key, one set of parameters")
		}
		if wanted.Sub(now) >= shortestPage+2*pageSlack && wanted.Sub(since) <= longestPage-pageSlack {
			assert.Equal(t, wanted, expires, "what Stripe allows is not changed")
		}
	})
}

func TestPageLocale(t *testing.T) {
	for wanted, want := range map[string]string{"es": "es", "es-MX": "es", "pt-BR": "pt-BR", "": "auto", "xx": "auto", "EN": "auto"} {
		assert.Equal(t, want, pageLocale(wanted), wanted)
	}
}
