package folder_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"guestjourney/activities/options"
	"guestjourney/activities/records"
	"guestjourney/activities/records/conformance"
	"guestjourney/activities/records/folder"
)

func open(t *testing.T, at string) *folder.Folder {
	t.Helper()
	f, err := folder.Open(at)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, f.Close()) })
	return f
}

// files are all in a folder, by their paths in it.
func files(t *testing.T, at string) (names []string) {
	t.Helper()
	require.NoError(t, fs.WalkDir(os.DirFS(at), ".", func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			names = append(names, path)
		}
		return err
	}))
	return names
}

func TestConformance(t *testing.T) {
	conformance.Run(t, func(t *testing.T) conformance.Harness {
		at := filepath.Join(t.TempDir(), "records")
		return conformance.Harness{
			Filing: open(t, at),
			Kept: func(ref string) []byte {
				text, err := os.ReadFile(filepath.Join(at, ref))
				require.NoError(t, err)
				return text
			},
			Count: func() int { return len(files(t, at)) },
			Down: func(down bool) {
				// A file where the record's folder would be stands in everybody's way,
				// also in that of root, whom no mode stops.
				place := filepath.Join(at, "session_2fconformance")
				if down {
					require.NoError(t, os.WriteFile(place, nil, 0o600))
					return
				}
				require.NoError(t, os.Remove(place))
			},
		}
	})
}

func TestOnlyTheWorkersUserReadsARecord(t *testing.T) {
	at := filepath.Join(t.TempDir(), "records")
	filed, err := open(t, at).File(t.Context(), options.Effect{Key: "k"}, records.Document{Name: records.NameOf("session/s1"), Content: strings.NewReader("a record")})
	require.NoError(t, err)
	require.Equal(t, "session_2fs1/"+filed.SHA256+".zip", filed.Ref)
	for path, want := range map[string]fs.FileMode{"": 0o700, "session_2fs1": 0o700, filed.Ref: 0o600} {
		info, err := os.Stat(filepath.Join(at, path))
		require.NoError(t, err)
		require.Equal(t, want, info.Mode().Perm(), path)
	}
}

func TestAFolderThatCannotBeMadeIsTold(t *testing.T) {
	at := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(at, nil, 0o600))
	_, err := folder.Open(at)
	require.ErrorContains(t, err, "folder of records")
}
