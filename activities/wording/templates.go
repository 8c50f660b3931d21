package wording

import (
	"embed"
	"io/fs"
	"strings"
	"text/template"
)

// A channel is the middle part of a template's file name:
// templates/<locale>/<name>.<channel>.txt.
const (
	channelSMS   = "sms"
	channelEmail = "email"
)

// defaultLocale serves a guest whose language is not known.
const defaultLocale = "en"

//go:embed templates
var files embed.FS

// templates are all parsed templates by locale/name.channel. A broken file
// stops the program at its start, not a journey in its middle.
var templates = mustParse()

func mustParse() map[string]*template.Template {
	paths, err := fs.Glob(files, "templates/*/*.txt")
	if err != nil {
		panic(err)
	}
	parsed := make(map[string]*template.Template, len(paths))
	for _, path := range paths {
		text, err := files.ReadFile(path)
		if err != nil {
			panic(err)
		}
		key := strings.TrimSuffix(strings.TrimPrefix(path, "templates/"), ".txt")
		parsed[key] = template.Must(template.New(key).Option("missingkey=error").Parse(strings.TrimSpace(string(text))))
	}
	return parsed
}
