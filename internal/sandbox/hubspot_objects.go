package sandbox

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// hubspotInput is a record as a client writes it.
type hubspotInput struct {
	ID           string            `json:"id"`
	IDProperty   string            `json:"idProperty"`
	Properties   map[string]string `json:"properties"`
	Associations []struct {
		To struct {
			ID json.Number `json:"id"`
		} `json:"to"`
	} `json:"associations"`
}

// value is a property as the record will have it: an upsert names one of them
// by its ID.
func (i hubspotInput) value(name string) string {
	if i.IDProperty == name && i.Properties[name] == "" {
		return i.ID
	}
	return i.Properties[name]
}

// hubspotUnique are the properties whose values belong to one record.
var hubspotUnique = map[string][]string{
	"contacts": {"email", "guest_ref"},
	"deals":    {"journey_ref"},
	"notes":    {"op_id"},
}

// hubspotProperties are those of the portal: HubSpot's own and the custom ones
// that the adapter asks for.
var hubspotProperties = map[string][]string{
	"contacts": {
		"email", "phone", "mobilephone", "firstname", "lastname", "lifecyclestage", "hs_lead_status", "hs_language", "hs_object_source_detail_1",
		"city", "state", "country", "zip", "address", "company", "website", "jobtitle",
		"guest_ref", "journey_ref", "lead_source", "lead_score", "lead_classification", "program_of_interest", "op_id",
	},
	"deals": {"dealname", "dealstage", "pipeline", "amount", "deal_currency_code", "closedate", "description", "hubspot_owner_id", "journey_ref", "op_id"},
	"notes": {"hs_note_body", "hs_timestamp", "hubspot_owner_id", "journey_ref", "op_id"},
}

// hubspotCheck refuses values that HubSpot refuses.
func hubspotCheck(object string, properties map[string]string) *answer {
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		value := properties[name]
		if !slices.Contains(hubspotProperties[object], name) {
			return hubspotInvalid("PROPERTY_DOESNT_EXIST", name, fmt.Sprintf("Property %q does not exist", name))
		}
		switch name {
		case "email":
			if value != "" && !looksLikeEmail(value) {
				return hubspotInvalid("INVALID_EMAIL", name, "Email address is invalid")
			}
		case "lead_score", "amount":
			if _, err := strconv.ParseFloat(value, 64); value != "" && err != nil {
				return hubspotInvalid("INVALID_NUMBER", name, fmt.Sprintf("%s was not a valid number.", value))
			}
		case "hs_timestamp":
			if !hubspotTime(value) {
				return hubspotInvalid("INVALID_DATE", name, fmt.Sprintf("%s was not a valid time.", value))
			}
		}
	}
	return nil
}

// hubspotTime takes a time in milliseconds or in RFC 3339.
func hubspotTime(text string) bool {
	if _, err := strconv.ParseInt(text, 10, 64); err == nil {
		return true
	}
	_, err := time.Parse(time.RFC3339, text)
	return err == nil
}

// hubspotRequired are the properties without which no record is made.
var hubspotRequired = map[string][]string{"deals": {"dealname", "dealstage"}, "notes": {"hs_timestamp"}}

func (s *Server) hubspotCreate(c *call, object string) answer {
	var input hubspotInput
	if c.decode(&input) != nil {
		return hubspotError(http.StatusBadRequest, "VALIDATION_ERROR", "Invalid input JSON")
	}
	record, refused := s.hubspotInsert(object, input)
	if refused != nil {
		return *refused
	}
	s.hubspotTie(object, record.ID, input)
	s.hubspotCreated([]hubspotRecord{record}, "INTEGRATION")
	return answer{status: http.StatusCreated, effect: true, objectID: record.ID, body: renderRecord(record, nil)}
}

// hubspotBatchCreate makes several records, or none.
func (s *Server) hubspotBatchCreate(c *call, object string) answer {
	inputs, refused := hubspotInputs(c)
	if refused != nil {
		return *refused
	}
	taken := map[string]bool{}
	for _, input := range inputs {
		if refused := s.hubspotInsertable(object, input); refused != nil {
			return *refused
		}
		for _, name := range hubspotUnique[object] {
			value := name + "/" + hubspotValue(name, input.Properties[name])
			if input.Properties[name] != "" && taken[value] {
				return hubspotError(http.StatusConflict, "CONFLICT", "Duplicate "+name+" in the batch")
			}
			taken[value] = true
		}
	}
	var created []hubspotRecord
	results := []any{}
	for _, input := range inputs {
		record := s.hubspotNew(object, input.Properties)
		s.hubspotTie(object, record.ID, input)
		created, results = append(created, record), append(results, renderRecord(record, nil))
	}
	s.hubspotCreated(created, "INTEGRATION")
	return s.hubspotBatch(http.StatusCreated, results, true, created[0].ID)
}

