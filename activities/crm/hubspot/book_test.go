package hubspot_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"guestjourney/activities/crm"
	"guestjourney/activities/crm/hubspot"
	"guestjourney/activities/failure"
	"guestjourney/activities/provider"
	"guestjourney/activities/provider/providertest"
)

func TestAContactIsFoundByItsAddress(t *testing.T) {
	book, script := newBook(t, config(), written("51"))
	ref, err := book.UpsertContact(context.Background(), effect(), contact())
	require.NoError(t, err)
	require.Equal(t, crm.Ref{ID: "51"}, ref)

	require.Len(t, script.Received(), 1)
	sent := script.Received()[0]
	require.Equal(t, http.MethodPost, sent.Method)
	require.Equal(t, "/hubspot/crm/v3/objects/contacts/batch/upsert", sent.Path)
	require.Equal(t, "Bearer pat-t0ken", sent.Header.Get("Authorization"))
	require.JSONEq(t, `{"inputs":[{"id":"ana@guest.example","idProperty":"email","properties":{
		"email":"ana@guest.example","phone":"+14155550134","firstname":"Ana","lastname":"Prueba",
		"lead_source":"website","lead_score":"70","lead_classification":"hot",
		"journey_ref":"journey/j1","guest_ref":"g-1"}}]}`, sent.Body)
}

func TestAContactWithoutAnAddressIsFoundByItsReference(t *testing.T) {
	book, script := newBook(t, config(), written("51"))
	_, err := book.UpsertContact(context.Background(), effect(), crm.Contact{JourneyRef: "journey/j1", GuestRef: "g-1"})
	require.NoError(t, err)
	require.JSONEq(t, `{"inputs":[{"id":"g-1","idProperty":"guest_ref","properties":{
		"lead_score":"0","journey_ref":"journey/j1","guest_ref":"g-1"}}]}`, script.Received()[0].Body, "nothing is cleared")
}

// The guest was written first without an address; the second write brings one.
func TestAnAddressThatCameLaterBelongsToTheSameContact(t *testing.T) {
	for name, refusal := range map[string]http.HandlerFunc{
		"409":            providertest.Reply(409, `{"category":"CONFLICT"}`),
		"207 with a 409": providertest.Reply(207, `{"results":[],"numErrors":1,"errors":[{"category":"CONFLICT"}]}`),
	} {
		t.Run(name, func(t *testing.T) {
			book, script := newBook(t, config(), refusal, written("51"))
			ref, err := book.UpsertContact(context.Background(), effect(), contact())
			require.NoError(t, err)
			require.Equal(t, "51", ref.ID)
			require.Contains(t, script.Received()[1].Body, `"idProperty":"guest_ref"`)
		})
	}
}

func TestADealIsWrittenAndTiedToItsContact(t *testing.T) {
	book, script := newBook(t, config(), written("71"), providertest.Reply(201, `{"status":"COMPLETE","results":[{}]}`))
	ref, err := book.UpsertDeal(context.Background(), effect(), deal())
	require.NoError(t, err)
	require.Equal(t, crm.Ref{ID: "71"}, ref)

	require.Len(t, script.Received(), 2)
	sent, tied := script.Received()[0], script.Received()[1]
	require.Equal(t, "/hubspot/crm/v3/objects/0-3/batch/upsert", sent.Path)
	require.JSONEq(t, `{"inputs":[{"id":"journey/j1","idProperty":"journey_ref","properties":{
		"dealname":"retreat-7d g-1","pipeline":"retreats","dealstage":"100200","amount":"3000.50",
		"deal_currency_code":"USD","journey_ref":"journey/j1","op_id":"`+key+`"}}]}`, sent.Body)
	require.Equal(t, http.MethodPost, tied.Method)
	require.Equal(t, "/hubspot/crm/v3/associations/deals/contacts/batch/create", tied.Path)
	require.JSONEq(t, `{"inputs":[{"from":{"id":"71"},"to":{"id":"51"},"type":"deal_to_contact"}]}`, tied.Body)
}

func TestADealThatIsNotTiedIsNotDone(t *testing.T) {
	book, _ := newBook(t, config(), written("71"), providertest.Reply(500, ``))
	_, err := book.UpsertDeal(context.Background(), effect(), deal())
	require.Equal(t, "deals.associate", requireClass(t, failure.Ambiguous, err).Operation)

	book, _ = newBook(t, config(), written("71"), providertest.Reply(207, `{"errors":[{"category":"OBJECT_NOT_FOUND"}]}`))
	_, err = book.UpsertDeal(context.Background(), effect(), deal())
	require.Equal(t, "OBJECT_NOT_FOUND", requireClass(t, failure.Permanent, err).Code)
}

