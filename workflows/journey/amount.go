package journey

import (
	"strconv"

	"github.com/bojanz/currency"

	"guestjourney/activities/payments"
)

// amount prints money as a guest reads it, "USD 1,500.00". Formatting is pure:
// its tables are part of the module.
func amount(money payments.Money, locale string) string {
	value, err := currency.NewAmountFromInt64(money.Minor, money.Currency)
	if err != nil {
		// The program file was checked for its currency; print what we have.
		return strconv.FormatInt(money.Minor, 10) + " " + money.Currency
	}
	formatter := currency.NewFormatter(currency.NewLocale(locale))
	formatter.CurrencyDisplay = currency.DisplayCode
	return formatter.Format(value)
}

// total is the price of the whole program.
func (j *journey) total() string {
	price := j.program().Price
	return amount(payments.Money{Minor: price.Deposit.Minor + price.Balance.Minor, Currency: price.Deposit.Currency}, j.locale())
}

func number(n int) string { return strconv.Itoa(n) }
