package sandbox

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// googleState is one Google account: every calendar that is named exists. The
// effect key of a write is extendedProperties.private.op; that of a delete is
// the event's ID and ":delete".
type googleState struct {
	events *table[googleEvent] // by "<calendar>/<id>"
}

type googleEvent struct {
	ID        string                     `json:"id"`
	Calendar  string                     `json:"calendar"`
	Fields    map[string]json.RawMessage `json:"fields"` // as the client wrote them
	Status    string                     `json:"status"`
	Sequence  int                        `json:"sequence"`
	Revision  int64                      `json:"revision"`
	CreatedAt time.Time                  `json:"createdAt"`
	UpdatedAt time.Time                  `json:"updatedAt"`
}

func (e googleEvent) key() string  { return e.Calendar + "/" + e.ID }
func (e googleEvent) etag() string { return `"` + strconv.FormatInt(e.Revision, 10) + `"` }

func (s *Server) googleTables() {
	s.google = googleState{events: newTable[googleEvent](s.store, "google.events")}
}

func (s *Server) googleRoutes() {
	d := &dialect{name: providerGoogle, authenticate: s.googleAuthenticate, trouble: googleTrouble, effectKey: googleEffectKey}
	const events = "/calendar/v3/calendars/{calendar}/events"
	s.route(d, "GET", "/calendar/v3/calendars/{calendar}", "calendars.get", func(c *call) answer {
		return answer{status: http.StatusOK, body: map[string]any{"kind": "calendar#calendar", "id": c.PathValue("calendar"), "summary": "Sandbox", "timeZone": "UTC"}}
	})
	s.route(d, "POST", events, "events.insert", s.googleInsert)
	s.route(d, "GET", events, "events.list", s.googleList)
	s.route(d, "GET", events+"/{event}", "events.get", s.googleGet)
	s.route(d, "PUT", events+"/{event}", "events.update", s.googleUpdate)
	s.route(d, "PATCH", events+"/{event}", "events.patch", s.googlePatch)
	s.route(d, "DELETE", events+"/{event}", "events.delete", s.googleDelete)
	s.mux.Handle("/google/", s.endpoint(d, operation{"unknown", func(*call) answer { return *googleNotFound() }}))
}

func googleError(status int, reason, message string) *answer {
	refused := answer{status: status, body: map[string]any{"error": map[string]any{
		"code": status, "message": message, "errors": []any{map[string]any{"domain": "global", "reason": reason, "message": message}},
	}}}
	return &refused
}

func googleNotFound() *answer { return googleError(http.StatusNotFound, "notFound", "Not Found") }

func googleTrouble(status int) answer {
	switch status {
	case http.StatusTooManyRequests:
		return *googleError(status, "rateLimitExceeded", "Rate Limit Exceeded")
	case http.StatusRequestEntityTooLarge:
		return *googleError(status, "uploadTooLarge", "Request Entity Too Large")
	default:
		return *googleError(status, "backendError", "Backend Error")
	}
}

func (s *Server) googleAuthenticate(c *call) *answer {
	if same(c.bearer(), s.config.Secrets.GoogleToken) {
		return nil
	}
	const message = "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential."
	return &answer{status: http.StatusUnauthorized, header: http.Header{"Www-Authenticate": {`Bearer realm="https://accounts.google.com/", error="invalid_token"`}}, body: map[string]any{"error": map[string]any{
		"code": http.StatusUnauthorized, "message": message, "status": "UNAUTHENTICATED",
		"errors": []any{map[string]any{"domain": "global", "reason": "authError", "message": "Invalid Credentials", "location": "Authorization", "locationType": "header"}},
	}}}
}

func googleEffectKey(c *call) string {
	if c.Method == http.MethodDelete {
		return c.URL.Path[strings.LastIndexByte(c.URL.Path, '/')+1:] + ":delete"
	}
	var event struct {
		Extended struct {
			Private map[string]string `json:"private"`
		} `json:"extendedProperties"`
	}
	if c.decode(&event) != nil {
		return ""
	}
	return event.Extended.Private["op"]
}

