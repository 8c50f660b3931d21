package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var (
	requirement = regexp.MustCompile(`(?m)^\| (\d+) \| [^|]+ \| ([^|]+) \|$`)
	testName    = regexp.MustCompile("`([a-z0-9/]+)\\.((?:Test|Fuzz|Benchmark)[A-Za-z0-9_]+)`")
)

// Every requirement is in the table, and its tests are there.
func TestEveryRequirementHasItsTests(t *testing.T) {
	table, err := os.ReadFile("REQUIREMENTS.md")
	require.NoError(t, err)
	rows := requirement.FindAllStringSubmatch(string(table), -1)
	require.Len(t, rows, 25)
	known := map[string]map[string]bool{}
	for i, row := range rows {
		require.Equal(t, strconv.Itoa(i+1), row[1], "rows are in order")
		named := testName.FindAllStringSubmatch(row[2], -1)
		require.NotEmpty(t, named, "row %s has no test", row[1])
		require.Len(t, named, strings.Count(row[2], "`")/2, "row %s: a name is not of the form `folder.TestName`", row[1])
		for _, name := range named {
			if known[name[1]] == nil {
				known[name[1]] = testsIn(t, filepath.Join("..", name[1]))
			}
			require.True(t, known[name[1]][name[2]], "row %s: there is no %s in %s", row[1], name[2], name[1])
		}
	}
}

// testsIn are the functions of a folder's test files.
func testsIn(t *testing.T, folder string) map[string]bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*_test.go"))
	require.NoError(t, err)
	found := map[string]bool{}
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		for _, declaration := range parsed.Decls {
			if function, is := declaration.(*ast.FuncDecl); is && function.Recv == nil {
				found[function.Name.Name] = true
			}
		}
	}
	return found
}
