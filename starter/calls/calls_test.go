package calls

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestStepOfAnEffectKey(t *testing.T) {
	for key, want := range map[string]string{
		"journey/01k3/0123456789ab/crm.deal.offer/0": "crm.deal.offer",
		"alone/0123456789ab/charge/2":                "charge",
		"journey/01k3/charge/0":                      "",
		"charge":                                     "",
		"":                                           "",
	} {
		assert.Equal(t, want, Step(key), key)
	}
}
