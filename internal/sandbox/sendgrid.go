package sandbox

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"
)

// sendgridState is one SendGrid account. The effect key of a mail is its
// custom argument "op_id"; SendGrid has no idempotency, so every accepted call
// is an effect.
type sendgridState struct {
	mails *table[sentMail]
}

type sentMail struct {
	ID        string            `json:"id"` // X-Message-Id
	From      string            `json:"from"`
	To        []string          `json:"to"`
	Subject   string            `json:"subject"`
	Body      string            `json:"body"`
	HTML      string            `json:"html"`
	Arguments map[string]string `json:"arguments"`
	Opens     bool              `json:"opens"`
	Clicks    bool              `json:"clicks"`
	Status    string            `json:"status"`
	CreatedAt time.Time         `json:"createdAt"`
}

func (s *Server) sendgridTables() {
	s.sendgrid = sendgridState{mails: newTable[sentMail](s.store, "sendgrid.mails")}
}

func (s *Server) sendgridRoutes() {
	d := &dialect{
		name: providerSendGrid, authenticate: s.sendgridAuthenticate, trouble: sendgridTrouble,
		effectKey: sendgridEffectKey,
	}
	s.route(d, "POST", "/v3/mail/send", "mail.send", s.sendgridSend)
	s.route(d, "GET", "/v3/messages", "messages.list", s.sendgridList)
	s.route(d, "GET", "/v3/scopes", "scopes.get", func(*call) answer {
		return answer{status: http.StatusOK, body: map[string]any{"scopes": []string{"mail.send", "messages.read"}}}
	})
	s.mux.Handle("/sendgrid/", s.endpoint(d, operation{"unknown", func(*call) answer {
		return sendgridError(http.StatusNotFound, "", "not found")
	}}))
}

// sendgridError leaves out what it has not: SendGrid's description knows no null.
func sendgridError(status int, field, message string) answer {
	refusal := map[string]any{"message": message}
	if field != "" {
		refusal["field"] = field
	}
	return answer{status: status, body: map[string]any{"errors": []any{refusal}}}
}

func sendgridTrouble(status int) answer {
	switch status {
	case http.StatusTooManyRequests:
		throttled := sendgridError(status, "", "too many requests")
		throttled.header = http.Header{"X-Ratelimit-Remaining": {"0"}}
		return throttled
	case http.StatusRequestEntityTooLarge:
		return sendgridError(status, "", "The JSON payload you have included in your request is too large.")
	default:
		return sendgridError(status, "", strings.ToLower(http.StatusText(status)))
	}
}

func (s *Server) sendgridAuthenticate(c *call) *answer {
	if same(c.bearer(), s.config.Secrets.SendGridKey) {
		return nil
	}
	refused := sendgridError(http.StatusUnauthorized, "", "The provided authorization grant is invalid, expired, or revoked")
	return &refused
}

// mailRequest is the part of mail/send that the sandbox looks at.
type mailRequest struct {
	Personalizations []struct {
		To         []mailAddress     `json:"to"`
		CC         []mailAddress     `json:"cc"`
		BCC        []mailAddress     `json:"bcc"`
		Subject    string            `json:"subject"`
		CustomArgs map[string]string `json:"custom_args"`
	} `json:"personalizations"`
	From       mailAddress       `json:"from"`
	Subject    string            `json:"subject"`
	TemplateID string            `json:"template_id"`
	CustomArgs map[string]string `json:"custom_args"`
	Content    []struct {
		Type  string `json:"type"`
		Value string `json:"value"`
	} `json:"content"`
	Tracking struct {
		Click struct {
			Enable bool `json:"enable"`
		} `json:"click_tracking"`
		Open struct {
			Enable bool `json:"enable"`
		} `json:"open_tracking"`
	} `json:"tracking_settings"`
}

type mailAddress struct {
	Email string `json:"email"`
	Name  string `json:"name"`
}

// arguments joins the mail's arguments with those of its first recipient.
func (m mailRequest) arguments() map[string]string {
	joined := map[string]string{}
	for name, value := range m.CustomArgs {
		joined[name] = value
	}
	if len(m.Personalizations) > 0 {
		for name, value := range m.Personalizations[0].CustomArgs {
			joined[name] = value
		}
	}
	return joined
}

func sendgridEffectKey(c *call) string {
	var request mailRequest
	if c.Method != http.MethodPost || c.decode(&request) != nil {
		return ""
	}
	return request.arguments()["op_id"]
}

