package identity

import (
	"errors"
	"strconv"
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// maxPhoneInput bounds what is parsed: a number with an extension and every
// separator that people use is far shorter.
const maxPhoneInput = 64

var (
	errPhoneUnreadable = errors.New("phone: not a phone number; write it with country code, such as +52 and ten digits, or give the region")
	errPhoneLength     = errors.New("phone: too many or too few digits for its country")
)

// Phone returns the E.164 form under which a number is claimed and texted.
// region (ISO 3166, "MX") helps to read a number without country code; it may
// be empty. Three countries write one mobile in two ways; each gets one:
//   - Mexico: +52 1 and ten digits is the old form of +52 and ten digits;
//   - Argentina: +54 9 is the mobile form. The 9 is added where it is missing,
//     because the digits after it are unique with and without it, and a text
//     reaches a mobile only;
//   - Brazil: an eight-digit mobile gets the ninth digit, a leading 9.
//
// Only the number of digits is checked, not whether the range is in use: a
// metadata file that is a month old must not refuse a guest's new number.
func Phone(region, number string) (string, error) {
	if len(number) > maxPhoneInput {
		return "", errPhoneUnreadable
	}
	parsed, err := phonenumbers.Parse(number, strings.ToUpper(strings.TrimSpace(region)))
	if err != nil {
		// The library's error is dropped on purpose: it may quote the number.
		return "", errPhoneUnreadable
	}
	country, national := int(parsed.GetCountryCode()), phonenumbers.GetNationalSignificantNumber(parsed)
	if rewrite, ok := mobileForms[country]; ok {
		national = rewrite(national)
	}
	canonical := e164(country, national)
	// Parsing the result once more proves that it stands by itself: a canonical
	// number that reads differently would belong to a second claim.
	again, err := phonenumbers.Parse(canonical, "")
	if err != nil || phonenumbers.GetNationalSignificantNumber(again) != national {
		return "", errPhoneUnreadable
	}
	if phonenumbers.IsPossibleNumberWithReason(again) != phonenumbers.IS_POSSIBLE {
		return "", errPhoneLength
	}
	return canonical, nil
}

func e164(country int, national string) string {
	return "+" + strconv.Itoa(country) + national
}

// mobileForms rewrites national numbers by country calling code.
var mobileForms = map[int]func(string) string{
	52: mexico,
	54: argentina,
	55: brazil,
}

func mexico(national string) string {
	if len(national) == 11 && national[0] == '1' {
		return national[1:]
	}
	return national
}

func argentina(national string) string {
	if len(national) == 10 && national[0] != '9' {
		return "9" + national
	}
	return national
}

// brazil knows a mobile by its first digit after the area code, 6 to 9; those
// of fixed lines start with 2 to 5.
func brazil(national string) string {
	if len(national) == 10 && national[2] >= '6' {
		return national[:2] + "9" + national[2:]
	}
	return national
}
