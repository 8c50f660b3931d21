package options_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"

	"guestjourney/activities/options"
)

func TestASummaryStaysUnderItsLimitAndCutsNoCharacter(t *testing.T) {
	for _, text := range []string{"", "reminder 24h rev 3", strings.Repeat("a", 199)} {
		assert.Equal(t, text, options.Summary(text))
	}
	for _, text := range []string{strings.Repeat("a", 200), strings.Repeat("é", 150), "a" + strings.Repeat("é", 150)} {
		short := options.Summary(text)
		assert.Less(t, len(short), 200)
		assert.Greater(t, len(short), 190)
		assert.True(t, utf8.ValidString(short))
		assert.True(t, strings.HasPrefix(text, short))
	}
}
