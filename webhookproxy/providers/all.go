package providers

import (
	"errors"
	"fmt"
)

// All returns every provider. The error names the variable of each secret that
// cannot be used, and never the secret.
func All(config Config) ([]Provider, error) {
	var all []Provider
	var problems []error
	for _, entry := range constructors {
		provider, err := entry.declare(config)
		if err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", entry.variable, err))
			continue
		}
		all = append(all, provider)
	}
	return all, errors.Join(problems...)
}
