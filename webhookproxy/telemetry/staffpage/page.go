package staffpage

import (
	"context"
	"embed"
	"io/fs"
	"log/slog"
	"net/http"
	"time"

	"guestjourney/internal/staff"
	"guestjourney/webhookproxy/telemetry/reading"
	"guestjourney/webhookproxy/telemetry/store"
	"guestjourney/workflows/kit"
	"guestjourney/workflows/session"
)

// Readings is what the page reads; *store.Store is one.
type Readings interface {
	Sessions(ctx context.Context) ([]store.Assignment, error)
	WithoutDevice(ctx context.Context) ([]store.Assignment, error)
	Range(ctx context.Context, session string, from, to time.Time) ([]store.Stored, error)
	Tail(ctx context.Context, session string, after int64, limit int) ([]store.Stored, error)
	TailECG(ctx context.Context, session string, after int64, from time.Time) (strips []reading.Strip, last int64, err error)
	Transitions(ctx context.Context, session string, above uint64, limit int) ([]store.Entry, error)
}

var _ Readings = (*store.Store)(nil)

// Monitors are the SessionMonitors. Calls end with their context. Errors wrap
// ErrSilent if there is no answer, ErrNoMonitor if there is no such workflow, and
// are a *Refusal if a command was not accepted.
type Monitors interface {
	Status(ctx context.Context, session string) (session.Overview, error)
	// Update gives a command. The same ID again is the same command.
	Update(ctx context.Context, session, id, name string, command any) (kit.Outcome, error)
}

// Config is what a Page needs.
type Config struct {
	Readings Readings
	Monitors Monitors
	Roster   func() *staff.Roster // the one in force; asked at every request
	Logger   *slog.Logger
	Now      func() time.Time // nil means time.Now
	// Client says from which address a request comes; nil takes the other end of the
	// connection.
	Client func(*http.Request) string
	// Every is how often the page is brought up to date; 0 means a second.
	Every time.Duration
	// Streams is how many browsers may be kept current at once; 0 means 64.
	Streams int
}

const (
	defaultEvery   = time.Second
	defaultStreams = 64
)

// Page serves the live view.
type Page struct {
	config   Config
	handler  http.Handler
	signIns  *signIns
	attempts *attempts
	hub      *hub
	places   chan struct{} // one for each stream
}

//go:embed static
var static embed.FS

// New makes a page. Close it after use.
func New(config Config) *Page {
	if config.Now == nil {
		config.Now = time.Now
	}
	if config.Every <= 0 {
		config.Every = defaultEvery
	}
	if config.Client == nil {
		config.Client = otherEnd
	}
	if config.Streams <= 0 {
		config.Streams = defaultStreams
	}
	p := &Page{
		config: config, signIns: newSignIns(config.Now, config.Roster), attempts: newAttempts(config.Now, config.Client),
		places: make(chan struct{}, config.Streams),
	}
	p.hub = newHub(config)
	p.handler = protect(p.routes())
	return p
}

// ServeHTTP implements http.Handler.
func (p *Page) ServeHTTP(w http.ResponseWriter, r *http.Request) { p.handler.ServeHTTP(w, r) }

// Close ends every stream, so that the server can shut down, and waits for what
// follows the readings. Requests after it are answered with 503.
func (p *Page) Close() { p.hub.close() }

func (p *Page) routes() http.Handler {
	files, err := fs.Sub(static, "static")
	if err != nil {
		panic(err) // the folder is part of the program
	}
	mux := http.NewServeMux()
	mux.Handle("GET /static/", http.StripPrefix("/static/", http.FileServerFS(files)))
	mux.HandleFunc("GET /signin", p.signInForm)
	mux.HandleFunc("POST /signin", p.signIn)
	mux.HandleFunc("POST /signout", p.signedIn(p.signOut))
	mux.HandleFunc("POST /command", p.signedIn(p.command))
	mux.HandleFunc("GET /events", p.signedIn(p.events))
	mux.HandleFunc("GET /{$}", p.signedIn(p.page))
	return mux
}

// page shows everything as it is now.
func (p *Page) page(w http.ResponseWriter, r *http.Request, who visitor) {
	now, err := p.hub.present(r.Context())
	if err != nil {
		http.Error(w, "The live view is not ready: "+err.Error()+". Load the page again.", http.StatusServiceUnavailable)
		return
	}
	said := ""
	if r.Method == http.MethodGet { // a HEAD, by which the script asks who is signed in, tells nobody
		said = p.signIns.said(who.id)
	}
	render(w, http.StatusOK, "page", map[string]any{"Who": who.code, "CSRF": who.csrf, "Said": said, "Now": now})
}
