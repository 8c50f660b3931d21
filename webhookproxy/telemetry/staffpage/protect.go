package staffpage

import "net/http"

// maxBody is far above what a form of the page needs, in bytes.
const maxBody = 4 << 10

// policy lets the page load and send nothing but to its own origin, and nobody
// frame it. Styles and scripts come from files: inline ones do not run.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';" +
	" form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// protect sets what holds for every answer, and refuses what another site has
// sent: the CSRF token says the same, and a mistake in one of them is not enough.
func protect(next http.Handler) http.Handler {
	inside := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		next.ServeHTTP(w, r)
	})
	sameOrigin := http.NewCrossOriginProtection().Handler(inside)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for name, value := range map[string]string{
			"Content-Security-Policy":      policy,
			"Cache-Control":                "no-store",
			"X-Content-Type-Options":       "nosniff",
			"X-Frame-Options":              "DENY", // for browsers that do not know frame-ancestors
			"Referrer-Policy":              "same-origin",
			"Cross-Origin-Opener-Policy":   "same-origin",
			"Cross-Origin-Resource-Policy": "same-origin",
			"Permissions-Policy":           "camera=(), geolocation=(), microphone=()",
		} {
			w.Header().Set(name, value)
		}
		sameOrigin.ServeHTTP(w, r)
	})
}
