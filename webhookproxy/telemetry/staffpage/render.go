package staffpage

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"
)

//go:embed templates
var files embed.FS

var pages = template.Must(template.New("").ParseFS(files, "templates/*.html"))

// part draws one piece of the page. The pieces are this program's own, and so is
// their data's shape: one that cannot be drawn is a mistake that every test finds.
func part(name string, data any) template.HTML {
	var text bytes.Buffer
	if err := pages.ExecuteTemplate(&text, name, data); err != nil {
		panic(err)
	}
	return template.HTML(text.String()) //nolint:gosec // made by html/template
}

// render answers with a whole page.
func render(w http.ResponseWriter, status int, name string, data any) {
	text := part(name, data)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text)) // who has gone reads nothing
}
