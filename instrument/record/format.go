package record

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Brief prints v for a sentence, with about three significant digits and a true minus sign; "~" where it is not known.
func Brief(v float64) string {
	a := math.Abs(v)
	switch {
	case math.IsNaN(v):
		return "~"
	case math.IsInf(v, 1):
		return "infinite"
	case math.IsInf(v, -1):
		return "−infinite"
	case a >= 1e6 || a > 0 && a < 5e-4:
		return sign(fmt.Sprintf("%.2e", v))
	case a >= 100 || a == 0:
		return Fixed(v, 0)
	case a >= 0.01:
		return Fixed(v, max(0, 2-int(math.Floor(math.Log10(a)))))
	}
	return Fixed(v, 3)
}

// Fixed prints v with the given number of decimals, a true minus sign, and no sign on a zero.
func Fixed(v float64, decimals int) string {
	s := strconv.FormatFloat(v, 'f', decimals, 64)
	if strings.Trim(s, "-0.") == "" {
		s = strings.TrimPrefix(s, "-")
	}
	return sign(s)
}

func sign(s string) string { return strings.ReplaceAll(s, "-", "−") }

// Plural prints "1 replica" or "3 replicas".
func Plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
