package wording_test

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"guestjourney/activities/failure"
	"guestjourney/activities/wording"
)

var book = &wording.Book{GuestAppURL: "https://stay.example/", Sender: "Casa Serena"}

// parameters lists every template with what the workflows give it.
var parameters = map[string][]string{
	wording.Welcome:         {"name", "path"},
	wording.HealthConsent:   {"name", "path"},
	wording.HealthForm:      {"name", "path"},
	wording.Information:     {"name", "path"},
	wording.NotPossible:     {"name"},
	wording.Offer:           {"name", "program", "total", "deposit", "until", "path"},
	wording.PaymentRequest:  {"name", "amount", "link", "until"},
	wording.PaymentAction:   {"name", "amount", "link"},
	wording.Confirmation:    {"name", "program", "start"},
	wording.Reminder:        {"name", "start", "in"},
	wording.Moved:           {"name", "start"},
	wording.CancellationOK:  {"name", "refund"},
	wording.CancellationDue: {"name", "refund"},
	wording.Expired:         {"name"},
	wording.CheckIn:         {"name"},
	wording.StopConfirmed:   {},
	wording.StartConfirmed:  {},
	wording.Help:            {},
	wording.ProviderDown:    {"provider", "use", "since", "code"},
	wording.ProviderUp:      {"provider", "use", "since", "was"},
	wording.FunctionText:    {},
}

// textOnly are the templates without an e-mail.
var textOnly = map[string]bool{wording.StopConfirmed: true, wording.StartConfirmed: true, wording.Help: true, wording.FunctionText: true}

var values = map[string]string{
	"name": "Ana", "path": "/intake/abc", "link": "https://pay.example/cs_1", "program": "Retreat 7 days",
	"total": "USD 3,000.00", "deposit": "USD 500.00", "amount": "USD 500.00", "refund": "USD 250.00",
	"provider": "stripe", "use": "payments", "since": "Monday 1 March 2027, 12:04 UTC", "was": "Monday 1 March 2027, 11:40 UTC", "code": "Ambiguous status_503",
	"until": "Tuesday 23 February 2027, 18:00 UTC", "start": "Wednesday 10 March 2027, 09:00", "in": "24 h",
}

func given(template string) map[string]string {
	params := map[string]string{}
	for _, name := range parameters[template] {
		params[name] = values[name]
	}
	return params
}

func eachTemplate(t *testing.T, check func(t *testing.T, template, locale string)) {
	t.Helper()
	for template := range parameters {
		for _, locale := range []string{"en", "es"} {
			t.Run(template+"/"+locale, func(t *testing.T) { check(t, template, locale) })
		}
	}
}

func TestEveryTextMessageRenders(t *testing.T) {
	ending := regexp.MustCompile(` Ref [A-Z2-7]{8}$`)
	eachTemplate(t, func(t *testing.T, template, locale string) {
		text, err := book.SMS(template, locale, "journey/1/abc/welcome/1", given(template))
		require.NoError(t, err)
		require.True(t, strings.HasPrefix(text, "Casa Serena: "), "begins with the sender: %s", text)
		require.Regexp(t, ending, text)
		require.NotContains(t, text, "\n")
		require.LessOrEqual(t, len([]rune(text)), 320, "a text message stays short")
		containsParameters(t, text, template)
	})
}

func TestEveryMailRenders(t *testing.T) {
	eachTemplate(t, func(t *testing.T, template, locale string) {
		subject, text, err := book.Email(template, locale, given(template))
		if textOnly[template] {
			requireInvalid(t, err, template)
			return
		}
		require.NoError(t, err)
		require.NotEmpty(t, subject)
		require.NotContains(t, subject, "Subject:")
		require.NotContains(t, subject, "\n")
		require.True(t, strings.HasSuffix(text, "Casa Serena\n"), "signed: %s", text)
		containsParameters(t, subject+text, template)
	})
}

func containsParameters(t *testing.T, text, template string) {
	t.Helper()
	for _, name := range parameters[template] {
		want := values[name]
		if name == "path" {
			want = "https://stay.example/intake/abc"
		}
		require.Contains(t, text, want, "parameter %s", name)
	}
	require.NotContains(t, text, "<no value>")
}

func TestMissingParametersAreNamed(t *testing.T) {
	eachTemplate(t, func(t *testing.T, template, locale string) {
		for _, name := range parameters[template] {
			params := given(template)
			delete(params, name)
			missing := name
			if name == "path" {
				missing = "link"
			}
			_, err := book.SMS(template, locale, "key", params)
			requireInvalid(t, err, `"`+missing+`" is missing`)
			_, _, err = book.Email(template, locale, params)
			requireInvalid(t, err, `"`+missing+`" is missing`)
		}
	})
}

func TestUnknownTemplateAndLanguage(t *testing.T) {
	_, err := book.SMS("nothing", "en", "key", nil)
	requireInvalid(t, err, `no template "nothing"`)
	_, _, err = book.Email(wording.Welcome, "fr", given(wording.Welcome))
	requireInvalid(t, err, `language "fr"`)
}

func TestUnknownLanguageOfAGuestIsEnglish(t *testing.T) {
	text, err := book.SMS(wording.Help, "", "key", nil)
	require.NoError(t, err)
	require.Contains(t, text, "Reply STOP")
}

func TestIncompleteBook(t *testing.T) {
	_, err := (&wording.Book{GuestAppURL: "https://x.example"}).SMS(wording.Help, "en", "key", nil)
	requireInvalid(t, err, "sender")
	_, err = (&wording.Book{Sender: "Casa"}).SMS(wording.Welcome, "en", "key", given(wording.Welcome))
	requireInvalid(t, err, "guest's pages")
}

