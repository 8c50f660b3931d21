package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"guestjourney/internal/verify"
	"guestjourney/webhookproxy/providers"
)

// guess is something that happens to requests on their way into a file. It is
// told only where the signature proves it.
type guess struct {
	change func(message *verify.Message)
	says   string
}

// guess returns what would make the signature right, or nothing.
func (e examiner) guess(found providers.Finding) string {
	for _, one := range e.guesses(found) {
		changed := e.message
		changed.Body = slices.Clone(e.message.Body)
		one.change(&changed)
		if (changed.URL != e.message.URL || !bytes.Equal(changed.Body, e.message.Body)) && e.right(found, changed, e.secrets) {
			return "the signature is right " + one.says
		}
	}
	return e.guessTerm(found)
}

// guesses are those that are worth a try: of what the scheme signs.
func (e examiner) guesses(found providers.Finding) []guess {
	covers := func(part string) bool { return slices.Contains(found.Traits.Covers, part) }
	var guesses []guess
	if covers(verify.PartBody) || covers(verify.PartForm) {
		guesses = append(guesses, bodyGuesses...)
	}
	if covers(verify.PartAddress) {
		guesses = append(guesses, e.addressGuesses()...)
	}
	return guesses
}

// right says whether a scheme finds nothing wrong with a message but its time.
func (e examiner) right(found providers.Finding, message verify.Message, secrets providers.Secrets) bool {
	findings, err := e.declared.Examine(secrets, message, e.at)
	if err != nil {
		return false
	}
	return slices.ContainsFunc(findings, func(one providers.Finding) bool {
		return one.Variable == found.Variable && (one.Err == nil || errors.Is(one.Err, verify.ErrStale))
	})
}

// guessTerm asks the secrets that are valid today.
func (e examiner) guessTerm(found providers.Finding) string {
	today, err := e.settings.secretsAt(time.Now())
	if err != nil || !e.right(found, e.message, today.Active) {
		return ""
	}
	return "a secret of " + found.Variable + " that is valid today made it, which was not valid at --at: look at its |from= and |until="
}

var bodyGuesses = []guess{
	{func(m *verify.Message) { m.Body = bytes.TrimRight(m.Body, "\r\n") }, "without the new line at the end of the body: it was added when the body was written down"},
	{func(m *verify.Message) { m.Body = append(m.Body, '\n') }, "with a new line at the end of the body: it was lost when the body was written down"},
	{func(m *verify.Message) { m.Body = append(m.Body, "\r\n"...) }, "with CR LF at the end of the body: it was lost when the body was written down"},
	{func(m *verify.Message) { m.Body = bytes.ReplaceAll(m.Body, []byte("\r\n"), []byte("\n")) }, "with LF for CR LF: the lines of the body were changed"},
	{func(m *verify.Message) { m.Body = compact(m.Body) }, "for the same JSON without spaces: the body was written anew"},
	{func(m *verify.Message) { m.Body = indented(m.Body) }, "for the same JSON with two spaces of indent: the body was written anew"},
}

func compact(body []byte) []byte {
	var out bytes.Buffer
	if json.Compact(&out, body) != nil {
		return body
	}
	return out.Bytes()
}

func indented(body []byte) []byte {
	var out bytes.Buffer
	if json.Indent(&out, bytes.TrimSpace(body), "", "  ") != nil {
		return body
	}
	return out.Bytes()
}

// addressGuesses are other ways to write the address.
func (e examiner) addressGuesses() []guess {
	to := func(address string) func(*verify.Message) { return func(m *verify.Message) { m.URL = address } }
	present := e.message.URL
	guesses := []guess{}
	if strings.Contains(e.given, "://") {
		guesses = append(guesses, guess{to(e.given), "for --url as it was given, but the proxy puts its PUBLIC_URL before the path: set that to what the provider was told to call"})
	}
	if rest, found := strings.CutPrefix(present, "https://"); found {
		guesses = append(guesses, guess{to("http://" + rest), "for http:// instead of https://: that is what the provider was told to call"})
	}
	if rest, found := strings.CutPrefix(present, "http://"); found {
		guesses = append(guesses, guess{to("https://" + rest), "for https:// instead of http://: that is what the provider was told to call (PUBLIC_URL)"})
	}
	path, query, asked := strings.Cut(present, "?")
	if asked {
		guesses = append(guesses, guess{to(path), "without the query: the provider was told to call the address without it"})
		query = "?" + query
	}
	if strings.HasSuffix(path, "/") {
		return append(guesses, guess{to(strings.TrimRight(path, "/") + query), "without the slash at the end of the path"})
	}
	return append(guesses, guess{to(path + "/" + query), "with a slash at the end of the path"})
}
