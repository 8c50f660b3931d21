package sandbox

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"time"
)

// stripeKeyLife is how long Stripe remembers an answer.
const stripeKeyLife = 24 * time.Hour

// stripeReplay is an answer kept under its idempotency key.
type stripeReplay struct {
	Fingerprint string          `json:"fingerprint"`
	Status      int             `json:"status"`
	Body        json.RawMessage `json:"body"`
	RequestID   string          `json:"requestId"`
	ObjectID    string          `json:"objectId"`
	At          time.Time       `json:"at"`
}

// stripeGuard answers a POST whose key is known: the stored answer for the same
// parameters, a refusal for others, a conflict while the first is under way.
func (s *Server) stripeGuard(c *call) (*answer, func(*answer)) {
	key := c.Header.Get("Idempotency-Key")
	if c.Method != http.MethodPost || key == "" {
		return nil, func(*answer) {}
	}
	if len(key) > 255 {
		return stripeInvalid("", "", "Idempotency key can be at most 255 characters long."), nil
	}
	sum := sha256.Sum256([]byte(c.URL.Path + "\n" + c.form().Encode()))
	fingerprint := hex.EncodeToString(sum[:])
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stripe.inUse[key] {
		busy := stripeError(http.StatusConflict, stripeProblem{
			Type: "invalid_request_error", Code: "idempotency_key_in_use",
			Message: "There is currently another in-progress request using this Idempotent Key (that probably means you submitted twice, and the other request is still going through): " + key + ". Please try again later.",
		})
		return &busy, nil
	}
	kept, known := s.stripe.answers.get(key)
	if known && s.now().Sub(kept.At) < stripeKeyLife {
		return stripeAgain(kept, key, fingerprint), nil
	}
	s.stripe.inUse[key] = true
	return nil, func(given *answer) {
		delete(s.stripe.inUse, key)
		s.stripeKeep(key, fingerprint, given)
	}
}

func stripeAgain(kept stripeReplay, key, fingerprint string) *answer {
	if kept.Fingerprint != fingerprint {
		refused := stripeError(http.StatusBadRequest, stripeProblem{
			Type:    "idempotency_error",
			Message: "Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than '" + key + "' if you meant to execute a different request.",
		})
		return &refused
	}
	header := stripeHeader()
	header.Set("Idempotent-Replayed", "true")
	header.Set("Idempotency-Key", key)
	header.Set("Original-Request", kept.RequestID)
	return &answer{status: kept.Status, header: header, body: kept.Body, replayed: true, objectID: kept.ObjectID}
}

// stripeKeep stores what Stripe stores: an answer of an executed call, also a
// decline and a 500, but no refusal of its parameters.
func (s *Server) stripeKeep(key, fingerprint string, given *answer) {
	if given == nil || (given.status >= 300 && given.status != http.StatusPaymentRequired && given.status < 500) {
		return
	}
	body, err := json.Marshal(given.body)
	if err != nil {
		panic("sandbox: a Stripe answer cannot be JSON: " + err.Error()) // our own types: a bug
	}
	given.header.Set("Idempotency-Key", key)
	s.stripe.answers.put(key, stripeReplay{
		Fingerprint: fingerprint, Status: given.status, Body: body,
		RequestID: given.header.Get("Request-Id"), ObjectID: given.objectID, At: s.now(),
	})
}
