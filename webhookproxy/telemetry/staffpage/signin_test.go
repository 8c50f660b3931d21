package staffpage_test

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"guestjourney/webhookproxy/telemetry/staffpage"
	"guestjourney/workflows/session"
)

func TestNothingIsShownToWhoIsNotSignedIn(t *testing.T) {
	t.Parallel()
	w := open(t)
	stranger := w.browser()
	page := stranger.get("/")
	assert.Equal(t, http.StatusSeeOther, page.StatusCode)
	assert.Equal(t, "/signin", page.Header.Get("Location"))
	assert.Equal(t, http.StatusUnauthorized, stranger.get("/events").StatusCode)
	assert.Equal(t, http.StatusUnauthorized, stranger.post("/command", url.Values{"order": {"do=acknowledge"}}).StatusCode)
	assert.Equal(t, http.StatusUnauthorized, stranger.signIn("wrong").StatusCode)
	assert.Equal(t, http.StatusSeeOther, stranger.get("/").StatusCode)
	assert.Contains(t, stranger.get("/signin").text, "The bedside monitor is the primary alarm.")
}

func TestASignInIsACookieThatOnlyThisSiteGets(t *testing.T) {
	t.Parallel()
	w := open(t)
	b := w.browser()
	answer := b.signIn(anaToken)
	require.Equal(t, http.StatusSeeOther, answer.StatusCode)
	found := false
	for _, cookie := range answer.Cookies() {
		if cookie.Name != "__Host-staff" {
			continue
		}
		found = true
		assert.True(t, cookie.Secure && cookie.HttpOnly && cookie.Path == "/" && cookie.Domain == "")
		assert.Equal(t, http.SameSiteStrictMode, cookie.SameSite)
		assert.NotContains(t, cookie.Value, "ana")
	}
	assert.True(t, found)
	assert.Contains(t, b.get("/").text, "Signed in as <strong>p-ana</strong>")

	out := b.post("/signout", url.Values{"csrf": {b.csrf("/")}})
	assert.Equal(t, http.StatusSeeOther, out.StatusCode)
	assert.Equal(t, http.StatusSeeOther, b.get("/").StatusCode, "signed out")
}

func TestASignInEndsByTimeAndWithItsToken(t *testing.T) {
	t.Parallel()
	w := open(t)
	for name, end := range map[string]func(){
		"unused":            func() { w.pass(31 * time.Minute) },
		"a new staff file":  func() { w.roster.Store(roster(t, "another-token")) },
		"longer than shift": func() { w.pass(12*time.Hour + time.Second) },
	} {
		w.roster.Store(roster(t, anaToken))
		b := w.ana()
		require.Equal(t, http.StatusOK, b.get("/").StatusCode, name)
		end()
		assert.Equal(t, http.StatusSeeOther, b.get("/").StatusCode, name)
	}

	w.roster.Store(roster(t, anaToken))
	b := w.ana()
	for range 24 { // half an hour less a little each, as long as a shift
		w.pass(29 * time.Minute)
		require.Equal(t, http.StatusOK, b.get("/").StatusCode)
	}
	w.pass(29 * time.Minute)
	assert.Equal(t, http.StatusSeeOther, b.get("/").StatusCode, "however much it is used")
}

func TestWrongTokensAreLimited(t *testing.T) {
	t.Parallel()
	w := open(t)
	b := w.browser()
	for range 5 {
		require.Equal(t, http.StatusUnauthorized, b.signIn("wrong").StatusCode)
	}
	limited := b.signIn(anaToken)
	assert.Equal(t, http.StatusTooManyRequests, limited.StatusCode, "also the right one, or guessing would not be limited")
	assert.NotEmpty(t, limited.Header.Get("Retry-After"))
	w.pass(6 * time.Second)
	assert.Equal(t, http.StatusSeeOther, b.signIn(anaToken).StatusCode)
}

// TestOneWhoGuessesKeepsNobodyElseOut: behind what terminates TLS all have one
// connection's address.
func TestOneWhoGuessesKeepsNobodyElseOut(t *testing.T) {
	t.Parallel()
	w := openWithin(t, 0, func(config *staffpage.Config) {
		config.Client = func(r *http.Request) string { return r.Header.Get("X-Forwarded-For") }
	})
	from := func(address string, b *browser, token string) int {
		return b.post("/signin", url.Values{"csrf": {b.csrf("/signin")}, "token": {token}}, "X-Forwarded-For", address).StatusCode
	}
	stranger, colleague := w.browser(), w.browser()
	for range 5 {
		require.Equal(t, http.StatusUnauthorized, from("203.0.113.9", stranger, "wrong"))
	}
	assert.Equal(t, http.StatusTooManyRequests, from("203.0.113.9", stranger, anaToken))
	assert.Equal(t, http.StatusSeeOther, from("203.0.113.10", colleague, anaToken))
}

func TestAPostNeedsTheTokenOfItsForm(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.plane.set(func(p *plane) { p.alarms = []session.AlarmView{view(1, session.StateRaised)} })
	b := w.ana()
	order := b.order("acknowledge")
	for name, answer := range map[string]reply{
		"without":               b.post("/command", url.Values{"order": {order}}),
		"wrong":                 b.post("/command", url.Values{"order": {order}, "csrf": {"x"}}),
		"another sign-in's":     b.post("/command", url.Values{"order": {order}, "csrf": {w.ana().csrf("/")}}),
		"sign-out without":      b.post("/signout", nil),
		"from another site":     b.post("/command", url.Values{"order": {order}, "csrf": {b.csrf("/")}}, "Sec-Fetch-Site", "cross-site"),
		"from another origin":   b.post("/command", url.Values{"order": {order}, "csrf": {b.csrf("/")}}, "Origin", "https://evil.example"),
		"sign-in without":       w.browser().post("/signin", url.Values{"token": {anaToken}}),
		"sign-in of another":    w.browser().post("/signin", url.Values{"token": {anaToken}, "csrf": {w.browser().csrf("/signin")}}),
		"sign-in by empty form": w.browser().post("/signin", url.Values{"token": {anaToken}, "csrf": {""}}),
	} {
		assert.Equal(t, http.StatusForbidden, answer.StatusCode, name)
	}
	assert.Empty(t, w.plane.all())
	assert.Equal(t, http.StatusOK, b.get("/").StatusCode, "still signed in")
}

func TestEveryAnswerIsProtected(t *testing.T) {
	t.Parallel()
	w := open(t)
	b := w.ana()
	for _, path := range []string{"/", "/signin", "/static/page.js", "/static/page.css", "/none"} {
		header := b.get(path).Header
		policy := header.Get("Content-Security-Policy")
		assert.Contains(t, policy, "default-src 'none'", path)
		assert.Contains(t, policy, "frame-ancestors 'none'", path)
		assert.NotContains(t, policy, "unsafe", path)
		assert.Equal(t, "no-store", header.Get("Cache-Control"), path)
		assert.Equal(t, "nosniff", header.Get("X-Content-Type-Options"), path)
	}
	for _, path := range []string{"/", "/signin"} {
		text := b.get(path).text
		assert.NotRegexp(t, `<script[^>]*>[^<]`, text, "no script in the page")
		assert.NotRegexp(t, `<style| style=| on[a-z]+=`, text, "and no style")
	}
}
