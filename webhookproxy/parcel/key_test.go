package parcel

import (
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"guestjourney/internal/inbox"
)

func TestKeyPartsDoNotRunTogether(t *testing.T) {
	lists := [][]string{{"a", "bc"}, {"ab", "c"}, {"abc"}, {"abc", ""}, {"", "abc"}, {"a", "b", "c"}, {"a|bc"}, {}, {""}}
	seen := map[inbox.Key][]string{}
	for _, parts := range lists {
		key := KeyOf(parts...)
		require.NotContains(t, seen, key, "%q", parts)
		require.Equal(t, key, KeyOf(parts...))
		require.Equal(t, uuid.Version(5), uuid.MustParse(requestID(key)).Version())
		seen[key] = parts
	}
}
