package wording_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"guestjourney/activities/options"
	"guestjourney/activities/timetable"
	"guestjourney/activities/wording"
)

// withAt are the sentences that name a time.
var withAt = map[string]bool{wording.CallAppointment: true}

var saidSentences = []string{
	wording.CallAppointment, wording.CallNoAppointment, wording.CallLinkByEmail, wording.CallLinkByText, wording.CallLinkByBoth,
	wording.CallLinkSent, wording.CallNothingDue, wording.CallBack, wording.CallCannotLook, wording.CallCannotDo,
	wording.CallNoNumber, wording.CallLater,
}

// The time is one that timetable printed: the two must agree on its form.
func TestATimeIsSaidAsTimetablePrintedIt(t *testing.T) {
	times, err := timetable.Calculate(timetable.Request{Local: "2027-06-02T15:00:00", Zone: "America/Mexico_City", Duration: options.Duration(time.Hour)})
	require.NoError(t, err)
	said, err := wording.Said(wording.CallAppointment, "en", times.Local)
	require.NoError(t, err)
	require.Equal(t, "Your next appointment begins on Wednesday 2 June 2027, 15:00, local time at the house.", said)
	said, err = wording.Said(wording.CallAppointment, "es", times.Local)
	require.NoError(t, err)
	require.Equal(t, "Su próxima cita empieza el miércoles 2 de junio de 2027, 15:00, hora local de la casa.", said)
	_, err = wording.Said(wording.CallAppointment, "en", "after the treatment")
	require.Error(t, err)
	require.NotContains(t, err.Error(), "treatment")
}

func TestEverySentenceIsSaidInEveryLanguage(t *testing.T) {
	require.Equal(t, []string{"en", "es"}, wording.Languages())
	for _, sentence := range saidSentences {
		seen := map[string]bool{}
		for _, language := range append(wording.Languages(), "") {
			said, err := wording.Said(sentence, language, "Wed 2 Jun 2027, 15:00 (America/Mexico_City)")
			require.NoError(t, err, "%s in %q", sentence, language)
			require.Empty(t, healthWords.FindString(said), sentence)
			require.NotRegexp(t, `[{}\n]|https?:`, said)
			if !withAt[sentence] {
				require.NotRegexp(t, `\d`, said, "no sentence but those with a time has a number")
			}
			seen[said] = true
		}
		require.Len(t, seen, 2, "%s: English for a language that is not known", sentence)
	}
	_, err := wording.Said("nothing", "en", "")
	require.ErrorContains(t, err, "nothing")
	_, err = wording.Said(wording.CallBack, "fr", "")
	require.ErrorContains(t, err, "fr")
}
