package main

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"io"
	"net/http"
	"slices"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/encoding/protojson"
)

// maxCodecBody bounds a request: a page of a history, in base64.
const maxCodecBody = 32 << 20

// codecHandler speaks Temporal's remote codec protocol under a secret path:
// POST /<token>/encode and /<token>/decode, with or without a namespace between.
type codecHandler struct {
	codec   converter.PayloadCodec
	token   [sha256.Size]byte
	origins []string
}

func newCodecHandler(codec converter.PayloadCodec, token string, origins []string) http.Handler {
	h := &codecHandler{codec: codec, token: sha256.Sum256([]byte(token)), origins: origins}
	mux := http.NewServeMux()
	for _, prefix := range []string{"/{token}", "/{token}/{namespace}"} {
		mux.HandleFunc(prefix+"/encode", h.guard(codec.Encode))
		mux.HandleFunc(prefix+"/decode", h.guard(codec.Decode))
	}
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	return mux
}

// guard lets only who knows the token pass, and answers the browser's question
// whether the UI may ask.
func (h *codecHandler) guard(convert func([]*commonpb.Payload) ([]*commonpb.Payload, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		given := sha256.Sum256([]byte(r.PathValue("token")))
		if subtle.ConstantTimeCompare(given[:], h.token[:]) != 1 {
			http.NotFound(w, r)
			return
		}
		h.allowOrigin(w, r)
		switch r.Method {
		case http.MethodOptions:
			w.WriteHeader(http.StatusNoContent)
		case http.MethodPost:
			convertBody(w, r, convert)
		default:
			w.Header().Set("Allow", "POST, OPTIONS")
			http.Error(w, "POST only", http.StatusMethodNotAllowed)
		}
	}
}

func (h *codecHandler) allowOrigin(w http.ResponseWriter, r *http.Request) {
	w.Header().Add("Vary", "Origin")
	origin := r.Header.Get("Origin")
	if !slices.Contains(h.origins, origin) {
		return
	}
	w.Header().Set("Access-Control-Allow-Origin", origin)
	w.Header().Set("Access-Control-Allow-Methods", "POST, OPTIONS")
	w.Header().Set("Access-Control-Allow-Headers", "Content-Type, X-Namespace, Authorization")
	w.Header().Set("Access-Control-Max-Age", "600")
}

func convertBody(w http.ResponseWriter, r *http.Request, convert func([]*commonpb.Payload) ([]*commonpb.Payload, error)) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxCodecBody))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		http.Error(w, "the request is too large", http.StatusRequestEntityTooLarge)
		return
	case err != nil:
		http.Error(w, "the request cannot be read", http.StatusBadRequest)
		return
	}
	var payloads commonpb.Payloads
	if err := protojson.Unmarshal(body, &payloads); err != nil {
		http.Error(w, `want {"payloads":[...]} as Temporal's remote codec protocol has it`, http.StatusBadRequest)
		return
	}
	converted, err := convert(payloads.GetPayloads())
	if err != nil {
		// Names the key at most: the operator must learn which one is missing.
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	answer, err := protojson.Marshal(&commonpb.Payloads{Payloads: converted})
	if err != nil {
		http.Error(w, "the answer cannot be written", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(answer) // the client has gone if this fails
}
