package sandbox

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// twilioState is one Twilio account. The effect key of a text or call is the
// query parameter "op" of its status callback; Twilio has no idempotency, so
// every accepted request is an effect.
type twilioState struct {
	messages *table[twilioMessage]
	calls    *table[twilioCall]
	optedOut *table[bool] // by "from>to" of the texts that are refused
}

type twilioMessage struct {
	SID       string    `json:"sid"`
	From      string    `json:"from"`
	To        string    `json:"to"`
	Body      string    `json:"body"`
	Status    string    `json:"status"`
	Direction string    `json:"direction"`
	ErrorCode int       `json:"errorCode"`
	Callback  string    `json:"callback"`
	EffectKey string    `json:"effectKey"`
	CreatedAt time.Time `json:"createdAt"`
}

const (
	twilioOutbound = "outbound-api"
	twilioInbound  = "inbound"
)

func (s *Server) twilioTables() {
	s.twilio = twilioState{
		messages: newTable[twilioMessage](s.store, "twilio.messages"),
		calls:    newTable[twilioCall](s.store, "twilio.calls"),
		optedOut: newTable[bool](s.store, "twilio.opted_out"),
	}
}

func (s *Server) twilioRoutes() {
	d := &dialect{
		name: providerTwilio, authenticate: s.twilioAuthenticate, trouble: twilioTrouble,
		effectKey: func(c *call) string { return callbackParameter(c.form().Get("StatusCallback"), "op") },
	}
	const account = "/2010-04-01/Accounts/{account}"
	s.route(d, "GET", "/2010-04-01/Accounts/{file}", "accounts.get", s.twilioAccount)
	s.route(d, "POST", account+"/Messages.json", "messages.create", s.twilioCreate)
	s.route(d, "GET", account+"/Messages.json", "messages.list", s.twilioList)
	s.route(d, "GET", account+"/Messages/{file}", "messages.get", s.twilioGet)
	s.route(d, "POST", account+"/Calls.json", "calls.create", s.twilioPlaceCall)
	s.mux.Handle("/twilio/", s.endpoint(d, operation{"unknown", twilioNotFound}))
}

func callbackParameter(callback, name string) string {
	parsed, err := url.Parse(callback)
	if err != nil {
		return ""
	}
	return parsed.Query().Get(name)
}

func twilioError(status, code int, message string) answer {
	return answer{status: status, body: map[string]any{
		"code": code, "message": message, "more_info": "https://www.twilio.com/docs/errors/" + strconv.Itoa(code), "status": status,
	}}
}

func twilioNotFound(c *call) answer {
	return twilioError(http.StatusNotFound, 20404, "The requested resource "+strings.TrimPrefix(c.URL.Path, "/twilio")+" was not found")
}

func twilioTrouble(status int) answer {
	switch status {
	case http.StatusTooManyRequests:
		return twilioError(status, 20429, "Too Many Requests")
	case http.StatusServiceUnavailable:
		return twilioError(status, 20503, "Service Unavailable")
	case http.StatusRequestEntityTooLarge:
		return twilioError(status, 20413, "Request Entity Too Large")
	default:
		return twilioError(status, 20500, "An internal server error has occurred")
	}
}

// twilioAuthenticate takes an API key or the account's own token, and only for
// the account of the path.
func (s *Server) twilioAuthenticate(c *call) *answer {
	secrets := s.config.Secrets
	user, password, _ := c.BasicAuth()
	byKey := same(user, secrets.TwilioKeySID) && same(password, secrets.TwilioKeySecret)
	byToken := same(user, secrets.TwilioAccountSID) && same(password, secrets.TwilioAuthToken)
	account := firstOf(c.PathValue("account"), strings.TrimSuffix(c.PathValue("file"), ".json"))
	if (byKey || byToken) && (account == "" || account == secrets.TwilioAccountSID) {
		return nil
	}
	refused := twilioError(http.StatusUnauthorized, 20003, "Authenticate")
	return &refused
}

func (s *Server) twilioAccount(*call) answer {
	sid := s.config.Secrets.TwilioAccountSID
	return answer{status: http.StatusOK, body: map[string]any{"sid": sid, "friendly_name": "Sandbox", "status": "active", "type": "Full", "uri": "/2010-04-01/Accounts/" + sid + ".json"}}
}

var e164 = regexp.MustCompile(`^\+[1-9]\d{6,14}$`)

func (s *Server) twilioCreate(c *call) answer {
	form := c.form()
	if refused := s.twilioCheck(form); refused != nil {
		return *refused
	}
	message := twilioMessage{
		SID: "SM" + randomHex(16), From: form.Get("From"), To: form.Get("To"), Body: form.Get("Body"), Status: "delivered", Direction: twilioOutbound,
		Callback: form.Get("StatusCallback"), EffectKey: c.entry.EffectKey, CreatedAt: s.now(),
	}
	if s.config.ManualDelivery {
		message.Status = "queued"
	}
	s.twilio.messages.put(message.SID, message)
	s.twilioProgress(message)
	shown := message
	shown.Status = "queued" // what Twilio answers; the message moves on by itself
	return answer{status: http.StatusCreated, effect: true, objectID: message.SID, body: s.renderMessage(shown)}
}

