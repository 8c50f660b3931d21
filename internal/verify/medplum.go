package verify

// MedplumHeader carries the signature of Medplum's FHIR subscriptions.
const MedplumHeader = "X-Signature"

// NewMedplum makes the verifier of the given subscription secrets: HMAC-SHA256
// of the body in hex. Without any it refuses everything. Other FHIR servers sign
// nothing and send a header of your choice: NewToken.
func NewMedplum(secrets ...string) (*HMAC, error) {
	return newHMAC(scheme{header: MedplumHeader, read: bodyOnly("")}, secrets, asText)
}
