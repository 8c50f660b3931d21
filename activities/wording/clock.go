package wording

import (
	"fmt"
	"time"
)

// Forms in which the workflows write a time. It is a wall-clock time already:
// nothing is converted here, and no zone file is read.
var clockForms = []struct{ layout, suffix string }{
	{"2006-01-02T15:04:05", ""},
	{"2006-01-02T15:04", ""},
	{"2006-01-02 15:04 UTC", " UTC"},
}

var (
	spanishDays   = [...]string{"domingo", "lunes", "martes", "miércoles", "jueves", "viernes", "sábado"}
	spanishMonths = [...]string{
		"enero", "febrero", "marzo", "abril", "mayo", "junio",
		"julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre",
	}
)

// spoken returns a time as one says it in the language, "Tuesday 2 March 2027,
// 09:00". Anything that is no time stays as it is.
func spoken(value, locale string) string {
	for _, form := range clockForms {
		at, err := time.Parse(form.layout, value)
		if err != nil {
			continue
		}
		if locale == "es" {
			return fmt.Sprintf("%s %d de %s de %d, %s%s", spanishDays[at.Weekday()], at.Day(),
				spanishMonths[at.Month()-1], at.Year(), at.Format("15:04"), form.suffix)
		}
		return at.Format("Monday 2 January 2006, 15:04") + form.suffix
	}
	return value
}
