package deployment

import (
	"debug/elf"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// instruction is one line of a Dockerfile, its continuations joined.
type instruction struct{ name, rest string }

// image is a Dockerfile by its stages; the last one is what runs.
type image [][]instruction

func dockerfile(t testing.TB) image {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(Root(t), "Dockerfile"))
	require.NoError(t, err)
	var stages image
	joined := strings.ReplaceAll(string(text), "\\\n", " ")
	for line := range strings.Lines(joined) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, rest, _ := strings.Cut(line, " ")
		if name == "FROM" {
			stages = append(stages, nil)
		}
		require.NotEmpty(t, stages, "a Dockerfile begins with FROM")
		last := &stages[len(stages)-1]
		*last = append(*last, instruction{name, strings.TrimSpace(rest)})
	}
	return stages
}

// all returns what a stage says with one instruction.
func all(stage []instruction, name string) (rest []string) {
	for _, one := range stage {
		if one.name == name {
			rest = append(rest, one.rest)
		}
	}
	return rest
}

func (i image) final() []instruction { return i[len(i)-1] }

// programs are the paths of what was built, in the image.
func (i image) programs() (paths []string) {
	for _, copied := range all(i.final(), "COPY") {
		parts := strings.Fields(copied)
		if strings.HasPrefix(parts[1], "/out/") {
			paths = append(paths, parts[2])
		}
	}
	return paths
}

func (i image) entrypoint(t testing.TB) (command []string) {
	t.Helper()
	found := all(i.final(), "ENTRYPOINT")
	require.Len(t, found, 1)
	require.NoError(t, json.Unmarshal([]byte(found[0]), &command))
	return command
}

// built is a folder with the image's programs, made once by the Dockerfile's
// own lines.
var built = sync.OnceValues(func() (string, error) { return os.MkdirTemp("", "guest-journeys-image-") })

var build sync.Once

func TestMain(m *testing.M) {
	code := m.Run()
	if folder, err := built(); err == nil {
		_ = os.RemoveAll(folder)
	}
	os.Exit(code)
}

// programs builds what the image holds and returns the folder.
func programs(t testing.TB) string {
	t.Helper()
	folder, err := built()
	require.NoError(t, err)
	build.Do(func() { err = buildPrograms(dockerfile(t), Root(t), folder) })
	require.NoError(t, err)
	return folder
}

func buildPrograms(i image, root, folder string) error {
	environment := os.Environ()
	for _, set := range all(i[0], "ENV") {
		environment = append(environment, strings.Fields(set)...)
	}
	ran := 0
	for _, line := range all(i[0], "RUN") {
		if !strings.HasPrefix(line, "go build ") {
			continue
		}
		ran++
		command := exec.Command("sh", "-c", strings.ReplaceAll(line, "/out/", folder+"/"))
		command.Dir, command.Env = root, environment
		if output, err := command.CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w\n%s", line, err, output)
		}
	}
	if ran == 0 {
		return errors.New("the Dockerfile's first stage builds nothing")
	}
	return nil
}

func TestTheImageRunsStaticProgramsAsNobody(t *testing.T) {
	i := dockerfile(t)
	require.Len(t, i, 2)
	assert.Equal(t, []string{"scratch"}, all(i.final(), "FROM"))
	assert.Empty(t, all(i.final(), "RUN"), "there is nothing to run")
	user := all(i.final(), "USER")
	require.Len(t, user, 1)
	assert.Regexp(t, regexp.MustCompile(`^[1-9]\d*:[1-9]\d*$`), user[0], "not root, and by number")
	assert.Contains(t, all(i.final(), "COPY")[0], "/etc/ssl/certs/ca-certificates.crt")

	folder := programs(t)
	require.Equal(t, []string{"/worker", "/webhookproxy", "/starter"}, i.programs())
	for _, program := range i.programs() {
		file, err := elf.Open(folder + program)
		require.NoError(t, err)
		for _, segment := range file.Progs {
			assert.NotEqual(t, elf.PT_INTERP, segment.Type, "%s wants a dynamic linker", program)
		}
		libraries, err := file.ImportedLibraries()
		require.NoError(t, err)
		assert.Empty(t, libraries, program)
		require.NoError(t, file.Close())
	}
}

// TestTheGoVersionIsTheModules: the build image compiles what go.mod asks for.
func TestTheGoVersionIsTheModules(t *testing.T) {
	module, err := os.ReadFile(filepath.Join(Root(t), "go.mod"))
	require.NoError(t, err)
	version := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindStringSubmatch(string(module))
	assert.Contains(t, all(dockerfile(t)[0], "FROM")[0], "golang:"+version[1]+"-")
}

// TestNoSecretEntersTheBuild: what an operator fills in, and what a run leaves,
// stays out of the build's context.
func TestNoSecretEntersTheBuild(t *testing.T) {
	ignored, err := os.ReadFile(filepath.Join(Root(t), ".dockerignore"))
	require.NoError(t, err)
	for _, path := range []string{".git", ".data", "bin", "compose.env"} {
		assert.Contains(t, strings.Split(string(ignored), "\n"), path)
	}
	unversioned, err := os.ReadFile(filepath.Join(Root(t), ".gitignore"))
	require.NoError(t, err)
	assert.Contains(t, string(unversioned), "/compose.env\n")
}
