package hubspot

import (
	"context"
	"net/http"
	"net/url"

	"guestjourney/activities/crm"
	"guestjourney/activities/failure"
	"guestjourney/activities/provider"
)

// object is a record as HubSpot answers it.
type object struct {
	ID         string            `json:"id"`
	Properties map[string]string `json:"properties"`
}

// result is what an answer to a batch says of one record.
type result struct {
	ID string `json:"id"`
}

// batch is HubSpot's answer to a batch of one. Its status may be 207: a batch
// of which a part, here the whole, was refused.
type batch struct {
	Results []result `json:"results"`
	Errors  []struct {
		Category string `json:"category"`
	} `json:"errors"`
}

// upsert writes one record, found by a property whose values are unique.
func (b *Book) upsert(ctx context.Context, kind, idProperty, id string, properties map[string]string) (crm.Ref, error) {
	operation := operationOf(kind, "upsert")
	if id == "" {
		return crm.Ref{}, &failure.Error{
			Provider: "hubspot", Operation: operation, Class: failure.InvalidInput,
			Advice: "there is no " + idProperty + " to find the record by",
		}
	}
	var answer batch
	err := b.call(ctx, provider.Request{
		Operation: operation, Method: http.MethodPost, Path: b.paths.upsert(kind),
		JSON: map[string]any{"inputs": []any{map[string]any{
			"id": id, "idProperty": idProperty, "properties": properties,
		}}},
	}, &answer)
	if err != nil {
		return crm.Ref{}, err
	}
	if len(answer.Errors) > 0 {
		return crm.Ref{}, refused(operation, answer.Errors[0].Category)
	}
	if len(answer.Results) != 1 || answer.Results[0].ID == "" {
		return crm.Ref{}, &failure.Error{
			Provider: "hubspot", Operation: operation, Class: failure.Ambiguous,
			Advice: "the answer does not name the record",
		}
	}
	return crm.Ref{ID: answer.Results[0].ID}, nil
}

// associate ties a record to its contact. It is a call of its own because an
// upsert takes no associations: only a create does, and that is not repeatable.
func (b *Book) associate(ctx context.Context, kind, id, contactID string) error {
	if contactID == "" {
		return nil
	}
	var answer batch
	request := b.association(kind, id, contactID)
	if err := b.call(ctx, request, &answer); err != nil {
		return err
	}
	if len(answer.Errors) > 0 {
		return refused(request.Operation, answer.Errors[0].Category)
	}
	return nil
}

// association is the request for the general tie between a record and a
// contact. To make it again changes nothing.
func (b *Book) association(kind, id, contactID string) provider.Request {
	operation := operationOf(kind, "associate")
	if b.paths.version != "v3" {
		return provider.Request{
			Operation: operation, Method: http.MethodPut,
			Path: b.paths.object(kind, id) + "/associations/default/contacts/" + url.PathEscape(contactID),
		}
	}
	name := map[string]string{deals: "deal", notes: "note"}[kind]
	return provider.Request{
		Operation: operation, Method: http.MethodPost,
		Path: "/crm/v3/associations/" + name + "s/contacts/batch/create",
		JSON: map[string]any{"inputs": []any{map[string]any{
			"from": map[string]string{"id": id}, "to": map[string]string{"id": contactID},
			"type": name + "_to_contact",
		}}},
	}
}

// call signs in and makes one call.
func (b *Book) call(ctx context.Context, request provider.Request, out any) error {
	request.Header = http.Header{"Authorization": {"Bearer " + b.config.AccessToken}}
	return refine(b.client.Call(ctx, request, out))
}

// operationOf names a call for errors, metrics and the journal of the sandbox.
func operationOf(kind, what string) string {
	if kind == deals {
		kind = "deals"
	}
	return kind + "." + what
}
