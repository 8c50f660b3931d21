// Package secrets says which webhook secrets are valid now.
//
// Called by the proxy and by the command that judges a captured webhook, which
// hand its Active to the declared providers. It owns two sources: environment
// variables, read once, and a file in the same form that may change while the
// proxy runs. It promises that the file wins where both name a variable, that a
// file that cannot be read leaves what was known in force, and that no error
// holds a secret.
package secrets

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/joho/godotenv"
)

// FileVariable names the file of secrets, in the form of an env file: NAME=a,b.
const FileVariable = "WEBHOOK_SECRETS_FILE"

// Source holds the secrets. Its methods may be called by any goroutine.
type Source struct {
	path        string
	environment func(name string) string
	now         func() time.Time

	mutex sync.Mutex
	file  map[string]string
}

// Open reads the file; no path means that there is none. environment is
// os.Getenv, and now is time.Now, outside of tests.
func Open(path string, environment func(string) string, now func() time.Time) (*Source, error) {
	source := &Source{path: path, environment: environment, now: now}
	return source, source.Reload()
}

// Reload reads the file again. After an error what was known is still in force.
func (s *Source) Reload() error {
	if s.path == "" {
		return nil
	}
	text, err := os.ReadFile(s.path)
	if err != nil {
		return fmt.Errorf("%s: cannot be read: %w", FileVariable, errors.Unwrap(err))
	}
	read, err := s.parse(text)
	if err != nil {
		return err
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for name := range s.file {
		// A file that somebody is writing, or has cut short, must not take the
		// secrets of a provider away.
		if _, kept := read[name]; !kept && s.environment(name) == "" {
			return fmt.Errorf("%s: %s is not there any more; to retire it on purpose, leave it with no value", FileVariable, name)
		}
	}
	s.file = read
	return nil
}

var variableName = regexp.MustCompile(`^[A-Z][A-Z0-9_]*$`)

func (s *Source) parse(text []byte) (map[string]string, error) {
	read, err := godotenv.UnmarshalBytes(text)
	if err != nil { // the library's text quotes the line
		return nil, errForm
	}
	for name, list := range read {
		if !variableName.MatchString(name) {
			return nil, errForm
		}
		if _, err := active(list, s.now()); err != nil {
			return nil, fmt.Errorf("%s: %s: %w", FileVariable, name, err)
		}
	}
	return read, nil
}

var errForm = errors.New(FileVariable + ": want lines such as STRIPE_WEBHOOK_SECRETS=whsec_new,whsec_old")

// Active returns the secrets of a variable that are valid now. A list that
// cannot be read is handed on as it is, so that whoever uses it complains.
func (s *Source) Active(variable string) []string {
	s.mutex.Lock()
	list, found := s.file[variable]
	s.mutex.Unlock()
	if !found {
		list = s.environment(variable)
	}
	if list == "" {
		return nil
	}
	secrets, err := active(list, s.now())
	if err != nil {
		return strings.Split(list, ",")
	}
	return secrets
}

var errTerm = errors.New(`after a secret want |from=<RFC 3339> or |until=<RFC 3339>, such as whsec_old|until=2027-03-01T00:00:00Z`)

// active reads "secret[|from=...][|until=...],...", and leaves out what is not
// valid yet or any more.
func active(list string, now time.Time) ([]string, error) {
	var secrets []string
	for one := range strings.SplitSeq(list, ",") {
		secret, terms, _ := strings.Cut(strings.TrimSpace(one), "|")
		valid := true
		for term := range strings.SplitSeq(terms, "|") {
			inTerm, err := within(term, now)
			if err != nil {
				return nil, err
			}
			valid = valid && inTerm
		}
		if valid {
			secrets = append(secrets, secret)
		}
	}
	return secrets, nil
}

func within(term string, now time.Time) (bool, error) {
	if term == "" {
		return true, nil
	}
	name, text, _ := strings.Cut(term, "=")
	at, err := time.Parse(time.RFC3339, text)
	switch {
	case err != nil:
		return false, errTerm
	case name == "from":
		return !now.Before(at), nil
	case name == "until":
		return now.Before(at), nil
	}
	return false, errTerm
}
