package sandbox_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

type hubspotAnswer struct {
	ID         string
	Status     string
	Category   string
	Message    string
	Properties map[string]string
	Errors     []struct{ Code string }
	Results    []struct {
		ID         string
		New        bool
		Properties map[string]string
	}
}

func (w *world) crm(method, path, body string) (int, hubspotAnswer) {
	w.Helper()
	status, text := w.call(method, "/hubspot"+path, w.secrets.HubSpotToken, body)
	var decoded hubspotAnswer
	require.NoError(w, json.Unmarshal([]byte(text), &decoded), text)
	return status, decoded
}

func upsertBody(idProperty, id string, properties map[string]string) string {
	encoded, err := json.Marshal(map[string]any{"inputs": []any{map[string]any{"idProperty": idProperty, "id": id, "properties": properties}}})
	if err != nil {
		panic(err)
	}
	return string(encoded)
}

func TestHubSpotUpsertsByAUniqueProperty(t *testing.T) {
	for _, root := range []string{"/crm/v3/objects/contacts", "/crm/objects/2026-09/contacts", "/crm/v3/objects/0-1"} {
		t.Run(root, func(t *testing.T) {
			w := start(t)
			body := upsertBody("email", "Ana@Example.com", map[string]string{"firstname": "Ana", "journey_ref": "journey/1", "guest_ref": "g1"})
			status, made := w.crm("POST", root+"/batch/upsert", body)
			require.Equal(t, http.StatusOK, status)
			require.True(t, made.Results[0].New)
			assert.Equal(t, "COMPLETE", made.Status)
			assert.Equal(t, "ana@example.com", made.Results[0].Properties["email"])
			id := made.Results[0].ID

			_, again := w.crm("POST", root+"/batch/upsert", body)
			assert.False(t, again.Results[0].New)
			assert.Equal(t, id, again.Results[0].ID)
			assert.Equal(t, 1, w.Effects()["journey/1:contact"])
			assert.True(t, w.lastCall("contacts.upsert").Duplicate)

			_, _ = w.crm("POST", root+"/batch/upsert", upsertBody("guest_ref", "g1", map[string]string{"lastname": "Ruiz"}))
			status, read := w.crm("GET", root+"/"+id+"?properties=email,lastname,phone", "")
			require.Equal(t, http.StatusOK, status)
			assert.Equal(t, "Ruiz", read.Properties["lastname"])
			assert.NotContains(t, read.Properties, "firstname", "only what was asked for")
		})
	}
}

func TestHubSpotRefusesWhatHubSpotRefuses(t *testing.T) {
	w := start(t)
	status, body := w.call("GET", "/hubspot/account-info/v3/details", "wrong", "")
	assert.Equal(t, http.StatusUnauthorized, status)
	assert.Contains(t, body, `"category":"INVALID_AUTHENTICATION"`)
	status, body = w.call("GET", "/hubspot/account-info/v3/details", w.secrets.HubSpotToken, "")
	assert.Equal(t, http.StatusOK, status)
	assert.Contains(t, body, `"portalId":4242`)

	const contacts = "/crm/v3/objects/contacts"
	for name, check := range map[string]struct{ path, body, code string }{
		"unknown property": {contacts, `{"properties":{"email":"a@example.com","mood":"good"}}`, "PROPERTY_DOESNT_EXIST"},
		"bad address":      {contacts, `{"properties":{"email":"nobody"}}`, "INVALID_EMAIL"},
		"bad score":        {contacts, `{"properties":{"lead_score":"high"}}`, "INVALID_NUMBER"},
		"not unique":       {contacts + "/batch/upsert", upsertBody("firstname", "Ana", nil), "INVALID_UNIQUE_PROPERTY"},
		"note's time":      {"/crm/v3/objects/notes/batch/upsert", upsertBody("op_id", "n", map[string]string{"hs_note_body": "x"}), "REQUIRED_FIELD"},
		"deal's stage":     {"/crm/v3/objects/0-3/batch/upsert", upsertBody("journey_ref", "journey/1", map[string]string{"dealname": "x"}), "REQUIRED_FIELD"},
	} {
		t.Run(name, func(t *testing.T) {
			status, refused := w.crm("POST", check.path, check.body)
			assert.Equal(t, http.StatusBadRequest, status)
			assert.Equal(t, "VALIDATION_ERROR", refused.Category)
			require.Len(t, refused.Errors, 1)
			assert.Equal(t, check.code, refused.Errors[0].Code)
		})
	}
	status, refused := w.crm("GET", contacts+"/999", "")
	assert.Equal(t, http.StatusNotFound, status)
	assert.Equal(t, "OBJECT_NOT_FOUND", refused.Category)
	assert.Empty(t, w.CRMRecords("contacts"))
}

