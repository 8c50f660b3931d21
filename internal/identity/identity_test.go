package identity_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"guestjourney/internal/identity"
)

func TestPhoneHasOneFormForEverySpelling(t *testing.T) {
	for _, test := range []struct{ name, region, number, want string }{
		{"Mexico, old mobile form", "", "+52 1 55 1234 5678", "+525512345678"},
		{"Mexico, present form", "", "+52 55 1234 5678", "+525512345678"},
		{"Mexico, national", "MX", "55 1234 5678", "+525512345678"},
		{"Mexico, region in lower case with blanks", " mx ", "(55) 1234-5678", "+525512345678"},
		{"Argentina, mobile form", "", "+54 9 11 2345 6789", "+5491123456789"},
		{"Argentina, mobile without its 9", "", "+54 11 2345 6789", "+5491123456789"},
		{"Argentina, national with 15", "AR", "011 15-2345-6789", "+5491123456789"},
		{"Argentina, outside the capital", "", "+54 351 234 5678", "+5493512345678"},
		{"Brazil, nine digits", "", "+55 11 96123-4567", "+5511961234567"},
		{"Brazil, mobile of eight digits", "", "+55 11 6123-4567", "+5511961234567"},
		{"Brazil, fixed line stays", "", "+55 11 2345-6789", "+551123456789"},
		{"Brazil, national", "BR", "(11) 96123-4567", "+5511961234567"},
		{"United States", "US", "(202) 555-0143", "+12025550143"},
		{"United States, with country code", "", "+1 202-555-0143", "+12025550143"},
		{"United States, international prefix", "US", "011 52 55 1234 5678", "+525512345678"},
		{"Germany", "", "+49 (0)30 901820", "+4930901820"},
		{"Italy keeps its zero", "", "+39 06 698 12345", "+390669812345"},
		{"full-width digits", "", "＋５２５５１２３４５６７８", "+525512345678"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := identity.Phone(test.region, test.number)
			require.NoError(t, err)
			assert.Equal(t, test.want, got)
		})
	}
}

func TestPhoneRefusesWhatIsNoNumberAndNeverQuotesIt(t *testing.T) {
	for name, test := range map[string]struct{ region, number string }{
		"empty":                {"MX", ""},
		"words":                {"MX", "call me"},
		"no country":           {"", "55 1234 5678"},
		"a zero too many":      {"", "+49 000000"},
		"unknown region":       {"ZZ", "55 1234 5678"},
		"too short":            {"", "+52 551"},
		"too long":             {"", "+52 5512345678901"},
		"unknown country code": {"", "+999 5512345678"},
		"a page of digits":     {"", "+52" + strings.Repeat("5", 100)},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := identity.Phone(test.region, test.number)
			require.Error(t, err)
			assert.Empty(t, got)
			assert.Contains(t, err.Error(), "phone:")
			if len(test.number) > 5 {
				assert.NotContains(t, err.Error(), test.number)
			}
		})
	}
}

func TestEmailHasOneFormForEverySpelling(t *testing.T) {
	for given, want := range map[string]string{
		"ana@example.com":              "ana@example.com",
		"  Ana.Lopez@Example.COM \n":   "ana.lopez@example.com",
		"ana+retreat@example.com":      "ana+retreat@example.com",
		"ana@BÜCHER.example":           "ana@xn--bcher-kva.example",
		"ana@xn--bcher-kva.example":    "ana@xn--bcher-kva.example",
		"O'Brien_1@mail.example.co.uk": "o'brien_1@mail.example.co.uk",
	} {
		got, err := identity.Email(given)
		require.NoError(t, err, given)
		assert.Equal(t, want, got)
	}
}

func TestEmailRefusesWhatProvidersRefuse(t *testing.T) {
	for _, given := range []string{
		"", "@", "ana", "ana@", "@example.com", "ana@localhost", "ana@example.com.", "ana@.example.com",
		"ana@exa mple.com", "a na@example.com", ".ana@example.com", "ana..b@example.com", "ana.@example.com",
		`"ana b"@example.com`, "añá@example.com", "Ana <ana@example.com>", "ana@example.com,bo@example.com",
		strings.Repeat("a", 65) + "@example.com", "ana@" + strings.Repeat("a.", 130) + "com", "a\x00@example.com",
	} {
		got, err := identity.Email(given)
		require.Error(t, err, given)
		assert.Empty(t, got)
		if len(given) > 3 {
			assert.NotContains(t, err.Error(), given)
		}
	}
}

