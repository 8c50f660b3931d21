// Package managertest is a stand-in for AWS Secrets Manager: it speaks as much of
// its protocol, awsJson1_1, as the store uses, with versions and stages.
//
// Called by tests only. It promises what AWS documents: a version is one text for
// ever, a stage is at one version at a time, and AWSPREVIOUS follows when
// AWSCURRENT moves.
package managertest

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"
)

const (
	current  = "AWSCURRENT"
	previous = "AWSPREVIOUS"
)

// Server is one account's secrets.
type Server struct {
	URL string

	mutex   sync.Mutex
	secrets map[string]*secret
	calls   map[string]int
	trouble *failure
}

// secret is one secret's versions, and where its stages stand.
type secret struct {
	versions map[string]string // text by version
	stages   map[string]string // version by stage
}

// failure is an answer that is none: a status and AWS's code.
type failure struct {
	Status int
	Code   string
}

// Serve serves an empty account for as long as the test runs, and sets the
// environment that the SDK needs to find itself.
func Serve(t *testing.T) *Server {
	t.Helper()
	s := &Server{secrets: map[string]*secret{}, calls: map[string]int{}}
	listener := httptest.NewServer(s)
	t.Cleanup(listener.Close)
	s.URL = listener.URL
	for name, value := range map[string]string{
		"AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "AKIATEST", "AWS_SECRET_ACCESS_KEY": "test", "AWS_SESSION_TOKEN": "",
		"AWS_EC2_METADATA_DISABLED": "true", "AWS_CA_BUNDLE": "", "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
	} {
		t.Setenv(name, value)
	}
	return s
}

// Put makes a text a new version at a stage, as a person does in the console.
func (s *Server) Put(name, text, stage string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	known, found := s.secrets[name]
	if !found {
		known = &secret{versions: map[string]string{}, stages: map[string]string{}}
		s.secrets[name] = known
	}
	version := uuid.NewString()
	known.versions[version] = text
	if before, found := known.stages[stage]; found && stage == current {
		known.stages[previous] = before
	}
	known.stages[stage] = version
}

// Calls returns how often an operation was asked for: "GetSecretValue".
func (s *Server) Calls(operation string) int {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.calls[operation]
}

// Fail answers every request with a status and a code, until Heal.
func (s *Server) Fail(status int, code string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.trouble = &failure{status, code}
}

// Heal ends Fail.
func (s *Server) Heal() {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.trouble = nil
}

// request is what GetSecretValue is asked with.
type request struct {
	SecretID     string `json:"SecretId"`
	VersionStage string
}

// ServeHTTP answers one operation.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	operation, found := strings.CutPrefix(r.Header.Get("X-Amz-Target"), "secretsmanager.")
	s.calls[operation]++
	var asked request
	if !found || r.Header.Get("Content-Type") != "application/x-amz-json-1.1" || json.NewDecoder(r.Body).Decode(&asked) != nil {
		answer(w, nil, &failure{http.StatusBadRequest, "SerializationException"})
		return
	}
	if !strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 Credential=AKIATEST/") {
		answer(w, nil, &failure{http.StatusBadRequest, "UnrecognizedClientException"})
		return
	}
	if s.trouble != nil {
		answer(w, nil, s.trouble)
		return
	}
	result, failed := s.operate(operation, asked)
	answer(w, result, failed)
}

func (s *Server) operate(operation string, asked request) (any, *failure) {
	if operation != "GetSecretValue" {
		return nil, &failure{http.StatusBadRequest, "UnknownOperationException"}
	}
	known, found := s.secrets[asked.SecretID]
	if !found {
		return nil, &failure{http.StatusBadRequest, "ResourceNotFoundException"}
	}
	stage := asked.VersionStage
	if stage == "" {
		stage = current
	}
	version, found := known.stages[stage]
	if !found {
		return nil, &failure{http.StatusBadRequest, "ResourceNotFoundException"}
	}
	return map[string]any{"Name": asked.SecretID, "VersionId": version, "SecretString": known.versions[version], "VersionStages": []string{stage}}, nil
}

func answer(w http.ResponseWriter, result any, failed *failure) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	if failed != nil {
		w.Header().Set("X-Amzn-Errortype", failed.Code)
		w.WriteHeader(failed.Status)
		result = map[string]string{"__type": failed.Code, "message": "a text that may quote the request"}
	}
	_ = json.NewEncoder(w).Encode(result) // a client that is gone reads nothing
}
