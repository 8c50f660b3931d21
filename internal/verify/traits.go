package verify

// Traits say what a verifier asks of a message, for a person who wants to know
// why one was refused. Verifying does not need them.
type Traits struct {
	// Headers must each be there once; the first is or has the proof.
	Headers []string
	// Covers are the parts of a message that are signed, in words. Empty: a
	// shared secret proves who sends, and nothing of what is sent.
	Covers []string
	// Window is where the signed time must lie; zero where none is signed.
	Window Window
	// Algorithm makes the signature; empty where there is none.
	Algorithm string
}

// Algorithms, as Traits names them.
const (
	hmacSHA256 = "HMAC-SHA256"
	hmacSHA1   = "HMAC-SHA1"
	ecdsaP256  = "ECDSA-P256-SHA256"
	rsaSHA     = "RSA-SHA1 or RSA-SHA256"
	keyedSHA   = "SHA-1 or SHA-256 with the secret behind"
	prefixSHA  = "SHA-256 with the secret in front"
)

// Parts of a message, as Traits.Covers names them.
const (
	PartMethod  = "method"
	PartAddress = "address"
	PartPath    = "path"
	PartHeaders = "headers"
	PartTime    = "time"
	PartID      = "ID"
	PartBody    = "body"
	PartForm    = "form"
	PartFields  = "fields of the body"
)

// TraitsOf returns the traits of a verifier of this package; none of those that
// hold several.
func TraitsOf(verifier Verifier) Traits {
	if one, ok := verifier.(interface{ traits() Traits }); ok {
		return one.traits()
	}
	return Traits{}
}

func (h *HMAC) traits() Traits {
	traits := Traits{Headers: append([]string{h.scheme.header}, h.scheme.beside...), Window: h.scheme.window, Algorithm: hmacSHA256}
	traits.Covers = append(traits.Covers, h.scheme.covers...)
	if h.scheme.window != (Window{}) {
		traits.Covers = append(traits.Covers, PartTime)
	}
	traits.Covers = append(traits.Covers, PartBody)
	return traits
}

func (t *Token) traits() Traits { return Traits{Headers: []string{t.header}} }

func (t *Twilio) traits() Traits {
	return Traits{Headers: []string{TwilioHeader}, Covers: []string{PartAddress, PartForm}, Algorithm: hmacSHA1}
}

func (s *SendGrid) traits() Traits {
	return Traits{Headers: []string{SendGridHeader, SendGridTimestampHeader}, Covers: []string{PartTime, PartBody}, Window: s.window, Algorithm: ecdsaP256}
}

func (c *Cloudinary) traits() Traits {
	return Traits{Headers: []string{CloudinaryHeader, CloudinaryTimestampHeader}, Covers: []string{PartTime, PartBody}, Window: c.window, Algorithm: keyedSHA}
}

func (h *HubSpotLegacy) traits() Traits {
	return Traits{Headers: []string{HubSpotLegacyHeader, HubSpotVersionHeader}, Covers: []string{PartMethod, PartAddress, PartBody}, Algorithm: prefixSHA}
}

func (s *SNS) traits() Traits {
	return Traits{Headers: []string{SNSTypeHeader}, Covers: []string{PartFields}, Window: s.window, Algorithm: rsaSHA}
}
