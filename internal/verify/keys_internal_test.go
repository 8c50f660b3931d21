package verify

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// Every valid secret is tried, whichever fits: how long it takes does not tell
// which it was, nor how many there are before it.
func TestEverySecretIsTriedWhicheverFits(t *testing.T) {
	keys, err := newKeyring([]string{"first", "second", "third"}, asText)
	require.NoError(t, err)
	for fits := range 4 { // the fourth is none
		tried := 0
		match, err := keys.match(func(*key) bool {
			tried++
			return tried == fits+1
		})
		require.Equal(t, len(keys), tried)
		if fits == len(keys) {
			require.ErrorIs(t, err, ErrSignature)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, fits, match.Key)
	}
}
