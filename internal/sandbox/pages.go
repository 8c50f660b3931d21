package sandbox

import (
	"bytes"
	"embed"
	"errors"
	"html/template"
	"net"
	"net/http"
	"time"
)

//go:embed pages/*.html
var pageFiles embed.FS

var pageTemplates = template.Must(template.ParseFS(pageFiles, "pages/*.html"))

// policyVersion is the version of the terms that the pages show.
const policyVersion = "2026-01"

// page is what a template shows.
type page struct {
	Title   string
	Problem string // what the guest did wrong
	Journey string
	Version string
	Payment PaymentPage
	Amount  string
	Lines   []string
	Link    string
}

// pageRoutes serve what a guest sees: plain forms that work without a script
// and with a keyboard or a screen reader.
func (s *Server) pageRoutes() {
	s.mux.HandleFunc("GET /pages/intake/{journey...}", func(w http.ResponseWriter, r *http.Request) {
		show(w, http.StatusOK, "intake.html", page{Title: "About your stay", Journey: r.PathValue("journey"), Version: policyVersion})
	})
	s.mux.HandleFunc("POST /pages/intake/{journey...}", s.postIntake)
	s.mux.HandleFunc("GET /pages/consent/{journey...}", func(w http.ResponseWriter, r *http.Request) {
		show(w, http.StatusOK, "consent.html", page{Title: "Your consent", Journey: r.PathValue("journey"), Version: policyVersion})
	})
	s.mux.HandleFunc("POST /pages/consent/{journey...}", s.postConsent)
	s.mux.HandleFunc("GET /pages/health/{journey...}", func(w http.ResponseWriter, r *http.Request) {
		show(w, http.StatusOK, "health.html", page{Title: "Before your stay", Journey: r.PathValue("journey"), Version: policyVersion})
	})
	s.mux.HandleFunc("POST /pages/health/{journey...}", s.postHealth)
	s.mux.HandleFunc("GET /pages/offer/{journey...}", func(w http.ResponseWriter, r *http.Request) {
		show(w, http.StatusOK, "offer.html", page{Title: "Your offer", Journey: r.PathValue("journey"), Version: policyVersion})
	})
	s.mux.HandleFunc("POST /pages/offer/{journey...}", s.postOffer)
	s.mux.HandleFunc("GET /pages/pay/{session}", func(w http.ResponseWriter, r *http.Request) { s.showPayment(w, r, http.StatusOK, "") })
	s.mux.HandleFunc("POST /pages/pay/{session}", s.postPayment)
	s.mux.HandleFunc("GET /pages/", func(w http.ResponseWriter, _ *http.Request) {
		show(w, http.StatusNotFound, "notice.html", page{Title: "Page not found", Lines: []string{"Please use the link in your message."}})
	})
}

// show renders a page whole before it sends a byte.
func show(w http.ResponseWriter, status int, name string, content page) {
	var rendered bytes.Buffer
	if err := pageTemplates.ExecuteTemplate(&rendered, name, content); err != nil {
		http.Error(w, "sandbox: the page cannot be rendered: "+err.Error(), http.StatusInternalServerError)
		return
	}
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'")
	header.Set("Referrer-Policy", "no-referrer")
	w.WriteHeader(status)
	_, _ = w.Write(rendered.Bytes()) // a guest who left does not need it
}

// postIntake sends the arrival and the consent, each as its own webhook.
func (s *Server) postIntake(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	journey := r.PathValue("journey")
	again := page{Title: "About your stay", Journey: journey, Version: policyVersion}
	arrival, problem := readArrival(r.PostFormValue("arrival"))
	again.Problem = problem
	if again.Problem != "" {
		show(w, http.StatusUnprocessableEntity, "intake.html", again)
		return
	}
	_, errIntake := s.SubmitIntake(journey, arrival)
	var errConsent error
	if r.PostFormValue("consent") == "yes" {
		_, errConsent = s.Consent(journey, purposeHealth, true, policyVersion)
	}
	s.thank(w, errors.Join(errIntake, errConsent), "We have received your answers and will write to you.")
}

// purposeHealth is the consent that must come before any question about health.
const purposeHealth = "health_data"

// postConsent grants or withdraws the consent to the use of health data.
func (s *Server) postConsent(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	journey, answer := r.PathValue("journey"), r.PostFormValue("consent")
	if answer != "yes" && answer != "no" {
		show(w, http.StatusUnprocessableEntity, "consent.html", page{
			Title: "Your consent", Journey: journey, Version: policyVersion, Problem: "Please decide.",
		})
		return
	}
	_, err := s.Consent(journey, purposeHealth, answer == "yes", policyVersion)
	s.thank(w, err, "We have received your decision. You can change it on this page at any time.")
}

