package secrets_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"go.uber.org/goleak"

	"guestjourney/internal/secrets"
	"guestjourney/internal/secrets/conformance"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestEnvironment(t *testing.T) {
	conformance.Run(t, func(*testing.T) conformance.Harness {
		variables := map[string]string{}
		return conformance.Harness{
			Store: secrets.Environment(func(variable string) string { return variables[variable] }),
			Put:   func(name secrets.Name, text string) { variables[name.Variable()] = text },
		}
	})
}

func TestEverySecretHasAVariable(t *testing.T) {
	for _, name := range secrets.Names() {
		assert.NotEmpty(t, name.Variable(), name)
	}
}
