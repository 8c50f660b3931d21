package program

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// Built is the path of worker, webhookproxy or starter in ./bin, where a package's
// tests build the three once. What `make build` has made is not linked again.
func Built(t testing.TB, name string) string {
	t.Helper()
	folder, err := built()
	require.NoError(t, err)
	return filepath.Join(folder, name)
}

var built = sync.OnceValues(func() (folder string, err error) {
	module, err := exec.Command("go", "env", "GOMOD").Output()
	if err != nil {
		return "", fmt.Errorf("go env GOMOD: %w", err)
	}
	root := filepath.Dir(strings.TrimSpace(string(module)))
	for _, line := range [][]string{
		{"build", "-o", "bin/", "guestjourney/starter", "guestjourney/webhookproxy"},
		{"build", "-o", "bin/worker", "guestjourney/workers"},
	} {
		build := exec.Command("go", line...)
		build.Dir = root
		if output, err := build.CombinedOutput(); err != nil {
			return "", fmt.Errorf("go %s: %w\n%s", strings.Join(line, " "), err, output)
		}
	}
	return filepath.Join(root, "bin"), nil
})