// googleRead decodes and checks an event; both times are required.
func googleRead(c *call) (map[string]json.RawMessage, *answer) {
	var fields map[string]json.RawMessage
	if c.decode(&fields) != nil || fields == nil {
		return nil, googleError(http.StatusBadRequest, "parseError", "Parse Error")
	}
	return fields, googleCheck(fields)
}

var googleID = regexp.MustCompile(`^[a-v0-9]+$`)

func googleCheck(fields map[string]json.RawMessage) *answer {
	start, refused := googleTime(fields, "start")
	if refused != nil {
		return refused
	}
	end, refused := googleTime(fields, "end")
	if refused != nil {
		return refused
	}
	if end.Before(start) {
		return googleError(http.StatusBadRequest, "timeRangeEmpty", "The specified time range is empty.")
	}
	if status := text(fields["status"]); status != "" && !slices.Contains([]string{"confirmed", "tentative", "cancelled"}, status) {
		return googleError(http.StatusBadRequest, "invalid", "Invalid value for: "+status+" is not a valid value")
	}
	return nil
}

// googleTime reads start or end: an instant with an offset, a local time with a
// zone, or a whole day.
func googleTime(fields map[string]json.RawMessage, name string) (time.Time, *answer) {
	var at struct {
		DateTime string `json:"dateTime"`
		Date     string `json:"date"`
		TimeZone string `json:"timeZone"`
	}
	raw, given := fields[name]
	if !given || json.Unmarshal(raw, &at) != nil || (at.DateTime == "" && at.Date == "") {
		return time.Time{}, googleError(http.StatusBadRequest, "required", "Missing "+name+" time.")
	}
	zone, err := time.LoadLocation(at.TimeZone)
	if err != nil {
		return time.Time{}, googleError(http.StatusBadRequest, "invalid", "Invalid time zone definition for "+name+" time.")
	}
	if at.Date != "" {
		day, err := time.Parse(time.DateOnly, at.Date)
		if err != nil {
			return time.Time{}, googleError(http.StatusBadRequest, "invalid", "Invalid value for: Invalid format: \""+at.Date+"\"")
		}
		return day, nil
	}
	if instant, err := time.Parse(time.RFC3339, at.DateTime); err == nil {
		return instant, nil
	}
	local, err := time.ParseInLocation("2006-01-02T15:04:05", at.DateTime, zone)
	if err != nil || at.TimeZone == "" {
		return time.Time{}, googleError(http.StatusBadRequest, "required", "Missing time zone definition for "+name+" time.")
	}
	return local, nil
}

func text(raw json.RawMessage) string {
	var value string
	if json.Unmarshal(raw, &value) != nil {
		return "" // absent, or no string
	}
	return value
}

func (s *Server) googleInsert(c *call) answer {
	fields, refused := googleRead(c)
	if refused != nil {
		return *refused
	}
	id := text(fields["id"])
	if id == "" {
		id = strings.ToLower(randomHex(13))
	}
	if !googleID.MatchString(id) || len(id) < 5 || len(id) > 1024 {
		return *googleError(http.StatusBadRequest, "invalid", "Invalid resource id value.")
	}
	event := googleEvent{ID: id, Calendar: c.PathValue("calendar"), Status: firstOf(text(fields["status"]), "confirmed"), Fields: fields, CreatedAt: s.now()}
	if _, taken := s.google.events.get(event.key()); taken {
		return *googleError(http.StatusConflict, "duplicate", "The requested identifier already exists.")
	}
	event = s.googlePut(event)
	return answer{status: http.StatusOK, effect: true, objectID: id, body: renderEvent(event)}
}

func (s *Server) googlePut(event googleEvent) googleEvent {
	event.UpdatedAt = s.now()
	event.Revision = max(event.Revision+1, event.UpdatedAt.UnixMicro())
	s.google.events.put(event.key(), event)
	return event
}

