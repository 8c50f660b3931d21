package oauth_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"guestjourney/activities/provider/oauth"
	"guestjourney/internal/codec"
)

func keptIn(folder *oauth.Folder) func(*oauth.Config) {
	return func(config *oauth.Config) { config.Keeper = folder }
}

func TestARestartGoesOnWithTheKeptToken(t *testing.T) {
	path := filepath.Join(t.TempDir(), "made", "tokens")
	folder := oauth.NewFolder(path, sealing(t, "k1", 1))
	w := newWorld(t, keptIn(folder))
	assert.Equal(t, "access-1", w.current(t))
	w.start(t, keptIn(folder))
	assert.Equal(t, "access-1", w.current(t))
	assert.Len(t, w.requests(), 1)
	w.ahead, w.life = time.Hour, 3*time.Hour // the library counts from the machine's clock
	w.start(t, keptIn(folder))
	assert.Equal(t, "access-2", w.current(t), "one that has ended is replaced")
	w.start(t, keptIn(folder))
	assert.Equal(t, "access-2", w.current(t), "and its successor kept")

	files, err := os.ReadDir(path)
	require.NoError(t, err)
	require.Len(t, files, 1, "nothing is left beside it")
	info, err := files[0].Info()
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	sealed, err := os.ReadFile(filepath.Join(path, files[0].Name()))
	require.NoError(t, err)
	for _, clear := range []string{"access-", "refresh-", "zoom"} {
		assert.NotContains(t, string(sealed), clear)
	}
	w.quiet(t)
}

func TestATokenOfAnotherAccountIsNotUsed(t *testing.T) {
	path := t.TempDir()
	folder := oauth.NewFolder(path, sealing(t, "k1", 1))
	require.NoError(t, folder.Save("zoom a1", oauth.Token{Access: "access-of-a1"}))
	token, err := folder.Load("zoom a2")
	require.NoError(t, err)
	assert.Zero(t, token)

	// Not even if its file takes the place of the other's.
	require.NoError(t, folder.Save("zoom a2", oauth.Token{Access: "access-of-a2"}))
	first, second := fileOf(t, path, "zoom a1", folder), fileOf(t, path, "zoom a2", folder)
	require.NoError(t, os.Rename(first, second))
	_, err = folder.Load("zoom a2")
	require.ErrorIs(t, err, codec.ErrAuthentication)
}

// fileOf finds an account's file by what is gone without it.
func fileOf(t *testing.T, path, account string, folder *oauth.Folder) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(path, "*.token"))
	require.NoError(t, err)
	for _, file := range files {
		require.NoError(t, os.Rename(file, file+".away"))
		token, err := folder.Load(account)
		require.NoError(t, err)
		require.NoError(t, os.Rename(file+".away", file))
		if token.Access == "" {
			return file
		}
	}
	t.Fatalf("no file of %s", account)
	return ""
}

func TestATokenThatCannotBeOpenedIsFetchedAnew(t *testing.T) {
	path := t.TempDir()
	w := newWorld(t, keptIn(oauth.NewFolder(path, sealing(t, "k1", 1))))
	assert.Equal(t, "access-1", w.current(t))
	for name, other := range map[string]*codec.Codec{"another ring": sealing(t, "k2", 2), "another key of the name": sealing(t, "k1", 3)} {
		w.log.Reset()
		w.start(t, keptIn(oauth.NewFolder(path, other)))
		before := len(w.requests())
		assert.Equal(t, fmt.Sprintf("access-%d", before+1), w.current(t), name)
		assert.Contains(t, w.log.String(), "the kept token cannot be used")
	}
	require.NoError(t, os.WriteFile(filepath.Join(path, mustName(t, path)), []byte("half a fi"), 0o600))
	w.start(t, keptIn(oauth.NewFolder(path, sealing(t, "k1", 1))))
	before := len(w.requests())
	assert.Equal(t, fmt.Sprintf("access-%d", before+1), w.current(t), "damaged")
}

func mustName(t *testing.T, path string) string {
	t.Helper()
	files, err := os.ReadDir(path)
	require.NoError(t, err)
	require.Len(t, files, 1)
	return files[0].Name()
}

// A full disk costs the next start a request, and this call nothing.
func TestATokenThatCannotBeKeptIsUsed(t *testing.T) {
	taken := filepath.Join(t.TempDir(), "a file")
	require.NoError(t, os.WriteFile(taken, nil, 0o600))
	w := newWorld(t, keptIn(oauth.NewFolder(filepath.Join(taken, "tokens"), sealing(t, "k1", 1))))
	assert.Equal(t, "access-1", w.current(t))
	assert.Contains(t, w.log.String(), "not kept for the next start")
	w.quiet(t)
}