func TestAmountsAreInMajorUnits(t *testing.T) {
	for _, test := range []struct {
		minor    int64
		currency string
		want     string
	}{{300000, "USD", `"amount":"3000.00"`}, {5, "EUR", `"amount":"0.05"`}, {5000, "JPY", `"amount":"5000"`}, {1234567, "KWD", `"amount":"1234.567"`}} {
		book, script := newBook(t, config(), written("71"))
		priced := deal()
		priced.ContactID, priced.AmountMinor, priced.Currency = "", test.minor, test.currency
		_, err := book.UpsertDeal(context.Background(), effect(), priced)
		require.NoError(t, err)
		require.Contains(t, script.Received()[0].Body, test.want)
	}

	book, script := newBook(t, config(), written("71"))
	_, err := book.UpsertDeal(context.Background(), effect(), crm.Deal{JourneyRef: "journey/j1", Name: "x", Stage: crm.StageNew})
	require.NoError(t, err)
	require.NotContains(t, script.Received()[0].Body, "amount")
	require.Contains(t, script.Received()[0].Body, `"dealstage":"new"`, "a stage without a mapping keeps its name")

	book, script = newBook(t, config())
	wrong := deal()
	wrong.Currency = "XXQ"
	_, err = book.UpsertDeal(context.Background(), effect(), wrong)
	requireClass(t, failure.InvalidInput, err)
	require.Empty(t, script.Received())
}

func TestANoteIsWrittenUnderItsEffectKey(t *testing.T) {
	book, script := newBook(t, config(), written("91"), providertest.Reply(201, `{}`))
	ref, err := book.AddNote(context.Background(), effect(), note())
	require.NoError(t, err)
	require.Equal(t, crm.Ref{ID: "91"}, ref)

	sent, tied := script.Received()[0], script.Received()[1]
	require.Equal(t, "/hubspot/crm/v3/objects/notes/batch/upsert", sent.Path)
	require.JSONEq(t, `{"inputs":[{"id":"`+key+`","idProperty":"op_id","properties":{
		"hs_note_body":"Offer &lt;sent&gt; &amp; read","hs_timestamp":"2026-03-02T09:00:00.123Z","op_id":"`+key+`"}}]}`, sent.Body)
	require.Equal(t, "/hubspot/crm/v3/associations/notes/contacts/batch/create", tied.Path)
	require.JSONEq(t, `{"inputs":[{"from":{"id":"91"},"to":{"id":"51"},"type":"note_to_contact"}]}`, tied.Body)
}

func TestReadContact(t *testing.T) {
	book, script := newBook(t, config(), providertest.Reply(200, `{"id":"51","properties":{
		"email":"ana@guest.example","phone":null,"firstname":"Ana","lastname":"Prueba","lead_source":"website",
		"journey_ref":null,"program_of_interest":"retreat-7d","hs_language":"es-mx","hs_object_source_detail_1":"Intake form"}}`))
	record, err := book.ReadContact(context.Background(), crm.Ref{ID: "51"})
	require.NoError(t, err)
	require.Equal(t, crm.Record{
		ID: "51", Email: "ana@guest.example", FirstName: "Ana", LastName: "Prueba", Source: "website",
		Form: "Intake form", Program: "retreat-7d", Locale: "es",
	}, record)

	sent := script.Received()[0]
	require.Equal(t, http.MethodGet, sent.Method)
	require.Equal(t, "/hubspot/crm/v3/objects/contacts/51", sent.Path)
	require.Equal(t, "email,phone,firstname,lastname,lead_source,journey_ref,program_of_interest,hs_language,hs_object_source_detail_1",
		sent.Query.Get("properties"))
}

func TestTheDatedVersionMovesEveryPath(t *testing.T) {
	newer := config()
	newer.Version = "2026-09"
	book, script := newBook(t, newer, written("51"), written("71"), providertest.Reply(200, `{}`), written("91"), providertest.Reply(200, `{}`), providertest.Reply(200, `{"id":"51"}`))
	_, err := book.UpsertContact(context.Background(), effect(), contact())
	require.NoError(t, err)
	_, err = book.UpsertDeal(context.Background(), effect(), deal())
	require.NoError(t, err)
	_, err = book.AddNote(context.Background(), effect(), note())
	require.NoError(t, err)
	_, err = book.ReadContact(context.Background(), crm.Ref{ID: "51"})
	require.NoError(t, err)
	var paths []string
	for _, request := range script.Received() {
		paths = append(paths, request.Method+" "+request.Path)
	}
	require.Equal(t, []string{
		"POST /hubspot/crm/objects/2026-09/contacts/batch/upsert",
		"POST /hubspot/crm/objects/2026-09/0-3/batch/upsert",
		"PUT /hubspot/crm/objects/2026-09/0-3/71/associations/default/contacts/51",
		"POST /hubspot/crm/objects/2026-09/notes/batch/upsert",
		"PUT /hubspot/crm/objects/2026-09/notes/91/associations/default/contacts/51",
		"GET /hubspot/crm/objects/2026-09/contacts/51",
	}, paths)
}