func TestPathAndLink(t *testing.T) {
	params := given(wording.Welcome)
	params["link"] = "https://elsewhere.example"
	_, err := book.SMS(wording.Welcome, "en", "key", params)
	requireInvalid(t, err, "not both")

	_, err = book.SMS(wording.Welcome, "en", "key", map[string]string{"name": "Ana", "path": ".evil.example"})
	requireInvalid(t, err, "begin with /")
}

func TestReferenceFollowsTheEffectKey(t *testing.T) {
	first, err := book.SMS(wording.Help, "en", "key-1", nil)
	require.NoError(t, err)
	again, err := book.SMS(wording.Help, "en", "key-1", nil)
	require.NoError(t, err)
	other, err := book.SMS(wording.Help, "en", "key-2", nil)
	require.NoError(t, err)
	require.Equal(t, first, again)
	require.NotEqual(t, first, other)
	require.True(t, strings.HasSuffix(first, wording.Reference("key-1")))
	// Pinned: a new version must find the messages that an old one sent.
	require.Equal(t, " Ref XYUXIVDJ", wording.Reference("key-1"))
}

func TestFirstMessageTellsHowToStop(t *testing.T) {
	for _, locale := range []string{"en", "es"} {
		text, err := book.SMS(wording.Welcome, locale, "key", given(wording.Welcome))
		require.NoError(t, err)
		require.Contains(t, text, "STOP")
	}
}

func TestNoRefundIsNotMentioned(t *testing.T) {
	for _, locale := range []string{"en", "es"} {
		text, err := book.SMS(wording.CancellationOK, locale, "key", map[string]string{"name": "Ana", "refund": ""})
		require.NoError(t, err)
		require.NotContains(t, text, "refund")
		require.NotContains(t, text, "reembols")
	}
}

func TestNamesThatAreNoNames(t *testing.T) {
	greeting := func(name string) string {
		text, err := book.SMS(wording.Welcome, "en", "key", map[string]string{"name": name, "path": "/x"})
		require.NoError(t, err)
		greeting, _, _ := strings.Cut(text, ", thank you")
		return strings.TrimPrefix(greeting, "Casa Serena: ")
	}
	require.Equal(t, "hello", greeting(""))
	require.Equal(t, "hello José María O'Neill-Peña", greeting("José  María\nO'Neill-Peña"))
	require.Equal(t, "hello Ana J. Pérez", greeting("Ana J. Pérez"))
	for _, name := range []string{"win at evil.example now", "http://evil", "you owe 100", strings.Repeat("a", 41)} {
		require.Equal(t, "hello", greeting(name), name)
	}
}

func TestValuesCannotAddLines(t *testing.T) {
	params := given(wording.Confirmation)
	params["program"] = "Retreat\r\nBcc: someone\x00"
	subject, _, err := book.Email(wording.Confirmation, "en", params)
	require.NoError(t, err)
	require.Equal(t, "You are booked: Retreat Bcc: someone", subject)
}

func TestTimesAreSpoken(t *testing.T) {
	for _, test := range []struct{ locale, start, want string }{
		{"en", "2027-03-10T09:00:00", "Wednesday 10 March 2027, 09:00"},
		{"es", "2027-03-10T09:00:00", "miércoles 10 de marzo de 2027, 09:00"},
		{"en", "2027-12-01T21:30", "Wednesday 1 December 2027, 21:30"},
		{"es", "2027-02-28 18:00 UTC", "domingo 28 de febrero de 2027, 18:00 UTC"},
		{"en", "after lunch", "after lunch"},
	} {
		_, text, err := book.Email(wording.Moved, test.locale, map[string]string{"name": "", "start": test.start})
		require.NoError(t, err)
		require.Contains(t, text, "\n"+test.want+"\n")
	}
}

func TestLanguagesHaveTheSameTemplates(t *testing.T) {
	names := func(locale string) (list []string) {
		files, err := filepath.Glob("templates/" + locale + "/*")
		require.NoError(t, err)
		for _, file := range files {
			list = append(list, filepath.Base(file))
		}
		return list
	}
	require.Equal(t, names("en"), names("es"))
	require.Len(t, names("en"), 2*len(parameters)-len(textOnly), "a file that no constant names, or the other way round")
}

// A mail or text lies open on a telephone: no word says why the guest comes.
var healthWords = regexp.MustCompile(`(?i)health|medic|médic|clinic|clínic|patient|pacient|doctor|nurse|enfermer|treat(ment|ed)|tratamient|` +
	`therap|terap|cardi|heart|coraz|blood|sangre|drug|f[aá]rmac|diagnos|symptom|síntoma|illness|\bsalud\b|screening|surgery|cirug|` +
	`detox|ibogain|ketamin|psychedel|psicod|anxiety|ansiedad|depress|depresi|recover|recuper`)

func TestNoHealthWords(t *testing.T) {
	require.Regexp(t, healthWords, "your treatment", "the pattern works")
	files, err := filepath.Glob("templates/*/*")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		require.Empty(t, healthWords.FindString(string(text)), file)
	}
}

func requireInvalid(t *testing.T, err error, contains string) {
	t.Helper()
	var known *failure.Error
	require.True(t, errors.As(err, &known), "a *failure.Error, not %T: %v", err, err)
	require.Equal(t, failure.InvalidInput, known.Class)
	require.Contains(t, known.Error(), contains)
}