func (s *Server) sendgridSend(c *call) answer {
	var request mailRequest
	if err := c.decode(&request); err != nil {
		return sendgridError(http.StatusBadRequest, "", "Bad Request")
	}
	if refused := checkMail(request); refused != nil {
		return *refused
	}
	mail := sentMail{
		ID: randomText(22), From: request.From.Email, Subject: firstOf(request.Personalizations[0].Subject, request.Subject),
		Arguments: request.arguments(), Opens: request.Tracking.Open.Enable, Clicks: request.Tracking.Click.Enable,
		Status: "delivered", CreatedAt: s.now(),
	}
	for _, personalization := range request.Personalizations {
		for _, address := range personalization.To {
			mail.To = append(mail.To, address.Email)
		}
	}
	for _, content := range request.Content {
		if content.Type == "text/plain" {
			mail.Body = content.Value
		} else {
			mail.HTML += content.Value
		}
	}
	if s.config.ManualDelivery {
		mail.Status = "processing"
	}
	s.sendgrid.mails.put(mail.ID, mail)
	if !s.config.ManualDelivery {
		s.sendgridEvents(mail, []string{"processed", "delivered"}, "")
	}
	return answer{status: http.StatusAccepted, header: http.Header{"X-Message-Id": {mail.ID}}, effect: true, objectID: mail.ID}
}

// checkMail refuses what SendGrid refuses.
func checkMail(request mailRequest) *answer {
	refuse := func(field, format string, values ...any) *answer {
		refused := sendgridError(http.StatusBadRequest, field, fmt.Sprintf(format, values...))
		return &refused
	}
	if len(request.Personalizations) == 0 {
		return refuse("personalizations", "The personalizations field is required and must have at least one personalization.")
	}
	for i, personalization := range request.Personalizations {
		field := fmt.Sprintf("personalizations.%d", i)
		if len(personalization.To) == 0 {
			return refuse(field+".to", "The to array is required for all personalization objects, and must have at least one email object with a valid email address.")
		}
		seen := map[string]bool{}
		for _, address := range append(append(personalization.To, personalization.CC...), personalization.BCC...) {
			if !looksLikeEmail(address.Email) {
				return refuse(field+".to.0.email", "Does not contain a valid address.")
			}
			if seen[strings.ToLower(address.Email)] {
				return refuse(field, "Each email address in the personalization block should be unique between to, cc, and bcc. We found the first duplicate instance of [%s] in the %s.to field.", address.Email, field)
			}
			seen[strings.ToLower(address.Email)] = true
		}
		if firstOf(personalization.Subject, request.Subject, request.TemplateID) == "" {
			return refuse("subject", "The subject is required. You can get around this requirement if you use a template with a subject defined or if every personalization has a subject defined.")
		}
	}
	if !looksLikeEmail(request.From.Email) {
		return refuse("from.email", "The from email does not contain a valid address.")
	}
	return checkContent(request, refuse)
}

func checkContent(request mailRequest, refuse func(string, string, ...any) *answer) *answer {
	if len(request.Content) == 0 && request.TemplateID == "" {
		return refuse("content", "Unless a valid template_id is provided, the content parameter is required. There must be at least one defined content block.")
	}
	for i, content := range request.Content {
		if content.Type == "" {
			return refuse(fmt.Sprintf("content.%d.type", i), "The content type must be a string at least one character in length.")
		}
		if content.Value == "" {
			return refuse(fmt.Sprintf("content.%d.value", i), "The content value must be a string at least one character in length.")
		}
		if content.Type == "text/plain" && i > 0 {
			return refuse("content", "If present, text/plain must be first, followed by text/html, followed by any other content.")
		}
	}
	size := 0
	for name, value := range request.arguments() {
		size += len(name) + len(value)
	}
	if size > 10_000 {
		return refuse("custom_args", "The custom_args total size must be less than 10,000 bytes.")
	}
	return nil
}

var activityQuery = regexp.MustCompile(`^unique_args\[['"]([^'"]+)['"]\]\s*=\s*"([^"]*)"$`)

// sendgridList is the Email Activity look-up, an extra that has to be paid.
func (s *Server) sendgridList(c *call) answer {
	if !s.config.EmailActivity {
		return sendgridError(http.StatusForbidden, "", "access forbidden")
	}
	query := c.URL.Query()
	terms := activityQuery.FindStringSubmatch(strings.TrimSpace(query.Get("query")))
	if terms == nil {
		return sendgridError(http.StatusBadRequest, "query", "invalid query: the sandbox knows unique_args['name']=\"value\"")
	}
	limit := positive(query.Get("limit"), 10)
	if limit < 1 || limit > 1000 {
		return sendgridError(http.StatusBadRequest, "limit", "limit must be between 1 and 1000")
	}
	found := []any{}
	for mail := range s.sendgrid.mails.newest() {
		if mail.Arguments[terms[1]] != terms[2] || len(found) == limit {
			continue
		}
		found = append(found, map[string]any{
			"from_email": mail.From, "msg_id": fullMessageID(mail), "subject": mail.Subject, "to_email": mail.To[0], "status": mail.Status,
			"opens_count": 0, "clicks_count": 0, "last_event_time": mail.CreatedAt.Format(time.RFC3339),
		})
	}
	return answer{status: http.StatusOK, body: map[string]any{"messages": found}}
}

// fullMessageID is the ID in events and look-ups; it begins with X-Message-Id.
func fullMessageID(mail sentMail) string { return mail.ID + ".recvd-sandbox-1-0" }