func TestErrorClasses(t *testing.T) {
	const quoting = `,"message":"Contact ana@guest.example already exists"`
	for name, test := range map[string]struct {
		answer http.HandlerFunc
		class  failure.Class
		code   string
		after  time.Duration
	}{
		"429 ten-secondly": {providertest.Reply(429, `{"errorType":"RATE_LIMIT","policyName":"TEN_SECONDLY_ROLLING"`+quoting+`}`), failure.Throttled, "TEN_SECONDLY_ROLLING", 0},
		"429 daily":        {providertest.Reply(429, `{"errorType":"RATE_LIMIT","policyName":"DAILY"`+quoting+`}`), failure.Throttled, "DAILY", 15 * time.Minute},
		"423 locked":       {providertest.Reply(423, `{"category":"LOCKED"`+quoting+`}`), failure.Throttled, "LOCKED", 2 * time.Second},
		"400":              {providertest.Reply(400, `{"category":"VALIDATION_ERROR"`+quoting+`}`), failure.Permanent, "VALIDATION_ERROR", 0},
		"400, other words": {providertest.Reply(400, `{"category":"ana@guest.example"`+quoting+`}`), failure.Permanent, "", 0},
		"401":              {providertest.Reply(401, `{"category":"INVALID_AUTHENTICATION"`+quoting+`}`), failure.Permanent, "INVALID_AUTHENTICATION", 0},
		"403":              {providertest.Reply(403, `{"category":"MISSING_SCOPES"`+quoting+`}`), failure.Permanent, "MISSING_SCOPES", 0},
		"409":              {providertest.Reply(409, `{"category":"CONFLICT"`+quoting+`}`), failure.Permanent, "CONFLICT", 0},
		"207 refused":      {providertest.Reply(207, `{"results":[],"errors":[{"category":"VALIDATION_ERROR"`+quoting+`}]}`), failure.Permanent, "VALIDATION_ERROR", 0},
		"207 throttled":    {providertest.Reply(207, `{"results":[],"errors":[{"category":"RATE_LIMITS"`+quoting+`}]}`), failure.Throttled, "RATE_LIMITS", 0},
		"nothing written":  {providertest.Reply(200, `{"results":[]}`), failure.Ambiguous, "", 0},
		"408":              {providertest.Reply(408, ``), failure.Ambiguous, "", 0},
		"500":              {providertest.Reply(500, `{"category":"INTERNAL"}`), failure.Ambiguous, "INTERNAL", 0},
		"503, no JSON":     {providertest.Reply(503, `<html>ana@guest.example`), failure.Ambiguous, "", 0},
		"done, cut off":    {providertest.Reply(200, `{"results":[{"id"`), failure.Ambiguous, "", 0},
		"no answer":        {providertest.HangUp, failure.Ambiguous, "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			book, script := newBook(t, config(), test.answer)
			byAddress := contact()
			byAddress.GuestRef = "" // no second way to find the contact
			_, err := book.UpsertContact(context.Background(), effect(), byAddress)
			known := requireClass(t, test.class, err)
			require.Equal(t, "hubspot", known.Provider)
			require.Equal(t, "contacts.upsert", known.Operation)
			require.Equal(t, test.code, known.Code)
			require.Equal(t, test.after, known.RetryAfter)
			require.Len(t, script.Received(), 1, "sent once, whatever the answer")
			for _, secret := range []string{"ana@", "Ana", "4155550134", "pat-t0ken"} {
				require.NotContains(t, known.Error(), secret)
			}
		})
	}
}

// TestClassesOfEveryCall: a record that is locked is free again soon.
func TestClassesOfEveryCall(t *testing.T) {
	providertest.Classes(t, "hubspot", map[int]failure.Class{http.StatusLocked: failure.Throttled}, func(ctx context.Context, client *provider.Client) error {
		book, err := hubspot.New(config(), client)
		require.NoError(t, err)
		byAddress := contact()
		byAddress.GuestRef = "" // no second way to find the contact
		_, err = book.UpsertContact(ctx, effect(), byAddress)
		return err
	})
}

func TestNobodyAnswers(t *testing.T) {
	book, err := hubspot.New(config(), newClient(t, "http://127.0.0.1:1", nil))
	require.NoError(t, err)
	_, err = book.UpsertContact(context.Background(), effect(), contact())
	requireClass(t, failure.NotProcessed, err)
}

func TestNothingToFindTheRecordBy(t *testing.T) {
	book, script := newBook(t, config())
	_, err := book.UpsertContact(context.Background(), effect(), crm.Contact{FirstName: "Ana"})
	require.Contains(t, requireClass(t, failure.InvalidInput, err).Advice, "guest_ref")
	require.Empty(t, script.Received())
}

func TestNewNamesWhatIsWrong(t *testing.T) {
	client := newClient(t, "http://127.0.0.1:1", nil)
	_, err := hubspot.New(hubspot.Config{}, client)
	require.ErrorContains(t, err, "access token")
	_, err = hubspot.New(hubspot.Config{AccessToken: "x", Version: "v4"}, client)
	require.ErrorContains(t, err, `"v4"`)
	_, err = hubspot.New(hubspot.Config{AccessToken: "x", Stages: map[string]string{"boked": "1"}}, client)
	require.ErrorContains(t, err, `"boked"`)
}

func requireClass(t *testing.T, class failure.Class, err error) failure.Error {
	t.Helper()
	var known *failure.Error
	require.ErrorAs(t, err, &known)
	require.Equal(t, class, known.Class, "%v", err)
	return *known
}
