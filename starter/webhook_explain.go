package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"guestjourney/internal/verify"
	"guestjourney/webhookproxy/providers"
)

// examiner finds out why a verifier refused a request.
type examiner struct {
	question
	declared providers.Provider
	secrets  providers.Secrets
}

func (e examiner) findings(message verify.Message) ([]providers.Finding, error) {
	return e.declared.Examine(e.secrets, message, e.at)
}

// blameSignature goes by what each scheme says for itself: the provider's
// verifier stops at the first that is wrong.
func (e examiner) blameSignature(told *Judgement, refused error) error {
	findings, err := e.findings(e.message)
	if err != nil {
		return err
	}
	used := slices.DeleteFunc(slices.Clone(findings), func(found providers.Finding) bool { return len(found.KeyIDs) == 0 })
	switch {
	case errors.Is(refused, verify.ErrUnavailable):
		told.refuse(reasonUnavailable, "the certificate that the message names could not be had from Amazon just now")
		told.hint("try again; the proxy asks the sender to come again too")
	case len(used) == 0:
		told.refuse(reasonNoSecret, "no secret is configured: %s holds none that was valid at %s", variablesOf(findings, " or "), e.at.Format(time.RFC3339))
		told.hint("set it as the proxy has it; what WEBHOOK_SECRETS_FILE names wins over the environment")
	case errors.Is(refused, verify.ErrHeader):
		e.blameHeaders(told, findings, used)
	case errors.Is(refused, verify.ErrStale):
		e.blameTime(told, used)
	default:
		e.blameBytes(told, used)
	}
	if len(told.Why) == 0 { // what no scheme says by itself
		told.refuse(reasonSignature, "%s", refused)
	}
	return nil
}

func (j *Judgement) hint(format string, args ...any) {
	j.Hints = append(j.Hints, fmt.Sprintf(format, args...))
}

func variablesOf(findings []providers.Finding, between string) string {
	names := make([]string, len(findings))
	for i, found := range findings {
		names[i] = found.Variable
	}
	return strings.Join(names, between)
}

// bears says whether the request has the header that is a scheme's proof.
func (e examiner) bears(found providers.Finding) bool {
	return len(e.message.Header.Values(found.Traits.Headers[0])) > 0
}

// blameHeaders looks at the schemes that the request claims, or, if it claims
// none, at all that are in use.
func (e examiner) blameHeaders(told *Judgement, findings, used []providers.Finding) {
	told.Reason = reasonHeader
	claimed := slices.DeleteFunc(slices.Clone(used), func(found providers.Finding) bool { return !e.bears(found) })
	for _, found := range claimed {
		if errors.Is(found.Err, verify.ErrHeader) {
			told.Why = append(told.Why, e.headerFaults(found)...)
		}
	}
	if len(claimed) > 0 {
		return
	}
	for _, found := range used {
		told.Why = append(told.Why, e.headerFaults(found)...)
	}
	for _, found := range findings {
		if len(found.KeyIDs) == 0 && e.bears(found) {
			told.hint("it bears %s, which %s would verify, but that holds no secret valid then", found.Traits.Headers[0], found.Variable)
		}
	}
}

func (e examiner) headerFaults(found providers.Finding) []string {
	var faults []string
	for _, name := range found.Traits.Headers {
		switch values := e.message.Header.Values(name); {
		case len(values) == 0:
			faults = append(faults, fmt.Sprintf("the header %s is missing (%s)", name, found.Variable))
		case len(values) > 1:
			faults = append(faults, fmt.Sprintf("the header %s is there %d times; two readers could each take another one", name, len(values)))
		case values[0] == "":
			faults = append(faults, fmt.Sprintf("the header %s is empty", name))
		}
	}
	switch {
	case len(faults) > 0:
		return faults
	case slices.Contains(found.Traits.Covers, verify.PartFields):
		return []string{fmt.Sprintf("the header %s and the body do not make a whole signed message (%s)", found.Traits.Headers[0], found.Variable)}
	}
	return []string{fmt.Sprintf("%s: not in the form of the scheme (%s), or too long", strings.Join(found.Traits.Headers, ", "), found.Variable)}
}

func (e examiner) blameTime(told *Judgement, used []providers.Finding) {
	for _, found := range used {
		if !errors.Is(found.Err, verify.ErrStale) {
			continue
		}
		signed, window := found.Match.SignedAt, found.Traits.Window
		beyond := e.at.Sub(signed) - window.Past
		if signed.After(e.at) {
			beyond = signed.Sub(e.at) - window.Future
		}
		told.SignedAt, told.KeyID = signed, found.Match.KeyID
		told.refuse(reasonStale, "correctly signed with %s (key %s), but at %s: %s, %s beyond the window of %s before and %s after",
			found.Variable, found.Match.KeyID, signed.Format(time.RFC3339), apart(signed, e.at), span(beyond), span(window.Past), span(window.Future))
	}
	told.hint("is --at when it came? Else it came late or again, or a clock is wrong")
}

// blameBytes says which scheme's signature is wrong, and what would be right.
func (e examiner) blameBytes(told *Judgement, used []providers.Finding) {
	for _, found := range used {
		if !errors.Is(found.Err, verify.ErrSignature) || !e.bears(found) {
			continue
		}
		if len(found.Traits.Covers) == 0 {
			told.refuse(reasonSignature, "the token in %s is none of those in %s (keys %s)", found.Traits.Headers[0], found.Variable, strings.Join(found.KeyIDs, ", "))
		} else {
			told.refuse(reasonSignature, "the signature in %s was made by no secret of %s (keys %s) of this %s", found.Traits.Headers[0], found.Variable,
				strings.Join(found.KeyIDs, ", "), strings.Join(found.Traits.Covers, ", "))
		}
		if proven := e.guess(found); proven != "" {
			told.Hints = append(told.Hints, proven)
			continue
		}
		e.hints(told, found)
	}
}

// hints are what may be the cause, where nothing could be proven. They are true
// for the scheme: what it does not sign is no cause.
func (e examiner) hints(told *Judgement, found providers.Finding) {
	covers := func(part string) bool { return slices.Contains(found.Traits.Covers, part) }
	if covers(verify.PartFields) {
		told.hint("some fields of the body are signed, and the topic must be one of %s", found.Variable)
		return
	}
	told.hint(`another secret? printf %%s "$SECRET" | sha256sum begins with its key ID; the provider's must be one of those above`)
	if covers(verify.PartAddress) || covers(verify.PartPath) {
		told.hint("another address? It was judged as %s and its query; it must be what the provider was told to call, byte by byte (--url, PUBLIC_URL)", shown(e.message.URL))
	}
	if covers(verify.PartMethod) {
		told.hint("another method? It was judged as %s (--method)", e.message.Method)
	}
	if covers(verify.PartBody) {
		told.hint("another body? Its bytes are signed: parsing it and writing it anew, or a new line at its end, is another body")
	}
	if covers(verify.PartForm) {
		told.hint("another form? Its fields are signed, in whatever order; one that was lost or decoded twice is another form")
	}
	if covers(verify.PartHeaders) {
		told.hint("other headers? Those that %s names are signed", verify.ContentfulSignedHeadersHeader)
	}
}