func TestHubSpotUniqueValuesBelongToOneRecord(t *testing.T) {
	w := start(t)
	const contacts = "/crm/v3/objects/contacts"
	status, first := w.crm("POST", contacts, `{"properties":{"email":"ana@example.com","guest_ref":"g1"}}`)
	require.Equal(t, http.StatusCreated, status)
	status, refused := w.crm("POST", contacts, `{"properties":{"email":"ANA@example.com"}}`)
	assert.Equal(t, http.StatusConflict, status)
	assert.Equal(t, "CONFLICT", refused.Category)
	assert.Contains(t, refused.Message, "Existing ID: "+first.ID)

	status, refused = w.crm("POST", contacts+"/batch/upsert", upsertBody("email", "bea@example.com", map[string]string{"guest_ref": "g1"}))
	assert.Equal(t, http.StatusConflict, status)
	assert.Equal(t, "CONFLICT", refused.Category)

	_, second := w.crm("POST", contacts, `{"properties":{"email":"bea@example.com"}}`)
	status, _ = w.crm("PATCH", contacts+"/"+second.ID, `{"properties":{"email":"ana@example.com"}}`)
	assert.Equal(t, http.StatusConflict, status)
	status, _ = w.crm("PATCH", contacts+"/"+first.ID, `{"properties":{"email":"ana2@example.com"}}`)
	assert.Equal(t, http.StatusOK, status)
	status, _ = w.crm("PATCH", contacts+"/"+second.ID, `{"properties":{"email":"ana@example.com"}}`)
	assert.Equal(t, http.StatusOK, status, "a value that was given up is free")
}

func TestHubSpotDealsAndNotesAreTiedToTheContact(t *testing.T) {
	w := start(t)
	_, contact := w.crm("POST", "/crm/v3/objects/contacts", `{"properties":{"email":"ana@example.com"}}`)
	deal := func(stage string) (int, hubspotAnswer) {
		return w.crm("POST", "/crm/v3/objects/0-3/batch/upsert", upsertBody("journey_ref", "journey/1", map[string]string{"dealname": "retreat", "dealstage": stage, "amount": "1700.00"}))
	}
	for _, stage := range []string{"new", "new", "booked"} {
		status, _ := deal(stage)
		require.Equal(t, http.StatusOK, status)
	}
	assert.Equal(t, 1, w.Effects()["journey/1:new"])
	assert.Equal(t, 1, w.Effects()["journey/1:booked"])

	note := upsertBody("op_id", "journey/1/note", map[string]string{"hs_timestamp": "2026-11-24T10:00:00.000Z", "hs_note_body": "booked"})
	_, made := w.crm("POST", "/crm/v3/objects/notes/batch/upsert", note)
	_, _ = w.crm("POST", "/crm/v3/objects/notes/batch/upsert", note)
	assert.Equal(t, 1, w.Effects()["journey/1/note"])
	tie := fmt.Sprintf(`{"inputs":[{"from":{"id":"%s"},"to":{"id":"%s"},"type":"note_to_contact"}]}`, made.Results[0].ID, contact.ID)
	for range 2 {
		status, _ := w.crm("POST", "/crm/v3/associations/note/contact/batch/create", tie)
		require.Equal(t, http.StatusCreated, status)
	}
	status, _ := w.crm("PUT", "/crm/objects/2026-09/0-3/"+w.CRMRecords("deals")[0].ID+"/associations/default/contacts/"+contact.ID, "")
	assert.Equal(t, http.StatusOK, status)
	status, _ = w.crm("PUT", "/crm/objects/2026-09/0-3/1/associations/default/contacts/"+contact.ID, "")
	assert.Equal(t, http.StatusNotFound, status)

	assert.Equal(t, []string{contact.ID}, w.CRMRecords("notes")[0].Contacts)
	assert.Equal(t, []string{contact.ID}, w.CRMRecords("deals")[0].Contacts)
	assert.Equal(t, 1, w.Effects()["notes/"+made.Results[0].ID+"+contacts/"+contact.ID])
	assert.Equal(t, "booked", w.CRMRecords("deals")[0].Properties["dealstage"])
}