func hubspotInputs(c *call) ([]hubspotInput, *answer) {
	var body struct {
		Inputs []hubspotInput `json:"inputs"`
	}
	if c.decode(&body) != nil {
		refused := hubspotError(http.StatusBadRequest, "VALIDATION_ERROR", "Invalid input JSON")
		return nil, &refused
	}
	if len(body.Inputs) == 0 || len(body.Inputs) > 100 {
		refused := hubspotError(http.StatusBadRequest, "VALIDATION_ERROR", "The inputs must be between 1 and 100")
		return nil, &refused
	}
	return body.Inputs, nil
}

// hubspotUpsert writes records by a unique property. It is atomic here: one bad
// input refuses the batch.
func (s *Server) hubspotUpsert(c *call, object string) answer {
	inputs, refused := hubspotInputs(c)
	if refused != nil {
		return *refused
	}
	for i := range inputs {
		if refused := s.hubspotUpsertable(object, &inputs[i]); refused != nil {
			return *refused
		}
	}
	results, first, effect := []any{}, "", false
	var created []hubspotRecord
	for _, input := range inputs {
		record, isNew, changed := s.hubspotWrite(object, input)
		if isNew {
			created = append(created, record)
		}
		effect = effect || changed
		first = firstOf(first, record.ID)
		results = append(results, renderRecord(record, map[string]any{"new": isNew}))
	}
	s.hubspotCreated(created, "INTEGRATION")
	return s.hubspotBatch(http.StatusOK, results, effect, first)
}

// hubspotUpsertable checks one input; its ID becomes the property's value.
func (s *Server) hubspotUpsertable(object string, input *hubspotInput) *answer {
	if input.ID == "" {
		return hubspotInvalid("REQUIRED_FIELD", "id", "id is required")
	}
	if !slices.Contains(hubspotUnique[object], input.IDProperty) {
		return hubspotInvalid("INVALID_UNIQUE_PROPERTY", input.IDProperty, fmt.Sprintf("Property %q is not a unique property of %s", input.IDProperty, object))
	}
	properties := maps.Clone(input.Properties)
	if properties == nil {
		properties = map[string]string{}
	}
	if properties[input.IDProperty] == "" {
		properties[input.IDProperty] = input.ID
	}
	input.Properties = properties
	if refused := hubspotCheck(object, properties); refused != nil {
		return refused
	}
	id, exists := s.hubspot.unique.get(object + "/" + input.IDProperty + "/" + hubspotValue(input.IDProperty, input.ID))
	if !exists {
		return s.hubspotInsertable(object, *input)
	}
	return s.hubspotFree(object, id, properties)
}

func (s *Server) hubspotWrite(object string, input hubspotInput) (record hubspotRecord, isNew, changed bool) {
	id, exists := s.hubspot.unique.get(object + "/" + input.IDProperty + "/" + hubspotValue(input.IDProperty, input.ID))
	if !exists {
		return s.hubspotNew(object, input.Properties), true, true
	}
	record, _ = s.hubspot.records.get(object + "/" + id)
	record, changed = s.hubspotChange(record, input.Properties)
	return record, false, changed
}

// hubspotInsertable says why a record cannot be made.
func (s *Server) hubspotInsertable(object string, input hubspotInput) *answer {
	if refused := hubspotCheck(object, input.Properties); refused != nil {
		return refused
	}
	for _, name := range hubspotRequired[object] {
		if input.Properties[name] == "" {
			return hubspotInvalid("REQUIRED_FIELD", name, fmt.Sprintf("Property %q is required", name))
		}
	}
	return s.hubspotFree(object, "", input.Properties)
}

// hubspotFree refuses unique values that another record has.
func (s *Server) hubspotFree(object, owner string, properties map[string]string) *answer {
	for _, name := range hubspotUnique[object] {
		value := hubspotValue(name, properties[name])
		if other, taken := s.hubspot.unique.get(object + "/" + name + "/" + value); taken && value != "" && other != owner {
			message := fmt.Sprintf("%s with that %s already exists. Existing ID: %s", object, name, other)
			if name == "email" {
				message = "Contact already exists. Existing ID: " + other
			}
			refused := hubspotError(http.StatusConflict, "CONFLICT", message)
			return &refused
		}
	}
	return nil
}

func (s *Server) hubspotInsert(object string, input hubspotInput) (hubspotRecord, *answer) {
	if refused := s.hubspotInsertable(object, input); refused != nil {
		return hubspotRecord{}, refused
	}
	return s.hubspotNew(object, input.Properties), nil
}

