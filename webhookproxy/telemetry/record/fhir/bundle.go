package fhir

import (
	"fmt"
	"io"
	"net/url"

	"github.com/go-json-experiment/json"
	"github.com/google/uuid"
)

// entries is the name space of the entries' UUIDs.
var entries = uuid.NewSHA1(uuid.NameSpaceURL, []byte(SystemRecord))

// Bundle writes a transaction entry by entry. It is a transaction, and no collection,
// because only its entries say how they are created: each only if the receiver has
// none of its identifier, so that an export that is repeated makes no duplicate.
type Bundle struct {
	out     io.Writer
	entries int
}

// NewBundle begins a bundle that is known by a name of SystemRecord.
func NewBundle(w io.Writer, name, timestamp string) (*Bundle, error) {
	identifier, err := json.Marshal(Identifier{SystemRecord, name})
	if err != nil {
		return nil, fmt.Errorf("fhir: begin the bundle: %w", err)
	}
	_, err = fmt.Fprintf(w, `{"resourceType":"Bundle","identifier":%s,"type":"transaction","timestamp":%q`, identifier, timestamp)
	return &Bundle{out: w}, failed(err)
}

// Close ends the bundle.
func (b *Bundle) Close() error {
	end := "\n]}\n"
	if b.entries == 0 {
		end = "}\n" // FHIR has no empty lists
	}
	_, err := io.WriteString(b.out, end)
	return failed(err)
}

// URL is the address of an entry within the bundle, by its name.
func URL(name string) string { return "urn:uuid:" + uuid.NewSHA1(entries, []byte(name)).String() }

type entry struct {
	FullURL  string  `json:"fullUrl"`
	Resource any     `json:"resource"`
	Request  request `json:"request"`
}

type request struct {
	Method      string `json:"method"`
	URL         string `json:"url"`
	IfNoneExist string `json:"ifNoneExist"`
}

// Observation adds one by its name, which is its identifier.
func (b *Bundle) Observation(name string, one Observation) error {
	one.ResourceType, one.Identifier = "Observation", []Identifier{{SystemRecord, name}}
	return b.add(name, one.ResourceType, one)
}

// Communication adds one by its name, which is its identifier.
func (b *Bundle) Communication(name string, one Communication) error {
	one.ResourceType, one.Identifier = "Communication", []Identifier{{SystemRecord, name}}
	return b.add(name, one.ResourceType, one)
}

func (b *Bundle) add(name, kind string, resource any) error {
	text, err := json.Marshal(entry{URL(name), resource, request{
		Method: "POST", URL: kind, IfNoneExist: "identifier=" + url.QueryEscape(SystemRecord+"|"+name),
	}}, json.Deterministic(true))
	if err != nil {
		return fmt.Errorf("fhir: write a resource of type %s: %w", kind, err)
	}
	before := ",\n"
	if b.entries == 0 {
		before = ",\"entry\":[\n"
	}
	b.entries++
	_, err = fmt.Fprintf(b.out, "%s%s", before, text)
	return failed(err)
}

func failed(err error) error {
	if err != nil {
		return fmt.Errorf("fhir: write the bundle: %w", err)
	}
	return nil
}
