package providers

import (
	"encoding/json"
	"net/http"
	"net/url"
	"time"

	"guestjourney/internal/verify"
)

// maxChallenge bounds what is said back, in bytes.
const maxChallenge = kilobyte

// tryout is a GET by which a sender tries an address out: it shows the token
// that it was given with the address, and wants to hear its challenge again.
type tryout struct {
	variable  string // of the tokens
	token     string // query parameter
	challenge string // query parameter
	answer    func(challenge string) Answer
}

// with reads the tokens when a challenge comes, so that they change like
// secrets. They are compared as those of a header are, in a time that tells
// nothing. Its errors are those of package verify.
func (t tryout) with(config Config) func(url.Values) (Answer, error) {
	const header = "Token"
	return func(query url.Values) (Answer, error) {
		verifier, err := verify.NewToken(header, config.secrets(t.variable)...)
		if err != nil {
			return Answer{}, verify.ErrNoSecret // one that is no token lets nobody in
		}
		if _, err := verifier.Verify(verify.Message{Header: http.Header{header: query[t.token]}}, time.Time{}); err != nil {
			return Answer{}, err
		}
		challenge := query[t.challenge]
		if len(challenge) != 1 || challenge[0] == "" || len(challenge[0]) > maxChallenge {
			return Answer{}, verify.ErrHeader
		}
		return t.answer(challenge[0]), nil
	}
}

// Media types of answers.
const (
	plainText = "text/plain; charset=utf-8"
	jsonText  = "application/json"
)

// jsonAnswer is an answer of texts and numbers.
func jsonAnswer(fields map[string]any) Answer {
	body, err := json.Marshal(fields)
	if err != nil {
		panic("texts and numbers cannot be written as JSON: " + err.Error())
	}
	return Answer{ContentType: jsonText, Body: string(body)}
}
