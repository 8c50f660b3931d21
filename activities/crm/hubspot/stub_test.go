package hubspot_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"guestjourney/activities/crm"
	"guestjourney/activities/crm/hubspot"
	"guestjourney/activities/options"
	"guestjourney/activities/provider"
	"guestjourney/activities/provider/providertest"
)

const key = "journey/j1/0123456789ab/crm/1"

// written is HubSpot's answer to an upsert of one record.
func written(id string) http.HandlerFunc {
	return providertest.Reply(http.StatusOK, `{"status":"COMPLETE","results":[{"id":"`+id+`","new":true,"properties":{}}]}`)
}

func newClient(t *testing.T, baseURL string, transport http.RoundTripper) *provider.Client {
	t.Helper()
	return providertest.NewClient(t, "hubspot", baseURL, transport)
}

func config() hubspot.Config {
	return hubspot.Config{
		AccessToken: "pat-t0ken", Pipeline: "retreats", Stages: map[string]string{"booked": "100200"},
	}
}

func newBook(t *testing.T, config hubspot.Config, answers ...http.HandlerFunc) (*hubspot.Book, *providertest.Script) {
	t.Helper()
	script, address := providertest.Serve(t, answers...)
	book, err := hubspot.New(config, newClient(t, address+"/hubspot", nil))
	require.NoError(t, err)
	return book, script
}

func effect() options.Effect { return options.Effect{Key: key, FirstTry: true} }

func contact() crm.Contact {
	return crm.Contact{
		Email: "ana@guest.example", Phone: "+14155550134", FirstName: "Ana", LastName: "Prueba",
		Source: "website", Score: 70, Classification: "hot", JourneyRef: "journey/j1", GuestRef: "g-1",
	}
}

func deal() crm.Deal {
	return crm.Deal{
		JourneyRef: "journey/j1", ContactID: "51", Name: "retreat-7d g-1", Stage: crm.StageBooked,
		AmountMinor: 300050, Currency: "USD",
	}
}

func note() crm.Note {
	return crm.Note{ContactID: "51", JourneyRef: "journey/j1", Text: "Offer <sent> & read", AtUnixMilli: 1772442000123}
}
