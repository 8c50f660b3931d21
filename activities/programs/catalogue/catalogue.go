// Package catalogue reads the programs from JSON files.
//
// Called by the worker at its start, which hands it to the port's activities.
// It owns the files that come with the project and the checking of any others
// (PROGRAMS_DIR). It promises that every file is checked whole before a journey
// sees one, and that all problems of all files are named at once. Files are
// read once: a changed file takes effect with the next start of the worker,
// for new journeys only, because a journey keeps its snapshot.
package catalogue

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"guestjourney/activities/failure"
	"guestjourney/activities/programs"
)

//go:embed *.json
var embedded embed.FS

// hashDigits is how much of a file's SHA-256 a snapshot shows.
const hashDigits = 12

// Catalogue holds checked programs by their code.
type Catalogue struct{ programs map[string]programs.Snapshot }

var _ programs.Catalogue = (*Catalogue)(nil)

// Open reads the programs of a directory; the empty name means those that come
// with the project.
func Open(directory string) (*Catalogue, error) {
	if directory == "" {
		return Read(embedded)
	}
	result, err := Read(os.DirFS(directory))
	if err != nil {
		return nil, fmt.Errorf("PROGRAMS_DIR=%s: %w", directory, err)
	}
	return result, nil
}

// Read reads every *.json file at the top of a file system. Its error joins
// one line for each problem, "retreat-7d.json: length: want more than 0".
func Read(files fs.FS) (*Catalogue, error) {
	names, err := fs.Glob(files, "*.json")
	if err != nil {
		return nil, fmt.Errorf("list the program files: %w", err)
	}
	result := &Catalogue{programs: map[string]programs.Snapshot{}}
	var problems []error
	for _, name := range names {
		snapshot, wrong := readProgram(files, name)
		for _, problem := range wrong {
			problems = append(problems, fmt.Errorf("%s: %s", name, problem))
		}
		result.programs[snapshot.Program.Code] = snapshot
	}
	if len(names) == 0 {
		problems = append(problems, errors.New("no program: want one or more files such as retreat-7d.json"))
	}
	if len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	return result, nil
}

func readProgram(files fs.FS, name string) (programs.Snapshot, []string) {
	data, err := fs.ReadFile(files, name)
	if err != nil {
		return programs.Snapshot{}, []string{"cannot be read: " + err.Error()}
	}
	program, problems := decode(data)
	if len(problems) == 0 {
		problems = check(program)
	}
	if stem := strings.TrimSuffix(path.Base(name), ".json"); len(problems) == 0 && program.Code != stem {
		problems = []string{fmt.Sprintf("code: want %q, as the file is named", stem)}
	}
	sum := sha256.Sum256(data)
	return programs.Snapshot{Program: program, Hash: hex.EncodeToString(sum[:])[:hashDigits]}, problems
}

// Load returns a program. An unknown code is InvalidInput and lists the known.
func (c *Catalogue) Load(_ context.Context, code string) (programs.Snapshot, error) {
	snapshot, ok := c.programs[code]
	if !ok {
		return programs.Snapshot{}, &failure.Error{
			Provider: "programs", Operation: "load", Class: failure.InvalidInput,
			Advice: "program: no such code; the catalogue has " + strings.Join(c.Codes(), ", "),
		}
	}
	return snapshot, nil
}

// Codes lists the programs in order.
func (c *Catalogue) Codes() []string {
	codes := make([]string, 0, len(c.programs))
	for code := range c.programs {
		codes = append(codes, code)
	}
	slices.Sort(codes)
	return codes
}
