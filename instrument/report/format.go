package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"

	"calorimeter/instrument/estimate"
)

// unknown is what is printed where there is no number, and lacking where there is no such quantity.
const unknown, lacking = "~", "–"

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
		return number(v) + fmt.Sprintf(" ±%.0e", se)
	}
	magnitude, enough := int(math.Floor(math.Log10(se))), 2
	if math.Abs(v) < 10 {
		enough = 3
	}
	decimals := max(0, -magnitude, min(1-magnitude, enough))
	return fixed(v, decimals) + " ±" + fixed(se, decimals)
}

// withInterval prints v [lo, hi], to two significant digits of the width of the interval; v alone where the interval is
// not known or has no width.
func withInterval(e estimate.Estimate) string {
	width := e.Hi - e.Lo
	switch {
	case !e.Known() || !e.HasInterval() || width == 0:
		return number(e.Value)
	case math.IsInf(width, 0) || width < 1e-6 || math.Abs(e.Value) >= 1e6 || width >= 1e6:
		return number(e.Value) + " [" + number(e.Lo) + ", " + number(e.Hi) + "]"
	}
	d := max(0, 1-int(math.Floor(math.Log10(width))))
	return fixed(e.Value, d) + " [" + fixed(e.Lo, d) + ", " + fixed(e.Hi, d) + "]"
}

// bounds prints [lo, hi], or ~ where neither is known.
func bounds(lo, hi float64) string {
	if math.IsNaN(lo) && math.IsNaN(hi) {
		return unknown
	}
	larger := max(math.Abs(orZero(lo)), math.Abs(orZero(hi)))
	if larger > 0 && larger < 0.1 { // as many decimals on either side
		return "[" + few(lo) + ", " + few(hi) + "]"
	}
	return "[" + bound(lo) + ", " + bound(hi) + "]"
}

// few prints a small number with three decimals.
func few(v float64) string {
	if math.IsNaN(v) {
		return unknown
	}
	return fixed(v, 3)
}

func orZero(v float64) float64 {
	if math.IsNaN(v) {
		return 0
	}
	return v
}

// bound prints v with about three significant digits.
func bound(v float64) string {
	switch a := math.Abs(v); {
	case a == 0 || a >= 0.1 && a < 10:
		return fixed(v, 2)
	case a >= 10 && a < 100:
		return fixed(v, 1)
	case a >= 100 && a < 1000:
		return fixed(v, 0)
	}
	return number(v)
}

// count prints n with a grouping of thousands, 50,000.
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

// plain makes text safe for a terminal or a picture: on one line, without control characters, unprintable ones and
// broken UTF-8.
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

// thin returns at most limit of the rows 0..n-1, evenly spread, the first and the last among them.
func thin(n, limit int) []int {
	keep := make([]int, 0, min(n, limit))
	for i := range min(n, limit) {
		if n <= limit {
			keep = append(keep, i)
		} else {
			keep = append(keep, int(math.Round(float64(i)*float64(n-1)/float64(limit-1))))
		}
	}
	return keep
}

// wrap breaks s between words into lines of at most width, measured by size; width <= 0 means one line.
func wrap[L ~int | ~float64](s string, width L, size func(string) L) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(s) {
		switch {
		case line == "":
			line = word
		case width > 0 && size(line+" "+word) > width:
			lines = append(lines, line)
			line = word
		default:
			line += " " + word
		}
	}
	return append(lines, line)
}

// shellLine quotes a command line for a POSIX shell.
func shellLine(args []string) string {
	const safe = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:=,+@%"
	quoted := make([]string, len(args))
	for i, a := range args {
		quoted[i] = a
		if a == "" || strings.ContainsFunc(a, func(r rune) bool { return !strings.ContainsRune(safe, r) }) {
			quoted[i] = "'" + strings.ReplaceAll(a, "'", `'\''`) + "'"
		}
	}
	return strings.Join(quoted, " ")
}
