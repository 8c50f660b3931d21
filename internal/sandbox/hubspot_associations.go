package sandbox

import (
	"encoding/json"
	"net/http"
	"strings"
)

// hubspotNames are the names by which the association paths call objects.
var hubspotNames = map[string]string{"contact": "contacts", "deal": "deals", "note": "notes"}

func hubspotNamed(name string) string {
	return firstOf(hubspotNames[name], hubspotObjects[name])
}

// hubspotAssociate ties the record of the path to another one.
func (s *Server) hubspotAssociate(c *call, object string) answer {
	other := hubspotNamed(c.PathValue("to"))
	from, to := object+"/"+c.PathValue("id"), other+"/"+c.PathValue("other")
	if refused := s.hubspotBothThere(from, to); refused != nil {
		return *refused
	}
	done := s.hubspotJoin(from, to)
	return answer{status: http.StatusOK, effect: done, objectID: c.PathValue("id"), effectKey: from + "+" + to, body: map[string]any{"status": "COMPLETE", "results": []any{}}}
}

// hubspotAssociateBatch ties pairs of records.
func (s *Server) hubspotAssociateBatch(c *call) answer {
	from, to := hubspotNamed(c.PathValue("from")), hubspotNamed(c.PathValue("to"))
	var body struct {
		Inputs []struct {
			From struct {
				ID json.Number `json:"id"`
			} `json:"from"`
			To struct {
				ID json.Number `json:"id"`
			} `json:"to"`
			Type string `json:"type"`
		} `json:"inputs"`
	}
	if c.decode(&body) != nil || len(body.Inputs) == 0 || from == "" || to == "" {
		return hubspotError(http.StatusBadRequest, "VALIDATION_ERROR", "Invalid input JSON")
	}
	results, effect, key := []any{}, false, ""
	for _, input := range body.Inputs {
		one, other := from+"/"+input.From.ID.String(), to+"/"+input.To.ID.String()
		if refused := s.hubspotBothThere(one, other); refused != nil {
			return *refused
		}
		effect = s.hubspotJoin(one, other) || effect
		key = firstOf(key, one+"+"+other)
		results = append(results, map[string]any{"from": map[string]any{"id": input.From.ID.String()}, "to": map[string]any{"id": input.To.ID.String()}, "type": input.Type})
	}
	given := s.hubspotBatch(http.StatusCreated, results, effect, body.Inputs[0].From.ID.String())
	given.effectKey = key
	return given
}

func (s *Server) hubspotBothThere(ends ...string) *answer {
	for _, end := range ends {
		if _, found := s.hubspot.records.get(end); !found {
			refused := hubspotError(http.StatusNotFound, "OBJECT_NOT_FOUND", "No "+strings.ReplaceAll(end, "/", " with ID "))
			return &refused
		}
	}
	return nil
}

// hubspotJoin says whether the tie is new.
func (s *Server) hubspotJoin(from, to string) bool {
	if _, tied := s.hubspot.associations.get(from + "+" + to); tied {
		return false
	}
	s.hubspot.associations.put(from+"+"+to, true)
	return true
}

// hubspotTie ties a new record to the contacts that its input names.
func (s *Server) hubspotTie(object, id string, input hubspotInput) {
	for _, association := range input.Associations {
		s.hubspotJoin(object+"/"+id, "contacts/"+association.To.ID.String())
	}
}
