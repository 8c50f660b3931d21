package providers

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"guestjourney/activities/wording"
)

// AssistantSettings say which of Vapi's assistants takes a call.
type AssistantSettings struct {
	Assistants       []string `env:"VAPI_ASSISTANTS"`
	DefaultAssistant string   `env:"VAPI_DEFAULT_ASSISTANT"`
}

// Assistants are the IDs of Vapi's assistants.
type Assistants struct {
	ByLanguage map[string]string
	// Default takes a call in a language that has none, and a stranger's; empty
	// means that such a caller hears a sentence.
	Default string
}

// assistantID is what Vapi's IDs look like, and no secret.
var assistantID = regexp.MustCompile(`^[0-9A-Za-z_-]{1,64}$`)

// ReadAssistants returns what is configured. The problems name the variable.
func (s AssistantSettings) ReadAssistants() (assistants Assistants, problems []string) {
	assistants = Assistants{ByLanguage: map[string]string{}, Default: strings.TrimSpace(s.DefaultAssistant)}
	if assistants.Default != "" && !assistantID.MatchString(assistants.Default) {
		problems = append(problems, "VAPI_DEFAULT_ASSISTANT: want the ID of an assistant, as Vapi's dashboard shows it")
	}
	for _, pair := range s.Assistants {
		language, id, _ := strings.Cut(strings.TrimSpace(pair), "=")
		switch {
		case !slices.Contains(wording.Languages(), language) || !assistantID.MatchString(id):
			problems = append(problems, fmt.Sprintf("VAPI_ASSISTANTS: want <language>=<assistant ID>, comma-separated; guests speak %s",
				strings.Join(wording.Languages(), ", ")))
		case assistants.ByLanguage[language] != "":
			problems = append(problems, "VAPI_ASSISTANTS: "+language+" is there twice")
		}
		assistants.ByLanguage[language] = id
	}
	return assistants, problems
}

// speaking is the assistant for a language; empty if there is none.
func (a Assistants) speaking(language string) string {
	if id := a.ByLanguage[language]; id != "" {
		return id
	}
	return a.Default
}