func TestCanonicalFormsAreStable(t *testing.T) {
	t.Run("phone", rapid.MakeCheck(func(t *rapid.T) {
		country := rapid.SampledFrom([]string{"1", "52", "521", "54", "549", "55", "5511", "34", "44", "49", "39"}).Draw(t, "country")
		number := "+" + country + rapid.StringMatching(`[0-9]{6,11}`).Draw(t, "number")
		first, err := identity.Phone("", number)
		if err != nil {
			return
		}
		again, err := identity.Phone(rapid.SampledFrom([]string{"", "MX", "US", "BR", "AR"}).Draw(t, "region"), first)
		if err != nil || again != first {
			t.Fatalf("%q became %q, then %q (%v)", number, first, again, err)
		}
	}))
	t.Run("separators change nothing", rapid.MakeCheck(func(t *rapid.T) {
		digits := rapid.StringMatching(`52[2-9][0-9]{9}`).Draw(t, "digits")
		spaced := "+" + digits[:2] + " (" + digits[2:5] + ") " + digits[5:8] + "-" + digits[8:]
		plain, errPlain := identity.Phone("", "+"+digits)
		written, errWritten := identity.Phone("", spaced)
		if plain != written || (errPlain == nil) != (errWritten == nil) {
			t.Fatalf("%q and %q", plain, written)
		}
	}))
	t.Run("email", rapid.MakeCheck(func(t *rapid.T) {
		address := rapid.StringMatching(`[A-Za-z0-9.+_-]{1,12}@[A-Za-z0-9.ü-]{1,12}\.[A-Za-z]{2,6}`).Draw(t, "address")
		first, err := identity.Email(address)
		if err != nil {
			return
		}
		again, err := identity.Email(" " + strings.ToUpper(first))
		if err != nil || again != first {
			t.Fatalf("%q became %q, then %q (%v)", address, first, again, err)
		}
	}))
}

func TestClaimIDDependsOnKeyKindAndAddressOnly(t *testing.T) {
	key, other := []byte(strings.Repeat("k", 32)), []byte(strings.Repeat("o", 32))
	id := identity.ClaimID(key, identity.KindPhone, "+525512345678")
	// The value is fixed here on purpose: another one would orphan every claim.
	assert.Equal(t, "claim/phone/56831b75e1c8855d019574bddcfc69ec", id)
	assert.Equal(t, id, identity.ClaimID(key, identity.KindPhone, "+525512345678"))
	assert.NotEqual(t, id, identity.ClaimID(other, identity.KindPhone, "+525512345678"))
	assert.NotEqual(t, id, identity.ClaimID(key, identity.KindPhone, "+525512345679"))
	assert.Regexp(t, `^claim/email/[0-9a-f]{32}$`, identity.ClaimID(key, identity.KindEmail, "ana@example.com"))
	assert.False(t, identity.LooksLikeAddress(id), "a claim's own ID must pass")
}

func TestParseKey(t *testing.T) {
	key, err := identity.ParseKey(" MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=\n")
	require.NoError(t, err)
	assert.Equal(t, "01234567890123456789012345678901", string(key))
	for _, bad := range []string{"", "short", "MDEyMw==", "not base64 at all, but long enough to be one"} {
		_, err := identity.ParseKey(bad)
		require.ErrorContains(t, err, "IDENTITY_KEY")
	}
}

func TestLooksLikeAddress(t *testing.T) {
	for _, id := range []string{
		"ana@example.com", "journey/ana@example.com", "journey/ana%40example.com", "+525512345678", "journey/5512345678",
		"guest/+52 (55) 1234-5678", "5512345", "pay/55.1234.5678", "journey/55_1234_5678",
	} {
		assert.True(t, identity.LooksLikeAddress(id), id)
	}
	for _, id := range []string{
		"", "journey/01JD5Z3V6T9K8M2Q4W7X0Y1A2B", "guest/ana", "claim/hubspot/123/starts", "room-12", "cohort/retreat-7d/2027-03-02",
		"journey/2027", "pay/01jd5z3v", "journey/1234567890123456789",
	} {
		assert.False(t, identity.LooksLikeAddress(id), id)
	}
}

func FuzzPhone(f *testing.F) {
	for _, seed := range []string{"+5215512345678", "+541123456789", "55 1234 5678", "+55 (11) 6123-4567", "tel:+1-202-555-0143;ext=5", ""} {
		f.Add("MX", seed)
	}
	f.Fuzz(func(t *testing.T, region, number string) {
		first, err := identity.Phone(region, number)
		if err != nil {
			return
		}
		require.Regexp(t, `^\+[1-9][0-9]{4,16}$`, first)
		again, err := identity.Phone("", first)
		require.NoError(t, err)
		require.Equal(t, first, again)
	})
}

func FuzzEmail(f *testing.F) {
	for _, seed := range []string{"ana@example.com", "A.B+c@BÜCHER.example", "@", "a@b.c", "a@@b.c"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, address string) {
		first, err := identity.Email(address)
		if err != nil {
			return
		}
		again, err := identity.Email(first)
		require.NoError(t, err)
		require.Equal(t, first, again)
		require.True(t, identity.LooksLikeAddress(first))
	})
}
