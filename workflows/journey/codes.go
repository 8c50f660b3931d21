package journey

import (
	"fmt"
	"slices"

	"guestjourney/internal/identity"
)

// checkCode refuses what is no code: values that are shown in clear, or travel
// to others, are short, opaque and no address.
func checkCode(field, value string) error {
	const most = 64
	isCode := value != "" && len(value) <= most && !slices.ContainsFunc([]byte(value), func(b byte) bool { return !isCodeByte(b) })
	if !isCode {
		return fmt.Errorf("%s: want a code of letters, digits, _ . : / - and at most %d characters", field, most)
	}
	if identity.LooksLikeAddress(value) {
		return fmt.Errorf("%s: it looks like an address or a telephone number; use an opaque code", field)
	}
	return nil
}

func isCodeByte(b byte) bool {
	switch {
	case b >= 'a' && b <= 'z', b >= 'A' && b <= 'Z', b >= '0' && b <= '9':
		return true
	}
	return b == '_' || b == '.' || b == ':' || b == '-' || b == '/'
}

// checkSecond wants a second person behind a command.
func checkSecond(actor, approvedBy string) error {
	if approvedBy == "" || approvedBy == actor {
		return fmt.Errorf("approvedBy: name a second person")
	}
	return nil
}