func (s *Server) googleFind(c *call) (googleEvent, *answer) {
	event, found := s.google.events.get(c.PathValue("calendar") + "/" + c.PathValue("event"))
	if !found {
		return event, googleNotFound()
	}
	if match := c.Header.Get("If-Match"); match != "" && match != "*" && match != event.etag() {
		return event, googleError(http.StatusPreconditionFailed, "conditionNotMet", "Precondition Failed")
	}
	return event, nil
}

// googleGet answers a deleted event too, as cancelled.
func (s *Server) googleGet(c *call) answer {
	event, refused := s.googleFind(c)
	if refused != nil {
		return *refused
	}
	return answer{status: http.StatusOK, body: renderEvent(event)}
}

// googleUpdate replaces an event. One that was deleted comes back if its status
// says so.
func (s *Server) googleUpdate(c *call) answer {
	event, refused := s.googleFind(c)
	if refused != nil {
		return *refused
	}
	fields, refused := googleRead(c)
	if refused != nil {
		return *refused
	}
	return s.googleReplace(event, fields, firstOf(text(fields["status"]), "confirmed"))
}

// googlePatch changes the named fields; extended properties are merged.
func (s *Server) googlePatch(c *call) answer {
	event, refused := s.googleFind(c)
	if refused != nil {
		return *refused
	}
	var patch map[string]json.RawMessage
	if c.decode(&patch) != nil || patch == nil {
		return *googleError(http.StatusBadRequest, "parseError", "Parse Error")
	}
	fields := maps.Clone(event.Fields)
	for name, value := range patch {
		fields[name] = merged(fields[name], value)
	}
	if refused := googleCheck(fields); refused != nil {
		return *refused
	}
	return s.googleReplace(event, fields, firstOf(text(patch["status"]), event.Status))
}

// merged applies a JSON merge patch (RFC 7396).
func merged(old, patch json.RawMessage) json.RawMessage {
	var before, change map[string]json.RawMessage
	if json.Unmarshal(patch, &change) != nil || change == nil {
		return patch
	}
	if json.Unmarshal(old, &before) != nil || before == nil {
		before = map[string]json.RawMessage{}
	}
	for name, value := range change {
		if bytes.Equal(value, []byte("null")) {
			delete(before, name)
		} else {
			before[name] = merged(before[name], value)
		}
	}
	joined, err := json.Marshal(before)
	if err != nil {
		panic("sandbox: merged JSON is no JSON: " + err.Error()) // both sides were: a bug
	}
	return joined
}

// writable are the fields that make the content of an event; the same content
// again changes nothing.
var writable = []string{"summary", "description", "location", "start", "end", "extendedProperties", "visibility", "transparency", "attendees", "reminders", "colorId", "conferenceData"}

func (s *Server) googleReplace(event googleEvent, fields map[string]json.RawMessage, status string) answer {
	unchanged := event.Status == status
	for _, name := range writable {
		unchanged = unchanged && sameJSON(event.Fields[name], fields[name])
	}
	if !unchanged {
		event.Fields, event.Status, event.Sequence = fields, status, event.Sequence+1
		event = s.googlePut(event)
	}
	return answer{status: http.StatusOK, effect: !unchanged, objectID: event.ID, body: renderEvent(event)}
}

// sameJSON compares values, not their spelling.
func sameJSON(a, b json.RawMessage) bool {
	canonical := func(raw json.RawMessage) string {
		var value any
		if len(raw) == 0 || json.Unmarshal(raw, &value) != nil {
			return ""
		}
		return fmt.Sprint(value) // maps print with sorted keys
	}
	return canonical(a) == canonical(b)
}

func (s *Server) googleDelete(c *call) answer {
	event, refused := s.googleFind(c)
	if refused != nil {
		return *refused
	}
	if event.Status == "cancelled" {
		return *googleError(http.StatusGone, "deleted", "Resource has been deleted")
	}
	event.Status = "cancelled"
	s.googlePut(event)
	return answer{status: http.StatusNoContent, effect: true, objectID: event.ID}
}

