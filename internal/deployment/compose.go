// Package deployment holds docker-compose.temporal.yml and the Dockerfile to
// what the programs are.
//
// Called by tests only: its own, and those of each program, whose settings no
// other package sees. It owns how the file is loaded, with the parser that
// Docker Compose itself uses, and made-up values for what an operator fills in.
// Its tests promise that the file fits the programs, that the image is static
// and runs as nobody, and that the same steps carry a journey to its end
// without containers.
package deployment

import (
	"bytes"
	"encoding/base64"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/caarlos0/env/v11"
	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/stretchr/testify/require"

	"guestjourney/internal/config"
)

const composeFile = "docker-compose.temporal.yml"

// Example is a filled-in compose.env with made-up values.
func Example() map[string]string {
	key := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, 32))
	return map[string]string{
		"POSTGRES_PASSWORD": "made-up", "PAYLOAD_KEYS": "k1:" + key, "IDENTITY_KEY": key, "CODEC_TOKEN": "0123456789abcdef0123456789abcdef",
		"PUBLIC_URL": "https://hooks.example.com", "GUEST_APP_URL": "https://stay.example.com",
		"STRIPE_SECRET_KEY": "sk_test_1", "STRIPE_WEBHOOK_SECRETS": "whsec_1",
		"TWILIO_ACCOUNT_SID": "AC1", "TWILIO_API_KEY_SID": "SK1", "TWILIO_API_KEY_SECRET": "made-up", "TWILIO_AUTH_TOKEN": "made-up", "TWILIO_FROM": "+15005550006",
		"SENDGRID_API_KEY": "SG.1", "SENDGRID_FROM": "stay@retreat.example",
		"SENDGRID_WEBHOOK_PUBLIC_KEYS": "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEaxfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9Q==",
		"HUBSPOT_ACCESS_TOKEN":         "pat-1", "HUBSPOT_CLIENT_SECRETS": "made-up",
		"GOOGLE_CREDENTIALS_FILE": "google.json", "GUEST_WEBHOOK_SECRETS": "whsec_" + key,
	}
}

// Load reads the compose file under the variables of an env file, and nothing
// of this process's environment.
func Load(t testing.TB, variables map[string]string) *types.Project {
	t.Helper()
	project, err := load(t, variables)
	require.NoError(t, err)
	return project
}

func load(t testing.TB, variables map[string]string, more ...cli.ProjectOptionsFn) (*types.Project, error) {
	t.Helper()
	options, err := cli.NewProjectOptions([]string{filepath.Join(Root(t), composeFile)}, append(more,
		cli.WithEnv(assignments(variables)), cli.WithProfiles([]string{"*"}))...)
	require.NoError(t, err)
	return options.LoadProject(t.Context())
}

// assignments are variables as a process takes them.
func assignments(variables map[string]string) []string {
	var list []string
	for _, name := range slices.Sorted(maps.Keys(variables)) {
		list = append(list, name+"="+variables[name])
	}
	return list
}

// Root is the repository's folder.
func Root(t testing.TB) string {
	t.Helper()
	folder, err := os.Getwd()
	require.NoError(t, err)
	for {
		if _, err := os.Stat(filepath.Join(folder, "go.mod")); err == nil {
			return folder
		}
		require.NotEqual(t, folder, filepath.Dir(folder), "no go.mod above the test's folder")
		folder = filepath.Dir(folder)
	}
}

// Environment is what a service's program gets.
func Environment(t testing.TB, project *types.Project, service string) map[string]string {
	t.Helper()
	found, err := project.GetService(service)
	require.NoError(t, err)
	environment := map[string]string{}
	for name, value := range found.Environment {
		if value != nil {
			environment[name] = *value
		}
	}
	return environment
}

// connection are the variables that temporalclient and telemetry read beside the
// settings.
var connection = []string{"TEMPORAL_ADDRESS", "TEMPORAL_NAMESPACE", "OTEL_EXPORTER_OTLP_ENDPOINT"}

// AWS are the variables of AWS's SDK that are passed on for AWS Secrets Manager.
// On a machine of AWS's own, its role says who we are, and they stay empty.
func AWS() []string {
	return []string{"AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"}
}

// Fits fails the test unless a service sets variables that the program with
// the settings S reads, sets or passes on every one of them but those left
// out, and gives those that are required a value that S takes. It returns the
// settings, for the program's own checks.
func Fits[S any](t testing.TB, service string, leftOut ...string) S {
	t.Helper()
	return FitsWith[S](t, service, nil, leftOut...)
}

// FitsWith is Fits for a program that reads other variables beside its settings.
func FitsWith[S any](t testing.TB, service string, also []string, leftOut ...string) S {
	t.Helper()
	fields, err := env.GetFieldParams(new(S))
	require.NoError(t, err)
	require.NotEmpty(t, fields)
	read := slices.Clone(also)
	for _, field := range fields {
		read = append(read, field.Key)
	}
	// Unresolved: also what is only passed on, without a value.
	unresolved, err := load(t, Example(), cli.WithoutEnvironmentResolution)
	require.NoError(t, err)
	for name := range unresolved.Services[service].Environment {
		require.True(t, slices.Contains(read, name) || slices.Contains(connection, name), "%s: the program does not read %s", service, name)
	}
	for _, name := range read {
		_, offered := unresolved.Services[service].Environment[name]
		require.NotEqual(t, slices.Contains(leftOut, name), offered, "%s: %s is set or left out against the test", service, name)
	}
	settings, err := config.LoadFrom[S](Environment(t, Load(t, Example()), service))
	require.NoError(t, err, service)
	return settings
}