func TestHubSpotTellsOfEveryNewContact(t *testing.T) {
	w := start(t)
	id, err := w.CreateContact(map[string]string{"email": "ana@example.com", "lead_source": "website", "hs_object_source_detail_1": "Retreat form"})
	require.NoError(t, err)
	_, _ = w.crm("POST", "/crm/v3/objects/contacts/batch/upsert", upsertBody("email", "ours@example.com", map[string]string{"journey_ref": "journey/1"}))
	_, _ = w.crm("POST", "/crm/v3/objects/contacts/batch/upsert", upsertBody("email", "ours@example.com", map[string]string{"journey_ref": "journey/1"}))
	hooks := w.await("/webhooks/hubspot", 2)
	w.settled()
	require.Len(t, w.proxy.at("/webhooks/hubspot"), 2, "an update is no creation")

	objects := map[string]bool{}
	for _, got := range hooks {
		timestamp := got.header.Get("X-HubSpot-Request-Timestamp")
		mac := hmac.New(sha256.New, []byte(w.secrets.HubSpotClientSecret))
		mac.Write([]byte("POST" + got.url + got.body + timestamp))
		assert.Equal(t, base64.StdEncoding.EncodeToString(mac.Sum(nil)), got.header.Get("X-HubSpot-Signature-v3"))
		assert.Len(t, timestamp, 13, "milliseconds")
		var events []struct {
			SubscriptionType string
			ObjectID         int64
			PortalID         int64
		}
		require.NoError(t, json.Unmarshal([]byte(got.body), &events))
		require.Len(t, events, 1)
		assert.Equal(t, "contact.creation", events[0].SubscriptionType)
		assert.Equal(t, int64(4242), events[0].PortalID)
		objects[strconv.FormatInt(events[0].ObjectID, 10)] = true
	}
	assert.Len(t, objects, 2)
	assert.True(t, objects[id])
}

func TestHubSpotImportComesInBatches(t *testing.T) {
	w := start(t)
	var imported []map[string]string
	for i := range 250 {
		imported = append(imported, map[string]string{"email": fmt.Sprintf("guest%d@example.com", i)})
	}
	ids, err := w.CreateContacts(imported)
	require.NoError(t, err)
	require.Len(t, ids, 250)
	hooks := w.await("/webhooks/hubspot", 3)
	total := 0
	for _, got := range hooks {
		var events []map[string]any
		require.NoError(t, json.Unmarshal([]byte(got.body), &events))
		assert.LessOrEqual(t, len(events), 100)
		total += len(events)
	}
	assert.Equal(t, 250, total)

	_, err = w.CreateContacts([]map[string]string{{"email": "new@example.com"}, {"email": "guest0@example.com"}})
	require.Error(t, err)
	assert.Len(t, w.CRMRecords("contacts"), 250, "all or none")
}

func TestHubSpotBatchCreateIsAllOrNone(t *testing.T) {
	w := start(t)
	const path = "/crm/v3/objects/contacts/batch/create"
	status, made := w.crm("POST", path, `{"inputs":[{"properties":{"email":"a@example.com"}},{"properties":{"email":"b@example.com"}}]}`)
	require.Equal(t, http.StatusCreated, status)
	assert.Len(t, made.Results, 2)
	for _, body := range []string{
		`{"inputs":[{"properties":{"email":"c@example.com"}},{"properties":{"email":"A@example.com"}}]}`,
		`{"inputs":[{"properties":{"email":"d@example.com"}},{"properties":{"email":"D@example.com"}}]}`,
	} {
		status, refused := w.crm("POST", path, body)
		assert.Equal(t, http.StatusConflict, status)
		assert.Equal(t, "CONFLICT", refused.Category)
	}
	status, _ = w.crm("POST", path, `{"inputs":[]}`)
	assert.Equal(t, http.StatusBadRequest, status)
	assert.Len(t, w.CRMRecords("contacts"), 2)

	status, note := w.crm("POST", "/crm/v3/objects/notes", `{"properties":{"hs_timestamp":"1","op_id":"n"},"associations":[{"to":{"id":`+made.Results[0].ID+`},"types":[]}]}`)
	require.Equal(t, http.StatusCreated, status)
	assert.NotEmpty(t, note.ID)
	assert.Equal(t, []string{made.Results[0].ID}, w.CRMRecords("notes")[0].Contacts)
}
