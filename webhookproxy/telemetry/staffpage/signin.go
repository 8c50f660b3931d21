package staffpage

import (
	"crypto/rand"
	"crypto/subtle"
	"net/http"
)

// Cookies. The prefix makes a browser refuse one that is not Secure, or that
// another host or path has set.
const (
	cookieName = "__Host-staff"
	// formCookie holds the CSRF token of the sign-in form, which nobody is signed
	// in for: without it another site could sign a person in as somebody else.
	formCookie = "__Host-signin"
)

func setCookie(w http.ResponseWriter, name, value string, maxAge int) {
	http.SetCookie(w, &http.Cookie{
		Name: name, Value: value, Path: "/", MaxAge: maxAge, Secure: true, HttpOnly: true, SameSite: http.SameSiteStrictMode,
	})
}

// signedIn lets in who is signed in, and a POST only with the sign-in's CSRF token.
func (p *Page) signedIn(next func(http.ResponseWriter, *http.Request, visitor)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var who visitor
		cookie, err := r.Cookie(cookieName)
		known := err == nil
		if known {
			who, known = p.signIns.of(cookie.Value)
		}
		switch {
		case known && r.Method == http.MethodPost && !same(r.PostFormValue("csrf"), who.csrf):
			http.Error(w, "The form is not of this sign-in. Load the page again.", http.StatusForbidden)
		case known:
			next(w, r, who)
		case r.URL.Path == "/":
			http.Redirect(w, r, "/signin", http.StatusSeeOther)
		default:
			http.Error(w, "Nobody is signed in. Sign in at /signin.", http.StatusUnauthorized)
		}
	}
}

func same(given, want string) bool {
	return want != "" && subtle.ConstantTimeCompare([]byte(given), []byte(want)) == 1
}

func (p *Page) signInForm(w http.ResponseWriter, r *http.Request) {
	p.showSignIn(w, r, http.StatusOK, "")
}

// showSignIn keeps the token of a form that is open in another tab.
func (p *Page) showSignIn(w http.ResponseWriter, r *http.Request, status int, problem string) {
	token := ""
	if cookie, err := r.Cookie(formCookie); err == nil {
		token = cookie.Value
	}
	if token == "" {
		token = rand.Text()
		setCookie(w, formCookie, token, 0)
	}
	render(w, status, "signin", map[string]any{"CSRF": token, "Problem": problem})
}

func (p *Page) signIn(w http.ResponseWriter, r *http.Request) {
	form, err := r.Cookie(formCookie)
	if err != nil || !same(r.PostFormValue("csrf"), form.Value) {
		p.showSignIn(w, r, http.StatusForbidden, "The form was too old. Try once more; the browser must accept cookies.")
		return
	}
	if !p.attempts.allowed(r) {
		p.config.Logger.Warn("sign-in to the live view refused: too many wrong tokens from one address")
		w.Header().Set("Retry-After", "6")
		p.showSignIn(w, r, http.StatusTooManyRequests, "Too many wrong tokens. Wait a few seconds.")
		return
	}
	token := r.PostFormValue("token")
	who, known := p.config.Roster().SignIn(token)
	if !known {
		p.attempts.failed(r)
		p.config.Logger.Warn("sign-in to the live view refused: unknown token")
		p.showSignIn(w, r, http.StatusUnauthorized, "The staff file has no such token.")
		return
	}
	setCookie(w, cookieName, p.signIns.begin(who, token), 0)
	setCookie(w, formCookie, "", -1)
	p.config.Logger.Info("signed in to the live view", "person", who.Code)
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func (p *Page) signOut(w http.ResponseWriter, r *http.Request, who visitor) {
	p.signIns.end(who.id)
	setCookie(w, cookieName, "", -1)
	p.config.Logger.Info("signed out of the live view", "person", who.code)
	http.Redirect(w, r, "/signin", http.StatusSeeOther)
}
