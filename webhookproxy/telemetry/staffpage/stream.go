package staffpage

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"time"
)

const (
	// writeTime is how long a browser may take for one event. Then its stream ends,
	// and it makes a new one when it can.
	writeTime = 5 * time.Second
	// heartbeat is how often a stream without a picture says that it lives.
	heartbeat = 3 * time.Second
	// retry is how long a browser waits before it connects again, in milliseconds.
	retry = 1000
)

// event is what a stream sends: what has changed since the one before.
type event struct {
	At    time.Time                `json:"at"`
	Parts map[string]template.HTML `json:"parts,omitempty"`
	Order []string                 `json:"order"`
	Cards map[string]template.HTML `json:"cards,omitempty"` // sessions that it did not have
	Sound string                   `json:"sound"`
	News  []news                   `json:"news,omitempty"`
}

// events keeps a browser current until it goes, its sign-in ends or the program
// stops.
func (p *Page) events(w http.ResponseWriter, r *http.Request, who visitor) {
	leave, free := p.place(who)
	if !free {
		w.Header().Set("Retry-After", "5")
		http.Error(w, "Too many pages are open. Close one.", http.StatusServiceUnavailable)
		return
	}
	defer leave()
	pictures, away, err := p.hub.watch()
	if err != nil {
		http.Error(w, "The live view is not ready: "+err.Error()+".", http.StatusServiceUnavailable)
		return
	}
	defer away()
	w.Header().Set("Content-Type", "text/event-stream")
	out := stream{w: w, control: http.NewResponseController(w), sent: map[string]template.HTML{}}
	// The server's read deadline would end the request, which is longer than others.
	if out.control.SetReadDeadline(time.Time{}) != nil || out.write("retry: %d\n\n", retry) != nil {
		return
	}
	p.pour(r, who, pictures, &out)
}

// place takes one of the streams, of all and of the sign-in.
func (p *Page) place(who visitor) (leave func(), free bool) {
	select {
	case p.places <- struct{}{}:
	default:
		return nil, false
	}
	if !p.signIns.stream(who.id, 1) {
		<-p.places
		return nil, false
	}
	return func() { p.signIns.stream(who.id, -1); <-p.places }, true
}

func (p *Page) pour(r *http.Request, who visitor, pictures <-chan *picture, out *stream) {
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for {
		var err error
		select {
		case <-r.Context().Done():
			return
		case <-p.hub.ctx.Done():
			return
		case now := <-pictures:
			err = out.send(now)
		case <-beat.C:
			err = out.write(": alive\n\n")
		}
		if _, still := p.signIns.find(who.id); err != nil || !still {
			return
		}
	}
}

// stream writes to one browser. It remembers what that has.
type stream struct {
	w       http.ResponseWriter
	control *http.ResponseController
	sent    map[string]template.HTML // parts
}

func (s *stream) send(now *picture) error {
	next := event{At: now.At, Order: now.Order, Sound: now.Sound, News: now.News, Parts: map[string]template.HTML{}, Cards: map[string]template.HTML{}}
	s.changed(&next, now, partNotices, partAlarms)
	for _, key := range now.Order {
		if _, has := s.sent[partOf(key, "head")]; !has {
			next.Cards[key] = now.Cards[key]
			continue
		}
		for _, name := range cardParts {
			s.changed(&next, now, partOf(key, name))
		}
	}
	s.sent = now.Parts
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false) // it is no page; escaped, each tag would take five times its length
	if err := encoder.Encode(next); err != nil {
		return err
	}
	return s.write("event: state\ndata: %s\n", text.Bytes()) // which end with a line's end
}

func (s *stream) changed(next *event, now *picture, ids ...string) {
	for _, id := range ids {
		if text := now.Parts[id]; s.sent[id] != text {
			next.Parts[id] = text
		}
	}
}

// write sends at once. The deadline is the stream's own: the server's is for
// answers that end.
func (s *stream) write(form string, values ...any) error {
	if err := s.control.SetWriteDeadline(time.Now().Add(writeTime)); err != nil {
		return err
	}
	if _, err := fmt.Fprintf(s.w, form, values...); err != nil {
		return err
	}
	return s.control.Flush()
}
