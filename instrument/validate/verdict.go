package validate

import (
	"fmt"
	"math"
	"strings"

	"gonum.org/v1/gonum/stat/distuv"
)

// The rule of Judge.
const (
	MaxScore   = 5.0   // no judged row may lie further from its truth
	WideScore  = 2.0   // rows further than this are counted
	MinPValue  = 0.001 // and as many of them as there are must be at least so probable by chance
	valueShare = 0.04550026389635842
)

// Outcome is what a row means for the verdict.
type Outcome int

const (
	Agrees  Outcome = iota // the row is judged, and |z| <= MaxScore
	Misses                 // the row is judged, and |z| > MaxScore without a warning
	Warned                 // the estimate itself says not to take it at face value: shown, not judged
	Unknown                // no value or no interval, and the estimate says why: shown, not judged
)

// String returns "agrees", "misses", "warned" or "unknown".
func (o Outcome) String() string { return [...]string{"agrees", "misses", "warned", "unknown"}[o] }

// Outcome returns what the row means for the verdict. A row without a score and without a warning misses: an
// estimator may not know, but it must say so.
func (r *Row) Outcome() Outcome {
	warned := len(r.Estimate.Warnings) > 0
	switch {
	case math.IsNaN(r.Z) && warned:
		return Unknown
	case math.IsNaN(r.Z):
		return Misses
	case warned:
		return Warned
	case math.Abs(r.Z) > MaxScore:
		return Misses
	}
	return Agrees
}

// Verdict is what a table of rows comes to.
type Verdict struct {
	Pass                    bool
	Rows                    int
	Judged, Warned, Unknown int
	WarnedMisses            int     // warned rows whose interval misses the truth
	Wide                    int     // judged rows with |z| > WideScore
	PValue                  float64 // probability of so many or more by chance
	Misses                  []Row   // judged rows with |z| > MaxScore
	Reason                  string  // one line that states the rule and how it came out
}

// Judge applies the rule: no judged row with |z| > 5, and no more rows with |z| > 2 than chance allows, which is when
// so many or more have a probability of 0.001 at least. By chance a value is beyond 2 in 4.6 % of cases, a bound in at
// most 2.3 % (only one side counts), each row by itself: the number is Poisson-binomial. Rows that carry a warning, or
// no value and the reason, are not judged; a table of which less than a quarter could be judged fails. Rows of one
// system come of one simulation and are not independent of each other: the probability is a guide.
func Judge(rows []Row) Verdict {
	v := Verdict{PValue: 1}
	var shares []float64
	for _, r := range rows {
		switch r.Outcome() {
		case Unknown:
			v.Unknown++
			continue
		case Warned:
			v.Warned++
			if math.Abs(r.Z) > distuv.UnitNormal.Quantile(0.975) {
				v.WarnedMisses++
			}
			continue
		case Misses:
			v.Misses = append(v.Misses, r)
		}
		v.Judged++
		share := valueShare
		if r.Kind != Value {
			share /= 2
		}
		shares = append(shares, share)
		if !(math.Abs(r.Z) <= WideScore) {
			v.Wide++
		}
	}
	v.PValue = atLeast(shares, v.Wide)
	v.Rows = len(rows)
	v.Pass = v.Judged > 0 && 4*v.Judged >= v.Rows && len(v.Misses) == 0 && v.PValue >= MinPValue
	v.Reason = v.reason()
	return v
}

func (v *Verdict) reason() string {
	var why []string
	switch {
	case v.Judged == 0:
		why = append(why, "no row could be judged")
	case 4*v.Judged < v.Rows:
		why = append(why, fmt.Sprintf("only %d of %d rows could be judged", v.Judged, v.Rows))
	}
	for _, r := range v.Misses {
		why = append(why, fmt.Sprintf("%s %s by %s has z = %.1f", r.System, r.Quantity, r.Estimator, r.Z))
	}
	text := fmt.Sprintf("%d of %d judged rows have |z| > %g (limit 0)", len(v.Misses), v.Judged, MaxScore)
	if len(why) > 0 {
		text = strings.Join(why, "; ") + "; " + text
	}
	return fmt.Sprintf("%s; %d have |z| > %g, binomial p = %.3g (limit %g); not judged: %d warned (%d of them miss), %d "+
		"unknown",
		text, v.Wide, WideScore, v.PValue, MinPValue, v.Warned, v.WarnedMisses, v.Unknown)
}

// atLeast returns the probability that k or more of independent events with the given probabilities happen.
func atLeast(shares []float64, k int) float64 {
	p := make([]float64, len(shares)+1) // p[j]: probability that j happened so far
	p[0] = 1
	for i, share := range shares {
		for j := i + 1; j > 0; j-- {
			p[j] = p[j]*(1-share) + p[j-1]*share
		}
		p[0] *= 1 - share
	}
	sum := 0.0
	for j := len(p) - 1; j >= k; j-- {
		sum += p[j]
	}
	return min(1, sum)
}