// hubspotNew makes the record; IDs are numbers, as HubSpot's webhooks need.
func (s *Server) hubspotNew(object string, properties map[string]string) hubspotRecord {
	if s.hubspot.nextID == 0 {
		s.hubspot.nextID = 1000 + int64(len(s.hubspot.records.order))
	}
	s.hubspot.nextID++
	record := hubspotRecord{
		ID: strconv.FormatInt(s.hubspot.nextID, 10), Object: object, Properties: map[string]string{}, CreatedAt: s.hubspotNow(),
	}
	record, _ = s.hubspotChange(record, properties)
	return record
}

// hubspotChange writes properties; the same values again change nothing.
func (s *Server) hubspotChange(record hubspotRecord, properties map[string]string) (hubspotRecord, bool) {
	before := record.Properties
	record.Properties = maps.Clone(before)
	for name, value := range properties {
		value = hubspotValue(name, value)
		if slices.Contains(hubspotUnique[record.Object], name) && before[name] != value {
			s.hubspot.unique.remove(record.Object + "/" + name + "/" + before[name])
			if value != "" {
				s.hubspot.unique.put(record.Object+"/"+name+"/"+value, record.ID)
			}
		}
		if value == "" {
			delete(record.Properties, name)
		} else {
			record.Properties[name] = value
		}
	}
	if _, exists := s.hubspot.records.get(record.key()); exists && maps.Equal(before, record.Properties) {
		return record, false
	}
	record.UpdatedAt = s.hubspotNow()
	s.hubspot.records.put(record.key(), record)
	return record, true
}

// hubspotValue is a value as HubSpot stores it: addresses in lower case.
func hubspotValue(name, value string) string {
	if name == "email" {
		return strings.ToLower(value)
	}
	return value
}

func (s *Server) hubspotNow() string { return s.now().Format("2006-01-02T15:04:05.000Z") }

func (s *Server) hubspotGet(c *call, object string) answer {
	record, found := s.hubspotFind(c, object)
	if !found {
		return hubspotError(http.StatusNotFound, "OBJECT_NOT_FOUND", "resource not found")
	}
	wanted := map[string]string{}
	names := strings.Split(c.URL.Query().Get("properties"), ",")
	if names[0] == "" {
		names = []string{"email", "firstname", "lastname", "dealname", "dealstage", "amount"}
	}
	for _, name := range names {
		if value, set := record.Properties[strings.TrimSpace(name)]; set {
			wanted[strings.TrimSpace(name)] = value
		}
	}
	record.Properties = wanted
	return answer{status: http.StatusOK, body: renderRecord(record, nil)}
}

// hubspotFind finds by ID, or by the unique property in idProperty.
func (s *Server) hubspotFind(c *call, object string) (hubspotRecord, bool) {
	id := c.PathValue("id")
	if name := c.URL.Query().Get("idProperty"); name != "" {
		id, _ = s.hubspot.unique.get(object + "/" + name + "/" + hubspotValue(name, id))
	}
	return s.hubspot.records.get(object + "/" + id)
}

func (s *Server) hubspotPatch(c *call, object string) answer {
	record, found := s.hubspotFind(c, object)
	if !found {
		return hubspotError(http.StatusNotFound, "OBJECT_NOT_FOUND", "resource not found")
	}
	var input hubspotInput
	if c.decode(&input) != nil || input.Properties == nil {
		return hubspotError(http.StatusBadRequest, "VALIDATION_ERROR", "Invalid input JSON")
	}
	if refused := hubspotCheck(object, input.Properties); refused != nil {
		return *refused
	}
	if refused := s.hubspotFree(object, record.ID, input.Properties); refused != nil {
		return *refused
	}
	record, changed := s.hubspotChange(record, input.Properties)
	return answer{status: http.StatusOK, effect: changed, objectID: record.ID, body: renderRecord(record, nil)}
}

func renderRecord(record hubspotRecord, more map[string]any) map[string]any {
	properties := map[string]string{"hs_object_id": record.ID, "createdate": record.CreatedAt, "lastmodifieddate": record.UpdatedAt}
	maps.Copy(properties, record.Properties)
	rendered := map[string]any{"id": record.ID, "properties": properties, "createdAt": record.CreatedAt, "updatedAt": record.UpdatedAt, "archived": false}
	maps.Copy(rendered, more)
	return rendered
}

func (s *Server) hubspotBatch(status int, results []any, effect bool, first string) answer {
	now := s.hubspotNow()
	return answer{status: status, effect: effect, objectID: first, body: map[string]any{
		"status": "COMPLETE", "results": results, "startedAt": now, "completedAt": now,
	}}
}
