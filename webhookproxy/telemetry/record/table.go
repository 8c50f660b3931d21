package record

import (
	"encoding/csv"
	"io"
	"strconv"
	"strings"
	"time"
)

// table is a CSV file by RFC 4180.
type table struct{ csv *csv.Writer }

func newTable(w io.Writer, columns ...string) (*table, error) {
	t := &table{csv.NewWriter(w)}
	t.csv.UseCRLF = true
	return t, t.csv.Write(columns)
}

// row adds one. Its cells come from the functions below.
func (t *table) row(cells ...string) error { return t.csv.Write(cells) }

func (t *table) end() error {
	t.csv.Flush()
	return t.csv.Error()
}

// plain is a text in a cell. What a spreadsheet would take for a formula is made a text
// by the quote that spreadsheets themselves put before one; control characters, which
// some skip before they look, are left out.
func plain(text string) string {
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, text)
	if trimmed := strings.TrimSpace(text); trimmed != "" && strings.ContainsRune("=+-@|%", rune(trimmed[0])) {
		return "'" + text
	}
	return text
}

// measured is a value as it came; what was not measured is an empty cell, and no zero.
func measured(value *float64) string {
	if value == nil {
		return ""
	}
	return strconv.FormatFloat(*value, 'f', -1, 64)
}

// calculated is a value with three decimals, or nothing.
func calculated(value float64, there bool) string {
	if !there {
		return ""
	}
	return strconv.FormatFloat(value, 'f', 3, 64)
}

// counted is a number, or nothing for 0 where that means that there is none.
func counted(number int) string {
	if number == 0 {
		return ""
	}
	return strconv.Itoa(number)
}

func whole(number int64) string { return strconv.FormatInt(number, 10) }

func flag(is bool) string { return strconv.FormatBool(is) }

// instant is a time in UTC with microseconds, or nothing.
func instant(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.UTC().Format("2006-01-02T15:04:05.000000Z")
}
