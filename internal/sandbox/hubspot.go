package sandbox

import (
	"net/http"
	"strings"
)

// hubspotState is one HubSpot portal. The effect key of a contact is its
// journey_ref and ":contact", that of a deal its journey_ref, ":" and its
// stage, that of a note its op_id, that of an association its two ends.
type hubspotState struct {
	records      *table[hubspotRecord] // by "contacts/<id>"
	unique       *table[string]        // by "contacts/email/<value>": the ID
	associations *table[bool]          // by "notes/<id>/contacts/<id>"
	nextID       int64
}

type hubspotRecord struct {
	ID         string            `json:"id"`
	Object     string            `json:"object"`
	Properties map[string]string `json:"properties"`
	CreatedAt  string            `json:"createdAt"`
	UpdatedAt  string            `json:"updatedAt"`
}

func (r hubspotRecord) key() string { return r.Object + "/" + r.ID }

func (s *Server) hubspotTables() {
	s.hubspot = hubspotState{
		records:      newTable[hubspotRecord](s.store, "hubspot.records"),
		unique:       newTable[string](s.store, "hubspot.unique"),
		associations: newTable[bool](s.store, "hubspot.associations"),
	}
}

func (s *Server) hubspotRoutes() {
	d := &dialect{name: providerHubSpot, authenticate: s.hubspotAuthenticate, trouble: hubspotTrouble, effectKey: hubspotEffectKey}
	s.route(d, "GET", "/account-info/{version}/details", "account.details", s.hubspotAccount)
	for object := range hubspotObjects {
		for _, root := range []string{"/crm/v3/objects/" + object, "/crm/objects/{version}/" + object} {
			s.hubspotObjectRoutes(d, root, hubspotObjects[object])
		}
	}
	for _, root := range []string{"/crm/v3/associations", "/crm/associations/{version}"} {
		s.route(d, "POST", root+"/{from}/{to}/batch/create", "associations.create", s.hubspotAssociateBatch)
	}
	s.mux.Handle("/hubspot/", s.endpoint(d, operation{"unknown", func(*call) answer {
		return hubspotError(http.StatusNotFound, "OBJECT_NOT_FOUND", "resource not found")
	}}))
}

func (s *Server) hubspotObjectRoutes(d *dialect, root, object string) {
	with := func(serve func(*call, string) answer) func(*call) answer {
		return func(c *call) answer { return serve(c, object) }
	}
	s.route(d, "POST", root, object+".create", with(s.hubspotCreate))
	s.route(d, "POST", root+"/batch/create", object+".batch_create", with(s.hubspotBatchCreate))
	s.route(d, "POST", root+"/batch/upsert", object+".upsert", with(s.hubspotUpsert))
	s.route(d, "GET", root+"/{id}", object+".get", with(s.hubspotGet))
	s.route(d, "PATCH", root+"/{id}", object+".update", with(s.hubspotPatch))
	s.route(d, "PUT", root+"/{id}/associations/default/{to}/{other}", object+".associate", with(s.hubspotAssociate))
	s.route(d, "PUT", root+"/{id}/associations/{to}/{other}/{type}", object+".associate", with(s.hubspotAssociate))
}

// hubspotObjects are the names and type IDs by which paths name an object.
var hubspotObjects = map[string]string{
	"contacts": "contacts", "0-1": "contacts", "deals": "deals", "0-3": "deals", "notes": "notes", "0-46": "notes",
}

func hubspotError(status int, category, message string) answer {
	return answer{status: status, body: map[string]any{"status": "error", "message": message, "correlationId": randomUUID(), "category": category}}
}

func hubspotInvalid(code, property, message string) *answer {
	refused := answer{status: http.StatusBadRequest, body: map[string]any{
		"status": "error", "message": "Property values were not valid: " + message, "correlationId": randomUUID(), "category": "VALIDATION_ERROR",
		"errors": []any{map[string]any{"message": message, "code": code, "context": map[string]any{"propertyName": []string{property}}}},
	}}
	return &refused
}

func hubspotTrouble(status int) answer {
	switch status {
	case http.StatusTooManyRequests:
		throttled := hubspotError(status, "RATE_LIMITS", "You have reached your ten_secondly_rolling limit.")
		throttled.body.(map[string]any)["errorType"] = "RATE_LIMIT"
		throttled.body.(map[string]any)["policyName"] = "TEN_SECONDLY_ROLLING"
		throttled.header = http.Header{"X-Hubspot-Ratelimit-Remaining": {"0"}}
		return throttled
	case http.StatusRequestEntityTooLarge:
		return hubspotError(status, "VALIDATION_ERROR", "The request is too large")
	default:
		return hubspotError(status, "SERVER_ERROR", "internal error")
	}
}

func (s *Server) hubspotAuthenticate(c *call) *answer {
	if same(c.bearer(), s.config.Secrets.HubSpotToken) {
		return nil
	}
	refused := hubspotError(http.StatusUnauthorized, "INVALID_AUTHENTICATION", "Authentication credentials not found. This API supports OAuth 2.0 authentication and you can find more details at https://developers.hubspot.com/docs/methods/auth/oauth-overview")
	return &refused
}

func (s *Server) hubspotAccount(*call) answer {
	return answer{status: http.StatusOK, body: map[string]any{
		"portalId": s.config.HubSpotPortal, "accountType": "DEVELOPER_TEST", "timeZone": "US/Eastern", "companyCurrency": "USD",
		"additionalCurrencies": []string{}, "utcOffset": "-05:00", "utcOffsetMilliseconds": -18000000, "uiDomain": "app.hubspot.com", "dataHostingLocation": "na1",
	}}
}

// hubspotEffectKey reads the key of the first record that a call writes.
func hubspotEffectKey(c *call) string {
	if c.Method == http.MethodGet {
		return ""
	}
	var body struct {
		hubspotInput
		Inputs []hubspotInput `json:"inputs"`
	}
	if c.decode(&body) != nil {
		return ""
	}
	input := body.hubspotInput
	if len(body.Inputs) > 0 {
		input = body.Inputs[0]
	}
	reference := input.value("journey_ref")
	switch object := hubspotObjectOf(c.URL.Path); {
	case object == "notes":
		return input.value("op_id")
	case reference == "":
		return ""
	case object == "deals":
		return reference + ":" + input.Properties["dealstage"]
	default:
		return reference + ":contact"
	}
}

func hubspotObjectOf(path string) string {
	for _, part := range strings.Split(path, "/") {
		if object, known := hubspotObjects[part]; known {
			return object
		}
	}
	return ""
}
