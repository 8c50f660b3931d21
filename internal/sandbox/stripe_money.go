package sandbox

import (
	"strconv"
	"strings"

	"github.com/bojanz/currency"
)

// stripeMinimum is the smallest charge, in minor units; others have none here.
var stripeMinimum = map[string]int64{"usd": 50, "eur": 50, "gbp": 30, "mxn": 1000, "jpy": 50}

// stripeAmount reads an amount and its currency as Stripe does.
func stripeAmount(amountParam, amountText, currencyParam, currencyText string) (int64, string, *answer) {
	code := strings.ToLower(currencyText)
	if !currency.IsValid(strings.ToUpper(code)) {
		return 0, "", stripeInvalid(currencyParam, "", "Invalid currency: %s. Stripe currently supports these currencies: usd, eur, gbp, mxn, cad, jpy, and others.", code)
	}
	amount, err := strconv.ParseInt(amountText, 10, 64)
	if err != nil {
		return 0, "", stripeInvalid(amountParam, "parameter_invalid_integer", "Invalid integer: %s", amountText)
	}
	if amount < 1 {
		return 0, "", stripeInvalid(amountParam, "parameter_invalid_integer", "This value must be greater than or equal to 1.")
	}
	if amount > 99_999_999 {
		return 0, "", stripeInvalid(amountParam, "amount_too_large", "Amount must be no more than %s", printed(99_999_999, code))
	}
	return amount, code, nil
}

// stripeEnough refuses a total that is below the currency's minimum.
func stripeEnough(param string, amount int64, code string) *answer {
	if least := stripeMinimum[code]; amount < least {
		return stripeInvalid(param, "amount_too_small", "Amount must be at least %s", printed(least, code))
	}
	return nil
}

// printed shows minor units as people read them, "$12.50".
func printed(minor int64, code string) string {
	amount, err := currency.NewAmountFromInt64(minor, strings.ToUpper(code))
	if err != nil {
		return strconv.FormatInt(minor, 10) + " " + code
	}
	return currency.NewFormatter(currency.NewLocale("en")).Format(amount)
}
