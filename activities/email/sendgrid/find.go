package sendgrid

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/sendgrid/rest"
	sdk "github.com/sendgrid/sendgrid-go"

	"guestjourney/activities/email"
	"guestjourney/activities/failure"
	"guestjourney/activities/options"
	"guestjourney/activities/provider"
)

// find asks the Email Activity feed whether a mail of this effect was accepted.
//
// Unconfirmed until tried on an account with the add-on: the spelling of the
// filter (unique_args['...'] for what mail/send calls custom_args) and how soon
// after the 202 a mail appears in the feed.
func (s *Sender) find(ctx context.Context, effect options.Effect) (email.Receipt, bool, error) {
	if strings.ContainsAny(effect.Key, `"\`) {
		// The filter is a small language of its own; its quoting is not documented.
		return email.Receipt{}, false, &failure.Error{
			Provider: "sendgrid", Operation: operationList, Class: failure.InvalidInput,
			Advice: "the workflow ID holds a quotation mark or a backslash, so the mail cannot be looked up",
		}
	}
	request := sdk.GetRequest(provider.SDKKey, "/v3/messages", BaseURL)
	request.Method = rest.Get
	request.QueryParams = map[string]string{
		"limit": "1",
		"query": `unique_args['` + argOperation + `']="` + effect.Key + `"`,
	}
	response, err := s.call(ctx, operationList, request)
	if err != nil {
		return email.Receipt{}, false, err
	}
	var feed struct {
		Messages []struct {
			ID string `json:"msg_id"`
		} `json:"messages"`
	}
	if err := json.Unmarshal([]byte(response.Body), &feed); err != nil {
		return email.Receipt{}, false, &failure.Error{
			Provider: "sendgrid", Operation: operationList, Class: failure.Ambiguous, Status: response.StatusCode,
			Advice: "the answer of the activity feed cannot be read", Err: err,
		}
	}
	if len(feed.Messages) == 0 {
		return email.Receipt{}, false, nil
	}
	return email.Receipt{ID: feed.Messages[0].ID}, true, nil
}
