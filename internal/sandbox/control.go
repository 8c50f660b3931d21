package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// controlRoutes serve the journal, faults and webhooks, and under /control what
// a guest, a bank or HubSpot's users would do.
func (s *Server) controlRoutes() {
	s.mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, map[string]string{"status": "ok"})
	})
	s.mux.HandleFunc("GET /journal", func(w http.ResponseWriter, r *http.Request) {
		query := r.URL.Query()
		writeJSON(w, http.StatusOK, s.Journal(JournalFilter{query.Get("provider"), query.Get("operation"), query.Get("effectKey")}))
	})
	s.mux.HandleFunc("GET /journal/effects", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, http.StatusOK, s.Effects()) })
	s.mux.HandleFunc("GET /webhooks", func(w http.ResponseWriter, r *http.Request) {
		writeJSON(w, http.StatusOK, s.Webhooks(r.URL.Query().Get("provider")))
	})
	s.mux.HandleFunc("POST /webhooks/options", command(s.controlDelivery))
	s.mux.HandleFunc("GET /faults", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, http.StatusOK, s.Faults()) })
	s.mux.HandleFunc("POST /faults", command(s.controlFault))
	s.mux.HandleFunc("DELETE /faults", func(w http.ResponseWriter, r *http.Request) {
		s.ClearFaults(r.URL.Query()["provider"]...)
		w.WriteHeader(http.StatusNoContent)
	})
	s.controlLists()
	s.controlActions()
}

func (s *Server) controlLists() {
	s.mux.HandleFunc("GET /control/messages", func(w http.ResponseWriter, r *http.Request) {
		writeJSON(w, http.StatusOK, s.Messages(MessageFilter{r.URL.Query().Get("channel"), r.URL.Query().Get("to")}))
	})
	s.mux.HandleFunc("GET /control/sessions", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, http.StatusOK, s.PaymentPages()) })
	s.mux.HandleFunc("GET /control/crm/{object}", func(w http.ResponseWriter, r *http.Request) {
		writeJSON(w, http.StatusOK, s.CRMRecords(r.PathValue("object")))
	})
	s.mux.HandleFunc("GET /control/events", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, http.StatusOK, s.CalendarEvents()) })
}

// actionRequest holds the fields of every action; each action uses its own.
type actionRequest struct {
	PayOptions
	SessionID  string            `json:"sessionId"`
	JourneyID  string            `json:"journeyId"`
	Arrival    string            `json:"arrival"`
	Purpose    string            `json:"purpose"`
	Granted    bool              `json:"granted"`
	Version    string            `json:"version"`
	IP         string            `json:"ip"`
	Answer     string            `json:"answer"`
	From       string            `json:"from"`
	Body       string            `json:"body"`
	Properties map[string]string `json:"properties"`
	CustomerID string            `json:"customerId"`
	Outcome    ChargeOutcome     `json:"outcome"`
	IntentID   string            `json:"intentId"`
	RefundID   string            `json:"refundId"`
	Succeeded  bool              `json:"succeeded"`
	Hold       bool              `json:"hold"`
	MessageID  string            `json:"messageId"`
	Status     string            `json:"status"`
	ErrorCode  int               `json:"errorCode"`
	Event      string            `json:"event"`
	Reason     string            `json:"reason"`
}

// controlActions: each answers {"result": ...}, the ID or status that the Go
// method of the same name returns.
func (s *Server) controlActions() {
	actions := map[string]func(actionRequest) (string, error){
		"pay":    func(a actionRequest) (string, error) { return s.Pay(a.SessionID, a.PayOptions) },
		"expire": func(a actionRequest) (string, error) { return sessionExpired, s.Expire(a.SessionID) },
		"settle": func(a actionRequest) (string, error) { return a.IntentID, s.Settle(a.IntentID, a.Succeeded) },
		"outcome": func(a actionRequest) (string, error) {
			return string(a.Outcome), s.SetChargeOutcome(a.CustomerID, a.Outcome)
		},
		"refunds/hold": func(a actionRequest) (string, error) {
			s.HoldRefunds(a.Hold)
			return fmt.Sprint(a.Hold), nil
		},
		"refunds/settle": func(a actionRequest) (string, error) { return a.RefundID, s.SettleRefund(a.RefundID, a.Succeeded) },
		"intake":         func(a actionRequest) (string, error) { return s.SubmitIntake(a.JourneyID, a.Arrival) },
		"consent":        func(a actionRequest) (string, error) { return s.Consent(a.JourneyID, a.Purpose, a.Granted, a.Version) },
		"policy":         func(a actionRequest) (string, error) { return s.AcceptPolicy(a.JourneyID, a.Version, a.IP) },
		"answer":         func(a actionRequest) (string, error) { return s.AnswerOffer(a.JourneyID, a.Answer) },
		"reply":          func(a actionRequest) (string, error) { return s.ReplySMS(a.From, a.Body) },
		"contacts":       func(a actionRequest) (string, error) { return s.CreateContact(a.Properties) },
		"sms-status": func(a actionRequest) (string, error) {
			return a.Status, s.SMSStatus(a.MessageID, a.Status, a.ErrorCode)
		},
		"email-event": func(a actionRequest) (string, error) { return a.Event, s.EmailEvent(a.MessageID, a.Event, a.Reason) },
	}
	for name, act := range actions {
		s.mux.HandleFunc("POST /control/"+name, command(act))
	}
}

type deliveryRequest struct {
	DeliveryOptions
	Delay string `json:"delay"`
}

func (s *Server) controlDelivery(request deliveryRequest) (string, error) {
	delay, err := readDelay(request.Delay)
	if err != nil {
		return "", err
	}
	request.DeliveryOptions.Delay = delay
	s.SetDelivery(request.DeliveryOptions)
	return "set", nil
}

type faultRequest struct {
	Fault
	Delay string `json:"delay"`
}

func (s *Server) controlFault(request faultRequest) (string, error) {
	delay, err := readDelay(request.Delay)
	if err != nil {
		return "", err
	}
	request.Fault.Delay = delay
	return "set", s.SetFault(request.Fault)
}

func readDelay(text string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	delay, err := time.ParseDuration(text)
	if err != nil {
		return 0, fmt.Errorf("sandbox: delay is a duration such as \"250ms\": %w", err)
	}
	return delay, nil
}

// command serves an action that takes one JSON object; an unknown field is
// refused, because a misspelt one would silently do nothing.
func command[R any](act func(R) (string, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
		decoder.DisallowUnknownFields()
		var request R
		if err := decoder.Decode(&request); err != nil && !errors.Is(err, io.EOF) {
			writeJSON(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
			return
		}
		result, err := act(request)
		switch {
		case errors.Is(err, ErrNotFound):
			writeJSON(w, http.StatusNotFound, map[string]string{"error": err.Error()})
		case errors.Is(err, ErrClosed):
			writeJSON(w, http.StatusConflict, map[string]string{"error": err.Error()})
		case err != nil:
			writeJSON(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
		default:
			writeJSON(w, http.StatusOK, map[string]string{"result": result})
		}
	}
}
