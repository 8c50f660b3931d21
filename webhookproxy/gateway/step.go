package gateway

// Steps of a webhook between its first byte and its answer, in order, as
// Config.Step hears of them. A process that dies at one of them must lose
// nothing and do nothing twice; the tests of the whole house try each.
const (
	StepRead       = "read"       // the body is in hand
	StepVerified   = "verified"   // its signature fits
	StepLookedUp   = "looked_up"  // no place here knows the event
	StepSignalling = "signalling" // Temporal is called next
	StepSignalled  = "signalled"  // Temporal has it; nobody here knows that yet
	StepStoring    = "storing"    // the inbox is called next
	StepStored     = "stored"     // the inbox has committed it
	StepAnswering  = "answering"  // all is durable; the sender does not know yet
)