// googleList filters by time, private properties and deletion.
func (s *Server) googleList(c *call) answer {
	query := c.URL.Query()
	limit := positive(query.Get("maxResults"), 250)
	skip := positive(query.Get("pageToken"), 0)
	items, seen := []any{}, 0
	body := map[string]any{"kind": "calendar#events", "summary": "Sandbox", "timeZone": "UTC", "accessRole": "owner", "defaultReminders": []any{}, "updated": s.now().Format(time.RFC3339)}
	for event := range s.google.events.all() {
		if event.Calendar != c.PathValue("calendar") || (event.Status == "cancelled" && query.Get("showDeleted") != "true") {
			continue
		}
		matches, refused := googleMatches(event, query)
		if refused != nil {
			return *refused
		}
		if !matches {
			continue
		}
		if seen++; seen <= skip {
			continue
		}
		if len(items) == limit {
			body["nextPageToken"] = strconv.Itoa(skip + limit)
			break
		}
		items = append(items, renderEvent(event))
	}
	body["items"] = items
	return answer{status: http.StatusOK, body: body}
}

func googleMatches(event googleEvent, query url.Values) (bool, *answer) {
	for name, outside := range map[string]func(start, end, bound time.Time) bool{
		"timeMin": func(_, end, bound time.Time) bool { return !end.After(bound) },
		"timeMax": func(start, _, bound time.Time) bool { return !start.Before(bound) },
	} {
		if query.Get(name) == "" {
			continue
		}
		bound, err := time.Parse(time.RFC3339, query.Get(name))
		if err != nil {
			return false, googleError(http.StatusBadRequest, "badRequest", "Bad Request")
		}
		start, _ := googleTime(event.Fields, "start")
		end, _ := googleTime(event.Fields, "end")
		if outside(start, end, bound) {
			return false, nil
		}
	}
	var extended struct {
		Private map[string]string `json:"private"`
	}
	if raw := event.Fields["extendedProperties"]; len(raw) > 0 && json.Unmarshal(raw, &extended) != nil {
		return false, nil
	}
	for _, wanted := range query["privateExtendedProperty"] {
		name, value, _ := strings.Cut(wanted, "=")
		if extended.Private[name] != value {
			return false, nil
		}
	}
	return true, nil
}

func renderEvent(event googleEvent) map[string]any {
	rendered := map[string]any{}
	for name, value := range event.Fields {
		rendered[name] = value
	}
	maps.Copy(rendered, map[string]any{
		"kind": "calendar#event", "id": event.ID, "etag": event.etag(), "status": event.Status, "sequence": event.Sequence, "iCalUID": event.ID + "@google.com",
		"created": event.CreatedAt.Format(time.RFC3339), "updated": event.UpdatedAt.Format("2006-01-02T15:04:05.000Z"), "eventType": "default",
		"htmlLink": "https://www.google.com/calendar/event?eid=" + event.ID,
		"creator":  map[string]any{"email": "sandbox@example.com", "self": true}, "organizer": map[string]any{"email": "sandbox@example.com", "self": true},
	})
	return rendered
}

// CalendarEvent is an event as a test sees it.
type CalendarEvent struct {
	ID       string          `json:"id"`
	Calendar string          `json:"calendar"`
	Status   string          `json:"status"`
	Title    string          `json:"title"`
	Start    json.RawMessage `json:"start"`
	End      json.RawMessage `json:"end"`
}

// CalendarEvents returns every event, also the deleted ones ("cancelled").
func (s *Server) CalendarEvents() []CalendarEvent {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := []CalendarEvent{}
	for event := range s.google.events.all() {
		found = append(found, CalendarEvent{event.ID, event.Calendar, event.Status, text(event.Fields["summary"]), event.Fields["start"], event.Fields["end"]})
	}
	return found
}
