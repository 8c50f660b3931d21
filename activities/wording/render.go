package wording

import (
	"fmt"
	"strings"
	"unicode"

	"guestjourney/activities/failure"
)

func (b *Book) render(channel, name, locale string, params map[string]string) (string, error) {
	if locale == "" {
		locale = defaultLocale
	}
	parsed, known := templates[locale+"/"+name+"."+channel]
	if !known {
		return "", invalid(channel, fmt.Sprintf("no template %q in language %q", name, locale), nil)
	}
	values, problem := b.values(locale, params)
	if problem != "" {
		return "", invalid(channel, fmt.Sprintf("template %q: %s", name, problem), nil)
	}
	var text strings.Builder
	if err := parsed.Execute(&text, values); err != nil {
		return "", invalid(channel, fmt.Sprintf("template %q: %s", name, missing(err)), err)
	}
	return text.String(), nil
}

// values are the parameters as the templates see them.
func (b *Book) values(locale string, params map[string]string) (values map[string]string, problem string) {
	if b.Sender == "" {
		return nil, "the sender's name is not configured"
	}
	values = map[string]string{"sender": b.Sender}
	for key, value := range params {
		values[key] = spoken(oneLine(value), locale)
	}
	if name, given := params["name"]; given {
		values["name"] = greetable(name)
	}
	path, given := params["path"]
	if !given {
		return values, ""
	}
	switch _, both := params["link"]; {
	case both:
		return nil, `takes "path" or "link", not both`
	case b.GuestAppURL == "":
		return nil, "the address of the guest's pages is not configured"
	case !strings.HasPrefix(path, "/"):
		return nil, `parameter "path" does not begin with /`
	}
	values["link"] = strings.TrimRight(b.GuestAppURL, "/") + oneLine(path)
	return values, ""
}

// oneLine folds white space and control characters, so that a value cannot add
// lines to a text or headers to a mail.
func oneLine(value string) string {
	return strings.Join(strings.FieldsFunc(value, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r)
	}), " ")
}

// greetable returns a name that can stand in a greeting, or nothing. A name is
// typed by a stranger: without this check anybody could have the property send
// a link of their choice to any number.
func greetable(name string) string {
	name = oneLine(name)
	if len([]rune(name)) > 40 || strings.ContainsAny(name, "/:@<>{}0123456789") {
		return ""
	}
	for _, word := range strings.Fields(name) {
		// "J." is an initial, "example.com" is an address.
		if strings.Contains(strings.TrimSuffix(word, "."), ".") {
			return ""
		}
	}
	return name
}

// missing says which parameter a template did not get. The text of a template's
// error holds the template's words only, never a value.
func missing(err error) string {
	if _, key, found := strings.Cut(err.Error(), "no entry for key "); found {
		return "parameter " + key + " is missing"
	}
	return "cannot be rendered"
}

func invalid(channel, advice string, cause error) *failure.Error {
	return &failure.Error{
		Provider: "wording", Operation: channel + ".render", Class: failure.InvalidInput,
		Advice: advice, Err: cause,
	}
}