// twilioCheck refuses what Twilio refuses, in its order.
func (s *Server) twilioCheck(form url.Values) *answer {
	refuse := func(code int, format string, values ...any) *answer {
		refused := twilioError(http.StatusBadRequest, code, fmt.Sprintf(format, values...))
		return &refused
	}
	to, from, body, callback := form.Get("To"), form.Get("From"), form.Get("Body"), form.Get("StatusCallback")
	switch {
	case to == "":
		return refuse(21604, "A 'To' phone number is required.")
	case from == "":
		return refuse(21603, "A 'From' phone number is required.")
	case body == "":
		return refuse(21602, "Message body is required.")
	case !e164.MatchString(to):
		return refuse(21211, "Invalid 'To' Phone Number: %s", masked(to))
	case !e164.MatchString(from):
		return refuse(21212, "Invalid From Number (caller ID): %s", from)
	case to == from:
		return refuse(21266, "'To' and 'From' number cannot be the same")
	case utf8.RuneCountInString(body) > 1600:
		return refuse(21617, "The concatenated message body exceeds the 1600 character limit")
	case callback != "" && checkURL("StatusCallback", callback) != nil:
		return refuse(21609, "The 'StatusCallback' URL %s is not a valid URL.", callback)
	}
	if _, out := s.twilio.optedOut.get(from + ">" + to); out {
		return refuse(21610, "Attempt to send to unsubscribed recipient")
	}
	return nil
}

// masked hides most of a number, as Twilio's own message does.
func masked(number string) string {
	if len(number) <= 4 {
		return "XXXX"
	}
	return number[:len(number)-4] + "XXXX"
}

func (s *Server) twilioGet(c *call) answer {
	message, found := s.twilio.messages.get(strings.TrimSuffix(c.PathValue("file"), ".json"))
	if !found {
		return twilioNotFound(c)
	}
	return answer{status: http.StatusOK, body: s.renderMessage(message)}
}

// twilioList filters by To, From and the time of sending, the newest first.
func (s *Server) twilioList(c *call) answer {
	query := c.URL.Query()
	since, errSince := twilioTime(query.Get("DateSent>"))
	until, errUntil := twilioTime(query.Get("DateSent<"))
	if errSince != nil || errUntil != nil {
		return twilioError(http.StatusBadRequest, 20001, "Invalid value for DateSent: it is a date or a time in GMT")
	}
	size, page := positive(query.Get("PageSize"), 50), positive(query.Get("Page"), 0)
	size = min(size, 1000)
	found := []any{}
	skip, more := page*size, false
	for message := range s.twilio.messages.newest() {
		matches := (query.Get("To") == "" || query.Get("To") == message.To) && (query.Get("From") == "" || query.Get("From") == message.From) &&
			(since.IsZero() || !message.CreatedAt.Truncate(time.Second).Before(since)) && (until.IsZero() || !message.CreatedAt.After(until))
		switch {
		case !matches:
		case skip > 0:
			skip--
		case len(found) == size:
			more = true
		default:
			found = append(found, s.renderMessage(message))
		}
	}
	return answer{status: http.StatusOK, body: s.twilioPage(query, page, size, more, found)}
}

func (s *Server) twilioPage(query url.Values, page, size int, more bool, found []any) map[string]any {
	path := "/2010-04-01/Accounts/" + s.config.Secrets.TwilioAccountSID + "/Messages.json?"
	at := func(number int) string {
		values := maps.Clone(query)
		values.Set("Page", strconv.Itoa(number))
		values.Set("PageToken", "PA"+strconv.Itoa(number))
		values.Set("PageSize", strconv.Itoa(size))
		return path + values.Encode()
	}
	var next, previous any
	if more {
		next = at(page + 1)
	}
	if page > 0 {
		previous = at(page - 1)
	}
	return map[string]any{
		"messages": found, "page": page, "page_size": size, "start": page * size, "end": max(page*size+len(found)-1, 0),
		"uri": at(page), "first_page_uri": at(0), "next_page_uri": next, "previous_page_uri": previous,
	}
}

// twilioTime reads "2026-01-02" or a time in RFC 3339.
func twilioTime(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if day, err := time.Parse(time.DateOnly, text); err == nil {
		return day, nil
	}
	return time.Parse(time.RFC3339, text)
}

func positive(text string, fallback int) int {
	number, err := strconv.Atoi(text)
	if err != nil || number < 0 {
		return fallback
	}
	return number
}

func (s *Server) renderMessage(message twilioMessage) map[string]any {
	account := s.config.Secrets.TwilioAccountSID
	stamp := message.CreatedAt.Format(time.RFC1123Z)
	uri := "/2010-04-01/Accounts/" + account + "/Messages/" + message.SID
	var sent, code any
	if !slices.Contains([]string{"queued", "accepted"}, message.Status) {
		sent = stamp
	}
	if message.ErrorCode != 0 {
		code = message.ErrorCode
	}
	return map[string]any{
		"sid": message.SID, "account_sid": account, "from": message.From, "to": message.To, "body": message.Body, "status": message.Status,
		"direction": message.Direction, "date_created": stamp, "date_updated": stamp, "date_sent": sent, "error_code": code, "error_message": nil,
		"num_segments": strconv.Itoa(1 + (utf8.RuneCountInString(message.Body)-1)/160), "num_media": "0", "price": nil, "price_unit": "USD",
		"messaging_service_sid": nil, "api_version": "2010-04-01", "uri": uri + ".json", "subresource_uris": map[string]any{"media": uri + "/Media.json"},
	}
}
