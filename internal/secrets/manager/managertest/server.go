// Package managertest is a stand-in for AWS Secrets Manager: it speaks as much of
// its protocol, awsJson1_1, as the store and the rotation use, with versions and
// stages.
//
// Called by tests only. It promises what AWS documents: a version is one text for
// ever, a stage is at one version at a time, a change under a token that was used
// is done once, and AWSPREVIOUS follows when AWSCURRENT moves.
package managertest

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

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
	versions map[string]string    // text by version
	stages   map[string]string    // version by stage
	created  map[string]time.Time // by version
}

// failure is an answer that is none: a status and AWS's code.
type failure struct {
	Status int
	Code   string
}

// Serve serves an empty account for as long as the test runs, in Environment.
func Serve(t *testing.T) *Server {
	t.Helper()
	Environment(t)
	s := New()
	listener := httptest.NewServer(s)
	t.Cleanup(listener.Close)
	s.URL = listener.URL
	return s
}

// New returns an empty account that somebody else serves.
func New() *Server { return &Server{secrets: map[string]*secret{}, calls: map[string]int{}} }

// Environment sets what the SDK needs to find itself.
func Environment(t *testing.T) {
	t.Helper()
	for name, value := range map[string]string{
		"AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "AKIATEST", "AWS_SECRET_ACCESS_KEY": "test", "AWS_SESSION_TOKEN": "",
		"AWS_EC2_METADATA_DISABLED": "true", "AWS_CA_BUNDLE": "", "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
	} {
		t.Setenv(name, value)
	}
}

// Put makes a text a new version at a stage, as a person does in the console,
// and returns the version.
func (s *Server) Put(name, text, stage string) string {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	version := uuid.NewString()
	s.keep(name, version, text, []string{stage})
	return version
}

// At returns the text that stands at a stage, "" if none does.
func (s *Server) At(name, stage string) string {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	known, found := s.secrets[name]
	if !found {
		return ""
	}
	return known.versions[known.stages[stage]]
}

// Versions returns how many versions of a secret there ever were.
func (s *Server) Versions(name string) int {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if known, found := s.secrets[name]; found {
		return len(known.versions)
	}
	return 0
}

// Texts returns what stands at each stage of a secret.
func (s *Server) Texts(name string) map[string]string {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	texts := map[string]string{}
	if known, found := s.secrets[name]; found {
		for stage, version := range known.stages {
			texts[stage] = known.versions[version]
		}
	}
	return texts
}

// Age makes every version of a secret older.
func (s *Server) Age(name string, by time.Duration) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	known := s.secrets[name]
	for version, created := range known.created {
		known.created[version] = created.Add(-by)
	}
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

// request has the fields of every operation.
type request struct {
	SecretID      string `json:"SecretId"`
	SecretString  string
	VersionID     string `json:"VersionId"`
	VersionStage  string
	VersionStages []string
	Token         string `json:"ClientRequestToken"`
	MoveTo        string `json:"MoveToVersionId"`
	RemoveFrom    string `json:"RemoveFromVersionId"`
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
	known, found := s.secrets[asked.SecretID]
	if !found {
		return nil, &failure{http.StatusBadRequest, "ResourceNotFoundException"}
	}
	switch operation {
	case "GetSecretValue":
		return read(known, asked)
	case "PutSecretValue":
		return s.put(known, asked)
	case "UpdateSecretVersionStage":
		return move(known, asked)
	case "ListSecretVersionIds":
		return list(asked.SecretID, known), nil
	}
	return nil, &failure{http.StatusBadRequest, "UnknownOperationException"}
}

func read(known *secret, asked request) (any, *failure) {
	stage := asked.VersionStage
	if stage == "" {
		stage = current
	}
	version, found := known.stages[stage]
	if asked.VersionID != "" {
		version = asked.VersionID
		_, found = known.versions[version]
	}
	if !found {
		return nil, &failure{http.StatusBadRequest, "ResourceNotFoundException"}
	}
	return map[string]any{"Name": asked.SecretID, "VersionId": version, "SecretString": known.versions[version], "VersionStages": []string{stage}}, nil
}

func (s *Server) put(known *secret, asked request) (any, *failure) {
	if text, used := known.versions[asked.Token]; used && text != asked.SecretString {
		return nil, &failure{http.StatusBadRequest, "ResourceExistsException"}
	} else if !used {
		stages := asked.VersionStages
		if len(stages) == 0 {
			stages = []string{current}
		}
		s.keep(asked.SecretID, asked.Token, asked.SecretString, stages)
	}
	return map[string]any{"Name": asked.SecretID, "VersionId": asked.Token, "VersionStages": asked.VersionStages}, nil
}

// keep stores a version, and moves the stages to it.
func (s *Server) keep(name, version, text string, stages []string) {
	known, found := s.secrets[name]
	if !found {
		known = &secret{versions: map[string]string{}, stages: map[string]string{}, created: map[string]time.Time{}}
		s.secrets[name] = known
	}
	known.versions[version], known.created[version] = text, time.Now()
	for _, stage := range stages {
		known.moved(stage, version)
	}
}

func (k *secret) moved(stage, version string) {
	if before, found := k.stages[stage]; found && stage == current && before != version {
		k.stages[previous] = before
	}
	k.stages[stage] = version
}

// move refuses, as AWS does, what the caller did not expect to find.
func move(known *secret, asked request) (any, *failure) {
	at, staged := known.stages[asked.VersionStage]
	if _, exists := known.versions[asked.MoveTo]; asked.MoveTo != "" && !exists {
		return nil, &failure{http.StatusBadRequest, "ResourceNotFoundException"}
	}
	if staged && at != asked.MoveTo && at != asked.RemoveFrom {
		return nil, &failure{http.StatusBadRequest, "InvalidParameterException"}
	}
	if asked.MoveTo == "" {
		delete(known.stages, asked.VersionStage)
	} else {
		known.moved(asked.VersionStage, asked.MoveTo)
	}
	return map[string]any{"Name": asked.SecretID}, nil
}

// list has the versions that are at a stage: AWS calls the others deprecated.
func list(name string, known *secret) any {
	stages := map[string][]string{}
	for _, stage := range slices.Sorted(maps.Keys(known.stages)) {
		stages[known.stages[stage]] = append(stages[known.stages[stage]], stage)
	}
	versions := []map[string]any{}
	for _, version := range slices.Sorted(maps.Keys(stages)) {
		versions = append(versions, map[string]any{"VersionId": version, "VersionStages": stages[version], "CreatedDate": known.created[version].Unix()})
	}
	return map[string]any{"Name": name, "Versions": versions}
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
