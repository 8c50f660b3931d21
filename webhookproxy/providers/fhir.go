package providers

import (
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"time"

	"guestjourney/internal/verify"
)

// fhir: rest-hooks of a FHIR R4 server. The standard signs nothing; the header
// that the subscription sets ("Authorization: Bearer ...", whole) proves the
// sender, or Medplum's signature, which covers the body alone.
//
// HAPI puts and deletes the resource at its own path, others post it.
func fhir(Config) Provider {
	methods := []string{http.MethodPost, http.MethodPut, http.MethodDelete}
	return Provider{
		Name: "fhir", BodyLimit: megabyte, Budget: 5 * time.Second, Remember: rememberUndated,
		Schemes: []Scheme{bears("FHIR_TOKENS", "Authorization"), signs("FHIR_SUBSCRIPTION_SECRETS", verify.NewMedplum).undated()},
		Routes: []Route{
			{Path: "/webhooks/fhir", Methods: methods, Events: fhirEvents},
			{Path: "/webhooks/fhir/:type/:id", Methods: methods, Events: fhirEvents},
		},
	}
}

// fhirResource is the part of a resource that is read.
type fhirResource struct {
	Type text `json:"resourceType"`
	ID   text `json:"id"`
	Meta struct {
		VersionID   text `json:"versionId"`
		LastUpdated text `json:"lastUpdated"`
	} `json:"meta"`
}

// event: a resource without a version is told from an earlier one by content.
func (r fhirResource) event(raw []byte) Event {
	event := Event{ID: content(raw), Type: string(r.Type)}
	if r.Type != "" && r.ID != "" && r.Meta.VersionID != "" {
		event.ID = digest(string(r.Type), string(r.ID), string(r.Meta.VersionID))
	}
	return event
}

func fhirEvents(delivery Delivery) ([]Event, error) {
	if len(delivery.Body) == 0 {
		return fhirByPath(delivery)
	}
	if !isObject(delivery.Body) {
		return nil, errNotJSON
	}
	var told fhirResource
	if err := parse(delivery.Body, &told); err != nil {
		return nil, err
	}
	if told.Type == "Bundle" {
		return fhirBundle(delivery.Body)
	}
	return []Event{told.event(delivery.Body)}, nil
}

// fhirPath is the end of a path that names a resource.
var fhirPath = regexp.MustCompile(`/webhooks/fhir/([A-Za-z]{1,64})/([A-Za-z0-9.-]{1,64})$`)

// fhirByPath: without a body only method and path say something, and no scheme
// signs them: an event of them may make somebody look again, and no more. An
// empty post to no resource's path says that something changed; no event can be
// made of that which would not be the same as the next one.
func fhirByPath(delivery Delivery) ([]Event, error) {
	address, err := url.Parse(delivery.URL)
	if err != nil {
		return nil, errors.New("the address is none")
	}
	found := fhirPath.FindStringSubmatch(address.Path)
	if found == nil {
		return nil, nil
	}
	kind := found[1]
	if delivery.Method == http.MethodDelete {
		kind += ".delete"
	}
	return []Event{{ID: digest(delivery.Method, found[1], found[2]), Type: kind}}, nil
}