// postHealth keeps nothing of the answers: it stands in for the place where
// they are kept, and tells their reference.
func (s *Server) postHealth(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	journey := r.PathValue("journey")
	if r.PostFormValue("truthful") != "yes" {
		show(w, http.StatusUnprocessableEntity, "health.html", page{
			Title: "Before your stay", Journey: journey, Version: policyVersion, Problem: "Please confirm that your answers are true.",
		})
		return
	}
	_, err := s.SendHealthForm(journey, "form_"+randomText(16))
	s.thank(w, err, "We have received your answers. A clinician will read them.")
}

// readArrival accepts what browsers send for a local date and time.
func readArrival(text string) (arrival, problem string) {
	for _, layout := range []string{"2006-01-02T15:04", "2006-01-02T15:04:05"} {
		if at, err := time.Parse(layout, text); err == nil {
			return at.Format("2006-01-02T15:04:05"), ""
		}
	}
	return "", "Please enter the day and time of your arrival."
}

// postOffer sends the acceptance of the policy, then the answer.
func (s *Server) postOffer(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	journey, answer := r.PathValue("journey"), r.PostFormValue("answer")
	again := page{Title: "Your offer", Journey: journey, Version: policyVersion}
	switch {
	case answer != "accepted" && answer != "declined":
		again.Problem = "Please accept or decline the offer."
	case answer == "accepted" && r.PostFormValue("policy") != "yes":
		again.Problem = "To accept the offer, please accept the cancellation policy too."
	}
	if again.Problem != "" {
		show(w, http.StatusUnprocessableEntity, "offer.html", again)
		return
	}
	if answer == "declined" {
		_, err := s.AnswerOffer(journey, answer)
		s.thank(w, err, "You have declined the offer. Thank you for letting us know.")
		return
	}
	_, errPolicy := s.AcceptPolicy(journey, policyVersion, addressOf(r))
	_, errAnswer := s.AnswerOffer(journey, answer)
	s.thank(w, errors.Join(errPolicy, errAnswer), "You have accepted the offer. We will send you the payment page.")
}

func addressOf(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

func (s *Server) thank(w http.ResponseWriter, err error, line string) {
	if err != nil {
		s.config.Logger.Error("sandbox could not queue a guest's event", "error", err)
		show(w, http.StatusInternalServerError, "notice.html", page{Title: "Something went wrong", Lines: []string{"Your answer was not saved. Please try again."}})
		return
	}
	show(w, http.StatusOK, "notice.html", page{Title: "Thank you", Lines: []string{line}})
}

func (s *Server) showPayment(w http.ResponseWriter, r *http.Request, status int, problem string) {
	payment, found := s.paymentPage(r.PathValue("session"))
	switch {
	case !found:
		show(w, http.StatusNotFound, "notice.html", page{Title: "Page not found", Lines: []string{"This payment page does not exist."}})
	case payment.Status == sessionComplete:
		show(w, http.StatusOK, "notice.html", page{Title: "Thank you", Lines: []string{"Your payment is complete."}, Link: payment.SuccessURL})
	case payment.Status == sessionExpired:
		show(w, http.StatusGone, "notice.html", page{Title: "This page has expired", Lines: []string{"Please use the newest link that we sent you."}})
	default:
		show(w, status, "pay.html", page{Title: "Payment", Payment: payment, Amount: printed(payment.Amount, payment.Currency), Problem: problem})
	}
}

func (s *Server) paymentPage(id string) (PaymentPage, bool) {
	for _, payment := range s.PaymentPages() {
		if payment.ID == id {
			return payment, true
		}
	}
	return PaymentPage{}, false
}

func (s *Server) postPayment(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	choices := map[string]PayOptions{
		"pay": {}, "decline": {Decline: true}, "authenticate": {RequireAuthentication: true}, "bank": {Method: "sepa_debit"},
	}
	options, known := choices[r.PostFormValue("action")]
	if !known {
		s.showPayment(w, r, http.StatusUnprocessableEntity, "Please choose how to pay.")
		return
	}
	status, err := s.Pay(r.PathValue("session"), options)
	switch {
	case err != nil && !errors.Is(err, ErrClosed) && !errors.Is(err, ErrNotFound):
		s.config.Logger.Error("sandbox could not take a payment", "error", err)
		s.showPayment(w, r, http.StatusInternalServerError, "Something went wrong. Please try again.")
	case status == intentNeedsMethod:
		s.showPayment(w, r, http.StatusPaymentRequired, "Your card was declined. Please try another one.")
	case status == intentNeedsAction:
		s.showPayment(w, r, http.StatusOK, "Your bank asks you to confirm the payment. Choose Pay to confirm.")
	default:
		s.showPayment(w, r, http.StatusOK, "")
	}
}
