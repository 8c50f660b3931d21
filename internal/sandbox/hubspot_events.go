package sandbox

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// hubspotBatchSize is HubSpot's limit of events in one post.
const hubspotBatchSize = 100

// hubspotCreated queues contact.creation for the contacts among new records:
// also for those that this system wrote itself, as HubSpot does.
func (s *Server) hubspotCreated(records []hubspotRecord, source string) {
	records = slices.DeleteFunc(slices.Clone(records), func(record hubspotRecord) bool { return record.Object != "contacts" })
	for batch := range slices.Chunk(records, hubspotBatchSize) {
		var events []map[string]any
		var ids []string
		for _, record := range batch {
			id := rand.Int64N(1 << 50)
			object, err := strconv.ParseInt(record.ID, 10, 64)
			if err != nil {
				panic("sandbox: a contact's ID is no number: " + record.ID) // our own IDs: a bug
			}
			ids = append(ids, strconv.FormatInt(id, 10))
			events = append(events, map[string]any{
				"eventId": id, "subscriptionId": 77001, "portalId": s.config.HubSpotPortal, "appId": 88001, "occurredAt": s.now().UnixMilli(),
				"subscriptionType": "contact.creation", "attemptNumber": 0, "objectId": object, "changeFlag": "CREATED", "changeSource": source, "sourceId": "88001",
			})
		}
		body, err := json.Marshal(events)
		if err != nil {
			panic("sandbox: a HubSpot event cannot be JSON: " + err.Error()) // our own types: a bug
		}
		s.enqueue(delivery{
			WebhookRecord: WebhookRecord{Provider: providerHubSpot, Type: "contact.creation", EventID: strings.Join(ids, ","), Body: string(body)},
			Target:        "/webhooks/hubspot", ContentType: "application/json",
		})
	}
}

// CreateContact is a contact that somebody makes in HubSpot, by a form or by
// hand, with a webhook. A form's name is the property
// hs_object_source_detail_1. It returns the contact's ID.
func (s *Server) CreateContact(properties map[string]string) (string, error) {
	ids, err := s.CreateContacts([]map[string]string{properties})
	if err != nil {
		return "", err
	}
	return ids[0], nil
}

// CreateContacts is an import: all of the contacts or none. The webhooks come
// in batches.
func (s *Server) CreateContacts(imported []map[string]string) ([]string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	taken := map[string]bool{}
	for _, properties := range imported {
		if refused := s.hubspotInsertable("contacts", hubspotInput{Properties: properties}); refused != nil {
			return nil, fmt.Errorf("sandbox: HubSpot refuses the contact with status %d (%s)", refused.status, http.StatusText(refused.status))
		}
		email := hubspotValue("email", properties["email"])
		if email != "" && taken[email] {
			return nil, fmt.Errorf("sandbox: two contacts of the import have the same address")
		}
		taken[email] = true
	}
	var created []hubspotRecord
	var ids []string
	for _, properties := range imported {
		record := s.hubspotNew("contacts", properties)
		created, ids = append(created, record), append(ids, record.ID)
	}
	s.hubspotCreated(created, "CRM_UI")
	return ids, s.commitLocked()
}

// CRMRecord is a record of HubSpot, for tests and the control API.
type CRMRecord struct {
	ID         string            `json:"id"`
	Object     string            `json:"object"` // "contacts", "deals" or "notes"
	Properties map[string]string `json:"properties"`
	// Contacts are the IDs of the contacts that it is tied to.
	Contacts []string `json:"contacts"`
}

// CRMRecords returns the records of one kind, the oldest first.
func (s *Server) CRMRecords(object string) []CRMRecord {
	s.mu.Lock()
	defer s.mu.Unlock()
	tied := map[string][]string{}
	for _, tie := range s.hubspot.associations.order {
		from, to, _ := strings.Cut(tie, "+")
		tied[from] = append(tied[from], strings.TrimPrefix(to, "contacts/"))
	}
	found := []CRMRecord{}
	for record := range s.hubspot.records.all() {
		if record.Object == object {
			found = append(found, CRMRecord{record.ID, record.Object, maps.Clone(record.Properties), tied[record.key()]})
		}
	}
	return found
}
