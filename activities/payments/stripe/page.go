package stripe

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Stripe keeps a page open for 30 minutes to 24 hours, counted from when it
// receives the request. pageSlack is what the way there and the difference of
// the clocks may take.
const (
	shortestPage = 30 * time.Minute
	longestPage  = 24 * time.Hour
	pageSlack    = 5 * time.Minute
	// pageRound is how much later the page of each further round closes.
	pageRound = 30 * time.Minute
)

// pageExpiry is when the page closes: the wanted time, moved into what Stripe
// allows. It is counted from when the effect was first asked for, so that a
// second try sends the same parameters under the same key. When a try comes so
// late that Stripe would refuse them, the next round begins, with a later
// expiry and a key of its own: after an outage no page needs a person.
func pageExpiry(since, wanted, now time.Time) (expires time.Time, round int) {
	start := since
	for {
		earliest, latest := start.Add(shortestPage+2*pageSlack), start.Add(longestPage-pageSlack)
		expires = wanted
		if expires.Before(earliest) {
			expires = earliest
		}
		if expires.After(latest) {
			expires = latest
		}
		late := now.Add(shortestPage + pageSlack).Sub(expires)
		if late <= 0 {
			return expires, round
		}
		rounds := int((late + pageRound - 1) / pageRound)
		start, round = start.Add(time.Duration(rounds)*pageRound), round+rounds
	}
}

func roundKey(key string, round int) string {
	if round == 0 {
		return key
	}
	return fmt.Sprintf("%s#late%d", key, round)
}

// pageLocales are the languages of Stripe's page; any other is refused.
var pageLocales = []string{
	"bg", "cs", "da", "de", "el", "en", "en-GB", "es", "es-419", "et", "fi", "fil", "fr", "fr-CA", "hr", "hu", "id", "it", "ja", "ko",
	"lt", "lv", "ms", "mt", "nb", "nl", "pl", "pt", "pt-BR", "ro", "ru", "sk", "sl", "sv", "th", "tr", "vi", "zh", "zh-HK", "zh-TW",
}

// pageLocale is the language nearest to the wanted one; "auto" is the browser's.
func pageLocale(wanted string) string {
	language, _, _ := strings.Cut(wanted, "-")
	switch {
	case slices.Contains(pageLocales, wanted):
		return wanted
	case slices.Contains(pageLocales, language):
		return language
	default:
		return "auto"
	}
}
