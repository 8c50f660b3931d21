package cardiac_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"guestjourney/internal/cardiac"
)

var formulas = []cardiac.Formula{cardiac.Bazett, cardiac.Fridericia, cardiac.Framingham, cardiac.Hodges}

func TestFormulasGiveTheReferenceTable(t *testing.T) {
	for _, row := range []struct {
		qt, perMinute float64
		want          [4]float64 // in the order of formulas
	}{
		{400, 60, [4]float64{400.0, 400.0, 400.0, 400.0}},
		{400, 50, [4]float64{365.1, 376.4, 369.2, 382.5}},
		{360, 80, [4]float64{415.7, 396.2, 398.5, 395.0}},
		{340, 100, [4]float64{438.9, 403.1, 401.6, 410.0}},
		{320, 120, [4]float64{452.5, 403.2, 397.0, 425.0}},
		{420, 75, [4]float64{469.6, 452.4, 450.8, 446.2}},
		{380, 110, [4]float64{514.5, 465.1, 450.0, 467.5}},
		{480, 60, [4]float64{480.0, 480.0, 480.0, 480.0}},
	} {
		for i, formula := range formulas {
			got, err := formula.Correct(row.qt, rrOf(row.perMinute))
			require.NoError(t, err)
			// The table has one decimal; 446.25 is a tie, hence the margin of rounding.
			assert.InDelta(t, row.want[i], got, 0.05+1e-6, "%v of %v ms at %v/min", formula, row.qt, row.perMinute)
		}
	}
}

func TestCorrectAndUncorrectAreInverse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		qt := rapid.Float64Range(cardiac.MinQT, cardiac.MaxQT).Draw(t, "qt")
		rr := time.Duration(rapid.Int64Range(int64(cardiac.MinRR), int64(cardiac.MaxRR)).Draw(t, "rr"))
		formula := rapid.SampledFrom(formulas).Draw(t, "formula")
		qtc, err := formula.Correct(qt, rr)
		if err != nil {
			return // out of range, which other tests are about
		}
		back, err := formula.Uncorrect(qtc, rr)
		if err != nil && qt-cardiac.MinQT > 1e-6 && cardiac.MaxQT-qt > 1e-6 {
			t.Fatalf("%v: %v ms at %v is corrected but not uncorrected: %v", formula, qt, rr, err)
		}
		if err == nil && math.Abs(back-qt) > 1e-6 {
			t.Fatalf("%v: %v ms at %v came back as %v", formula, qt, rr, back)
		}
	})
}

func TestABadReadingIsRefusedWithoutItsValue(t *testing.T) {
	for name, c := range map[string]struct {
		formula cardiac.Formula
		qt      float64
		rr      time.Duration
		want    error
	}{
		"no RR":                  {cardiac.Fridericia, 400, 0, cardiac.ErrRR},
		"negative RR":            {cardiac.Fridericia, 400, -time.Second, cardiac.ErrRR},
		"RR too short":           {cardiac.Fridericia, 400, cardiac.MinRR - 1, cardiac.ErrRR},
		"RR too long":            {cardiac.Fridericia, 400, cardiac.MaxRR + 1, cardiac.ErrRR},
		"no QT":                  {cardiac.Fridericia, 0, time.Second, cardiac.ErrQT},
		"NaN":                    {cardiac.Fridericia, math.NaN(), time.Second, cardiac.ErrQT},
		"infinite QT":            {cardiac.Fridericia, math.Inf(1), time.Second, cardiac.ErrQT},
		"QT in seconds":          {cardiac.Fridericia, 0.4, time.Second, cardiac.ErrQT},
		"QT short, QTc usual":    {cardiac.Bazett, 150, 250 * time.Millisecond, cardiac.ErrQT},
		"Framingham falls below": {cardiac.Framingham, 400, 5 * time.Second, cardiac.ErrQT},
		"no formula":             {0, 400, time.Second, cardiac.ErrFormula},
		"formula from nowhere":   {99, 400, time.Second, cardiac.ErrFormula},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := c.formula.Correct(c.qt, c.rr)
			require.ErrorIs(t, err, c.want)
			assert.Zero(t, got)
			assert.NotContains(t, err.Error(), "400")
		})
	}
}

func TestFormulasHaveTheirAuthorsNames(t *testing.T) {
	assert.Equal(t, "Bazett", cardiac.Bazett.String())
	assert.Equal(t, "Fridericia", cardiac.Fridericia.String())
	assert.Equal(t, "Framingham", cardiac.Framingham.String())
	assert.Equal(t, "Hodges", cardiac.Hodges.String())
	assert.Equal(t, "unknown formula", cardiac.Formula(0).String())
}
