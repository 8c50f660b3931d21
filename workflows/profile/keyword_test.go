package profile

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestKeywords(t *testing.T) {
	for text, want := range map[string]struct {
		keyword  Keyword
		answered bool
	}{
		"STOP": {KeywordStop, true}, "stop": {KeywordStop, true}, "Stop.": {KeywordStop, true}, "STOP please": {KeywordStop, false},
		"baja": {KeywordStop, false}, "ALTO": {KeywordStop, false}, "Cancelar por favor": {KeywordStop, false}, "no more": {KeywordStop, false},
		"No más": {KeywordStop, false}, "START": {KeywordStart, true}, "alta": {KeywordStart, false}, "HELP": {KeywordHelp, true}, "ayuda": {KeywordHelp, false},
		"Can we stop by on Friday?": {KeywordNone, false}, "I need help with my flight": {KeywordNone, false}, "": {KeywordNone, false},
		"ALTA": {KeywordStart, false}, "BAJA": {KeywordStop, false}, "CANCELAR": {KeywordStop, false}, "No More!": {KeywordStop, false}, "no mas": {KeywordStop, false},
		"Stop, please.": {KeywordStop, false}, "STOP ALL": {KeywordStop, false}, "AYUDA": {KeywordHelp, false}, "Help!": {KeywordHelp, true}, "No more questions": {KeywordNone, false},
		"stop smoking is my goal": {KeywordNone, false}, "yes": {KeywordStart, true}, "Yes, see you then": {KeywordNone, false},
	} {
		keyword, answered := Read(text)
		assert.Equal(t, want.keyword, keyword, text)
		assert.Equal(t, want.answered, answered, text)
	}
}
