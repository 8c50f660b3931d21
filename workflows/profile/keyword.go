package profile

import "strings"

// Keyword is what a guest's text asks for.
type Keyword string

// The keywords.
const (
	KeywordNone  Keyword = ""
	KeywordStop  Keyword = "stop"
	KeywordStart Keyword = "start"
	KeywordHelp  Keyword = "help"
)

// words in English and Spanish. The Spanish list is not confirmed by counsel or
// the carriers; a word too many closes a channel that can be opened again.
var words = map[string]Keyword{
	"stop": KeywordStop, "stopall": KeywordStop, "unsubscribe": KeywordStop, "cancel": KeywordStop,
	"end": KeywordStop, "quit": KeywordStop, "optout": KeywordStop, "revoke": KeywordStop,
	"baja": KeywordStop, "alto": KeywordStop, "cancelar": KeywordStop, "parar": KeywordStop,
	"start": KeywordStart, "unstop": KeywordStart, "yes": KeywordStart, "alta": KeywordStart,
	"iniciar": KeywordStart, "help": KeywordHelp, "info": KeywordHelp, "ayuda": KeywordHelp,
}

// twilioWords are answered by Twilio itself (support.twilio.com 223134027):
// single words only; a second answer of ours would be refused or one too many.
var twilioWords = map[string]bool{
	"stop": true, "stopall": true, "unsubscribe": true, "cancel": true, "end": true, "quit": true,
	"optout": true, "revoke": true, "start": true, "unstop": true, "yes": true, "help": true, "info": true,
}

// Read finds what a text asks for: a keyword alone, "STOP please" in any case,
// or "no more". It answers also whether Twilio answers the guest by itself.
func Read(text string) (keyword Keyword, answered bool) {
	fields := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool {
		return strings.ContainsRune(" \t\r\n.,!?;:\"'¡¿-_()", r)
	})
	if len(fields) == 0 {
		return KeywordNone, false
	}
	joined := strings.Join(fields, " ")
	switch joined {
	case "no more", "no mas", "no más", "opt out":
		return KeywordStop, false
	}
	keyword = words[fields[0]]
	if len(fields) == 1 {
		return keyword, twilioWords[fields[0]]
	}
	polite := map[string]bool{"please": true, "por": true, "favor": true, "porfavor": true, "now": true, "ya": true, "all": true}
	for _, field := range fields[1:] {
		if !polite[field] {
			return KeywordNone, false
		}
	}
	return keyword, false
}
