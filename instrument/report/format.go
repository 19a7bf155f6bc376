package report

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"calorimeter/instrument/estimate"
)

// unknown is what tables print where there is no number.
const unknown = "~"

// number prints v with decimals that suit its size: about four significant digits, never more than three decimals
// except for what is smaller than a thousandth.
func number(v float64) string {
	switch a := math.Abs(v); {
	case math.IsNaN(v):
		return unknown
	case math.IsInf(v, 1):
		return "inf"
	case math.IsInf(v, -1):
		return "-inf"
	case a >= 1e6 || a > 0 && a < 5e-4:
		return fmt.Sprintf("%.2e", v)
	case a >= 1000:
		return fixed(v, 0)
	case a >= 100:
		return fixed(v, 1)
	case a >= 10:
		return fixed(v, 2)
	}
	return fixed(v, 3)
}

// brief prints v for a sentence, with about three significant digits.
func brief(v float64) string {
	if a := math.Abs(v); a >= 100 && a < 1e6 {
		return fixed(v, 0)
	}
	if a := math.Abs(v); a >= 0.01 && a < 100 {
		return fixed(v, 1-int(math.Floor(math.Log10(a)))+1)
	}
	return number(v)
}

// fixed prints v with the given number of decimals, and no sign on a zero.
func fixed(v float64, decimals int) string {
	s := strconv.FormatFloat(v, 'f', decimals, 64)
	if strings.Trim(s, "-0.") == "" {
		s = strings.TrimPrefix(s, "-")
	}
	return s
}

// plusMinus prints v ±se, or v alone where its error is unknown or none: to two significant digits of se, or to one
// where that saves decimals beyond the second (the third, below 10).
func plusMinus(v, se float64) string {
	if math.IsNaN(v) || math.IsInf(v, 0) || math.IsInf(se, 0) || !(se > 0) || math.Abs(v) >= 1e6 {
		return number(v)
	}
	if se < 1e-4 {
		return fixed(v, 4) + fmt.Sprintf(" ±%.0e", se)
	}
	magnitude, enough := int(math.Floor(math.Log10(se))), 2
	if math.Abs(v) < 10 {
		enough = 3
	}
	decimals := max(0, -magnitude, min(1-magnitude, enough))
	return fixed(v, decimals) + " ±" + fixed(se, decimals)
}

// interval prints [lo, hi], or ~ where neither end is known.
func interval(lo, hi float64) string {
	if math.IsNaN(lo) && math.IsNaN(hi) {
		return unknown
	}
	return "[" + bound(lo) + ", " + bound(hi) + "]"
}

// bound prints v with two decimals, fewer from 10 on.
func bound(v float64) string {
	switch a := math.Abs(v); {
	case a < 10:
		return fixed(v, 2)
	case a < 100:
		return fixed(v, 1)
	case a < 1000:
		return fixed(v, 0)
	}
	return number(v)
}

// count prints n with a thin grouping of thousands, 50,000.
func count(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// plural prints "1 replica" or "3 replicas".
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return count(n) + " " + noun + "s"
}

// plain makes text safe for a terminal or a picture: on one line, without control characters, unprintable ones and broken
// UTF-8.
func plain(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case !unicode.IsPrint(r) || r == unicode.ReplacementChar:
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	return strings.Join(strings.Fields(s), " ")
}

// label names the quantity of a column, its bounds and ends taken together: "L-info" for l_info_lo.
func label(column string) string {
	for _, q := range slices.Concat(quantities, cycleQuantities) {
		if q.Column == column {
			name, _, _ := strings.Cut(q.Name, ",")
			return name
		}
	}
	return column
}

// absence names quantities that the curves do not hold, and why.
type absence struct {
	names  []string
	reason string
}

// String says it in a sentence: "M-info, L-info: not estimated: one training set". The name of a column stays as it is.
func (a absence) String() string {
	s := strings.Join(a.names, ", ") + ": " + a.reason
	if strings.Contains(a.names[0], "_") {
		return s
	}
	first, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(first)) + s[size:]
}

// absences lists what is wholly empty among the given columns, reason by reason: the reasons of run.json, or the plain
// fact where a column is there and empty without one.
func absences(run *Run, c *Curves, columns []string) []absence {
	var list []absence
	for _, column := range columns {
		reason := plain(run.Reasons[column])
		if reason == "" && slices.Contains(c.Columns, column) && len(c.Rows) > 0 {
			reason = "no value was recorded"
		}
		if reason == "" || c.Known(column) {
			continue
		}
		name := plain(label(column))
		i := slices.IndexFunc(list, func(a absence) bool { return a.reason == reason })
		if i < 0 {
			i = len(list)
			list = append(list, absence{reason: reason})
		}
		if !slices.Contains(list[i].names, name) {
			list[i].names = append(list[i].names, name)
		}
	}
	return list
}

// allAbsences lists every absence that run.json or the header of the curves tells of, pinned columns first. Missing
// standard errors are not listed.
func allAbsences(run *Run, c *Curves) []absence {
	var columns []string
	for _, q := range quantities {
		columns = append(columns, q.Column)
	}
	for _, extra := range slices.Concat(c.Columns, slices.Sorted(maps.Keys(run.Reasons))) {
		if !slices.Contains(columns, extra) && !strings.HasSuffix(extra, "_se") {
			columns = append(columns, extra)
		}
	}
	return absences(run, c, columns)
}

// studentT returns the factor from a standard error over run.Datasets training sets to the half-width of the 95 %
// interval; NaN for one training set.
func studentT(run *Run) float64 { return estimate.TQuantile(float64(run.Datasets - 1)) }

// entropyChange returns the change of the named column since its first finite value, with its standard error (errors
// of both ends in quadrature; 0 at the reference itself) and the row of the reference, -1 if there is none.
func entropyChange(c *Curves, column string) (change, se []float64, ref int) {
	s, e := c.Column(column), c.Column(column+"_se")
	ref = slices.IndexFunc(s, func(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) })
	change, se = make([]float64, len(s)), make([]float64, len(s))
	for i := range s {
		change[i], se[i] = math.NaN(), math.NaN()
		if ref >= 0 && !math.IsInf(s[i], 0) {
			change[i], se[i] = s[i]-s[ref], math.Hypot(e[i], e[ref])
		}
	}
	if ref >= 0 {
		se[ref] = 0
	}
	return change, se, ref
}

// negated returns -x.
func negated(x []float64) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = -v
	}
	return y
}
