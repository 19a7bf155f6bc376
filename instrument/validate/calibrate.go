package validate

import (
	"context"
	"fmt"
	"math"
	"sync"

	"calorimeter/instrument/estimate"

	"golang.org/x/sync/errgroup"
	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// The bar for the coverage of a 95 % interval, and for the share of those of a bound that lie wholly beyond its truth.
const (
	MinCoverage = 0.92
	MaxCoverage = 0.98
	MaxBeyond   = (1 - estimate.Confidence) / 2
)

// Coverage says how often the interval of one case held what it should hold.
type Coverage struct {
	System, Posed       string
	Quantity, Estimator string
	// Kind is that of the case. The interval of a value is held against the truth; that of a bound states the error of
	// the bound, not its distance from the truth, and is held against the bound's mean over the repetitions.
	Kind        Kind
	Repetitions int     // those that came with an interval
	Covered     int     // and those of them whose interval held it
	Beyond      int     // those whose interval lies wholly on the wrong side of the truth that is bounded; 0 for a value
	Lo, Hi      float64 // 95 % Clopper-Pearson interval of the coverage; NaN without repetitions
	MeanZ, SDZ  float64 // of the scores: 0 and 1 where value and error are right; NaN without repetitions
	Warned      float64 // share of all repetitions that carried a warning
	Warning     string  // the first of the warnings
}

// Share returns the coverage, Covered over Repetitions; NaN without repetitions.
func (c *Coverage) Share() float64 { return float64(c.Covered) / float64(c.Repetitions) }

// Outcome is Agrees where the binomial interval of the coverage overlaps 92-98 %, and that of the share of intervals
// beyond the truth, for a bound, 0-2.5 %. Where they do not, the case is Warned if half of the repetitions or more said
// that they should not be taken at face value, and Misses otherwise. It is Unknown where no repetition came with an
// interval.
func (c *Coverage) Outcome() Outcome {
	beyond, _ := clopperPearson(c.Beyond, c.Repetitions)
	switch {
	case c.Repetitions == 0 && c.Warned > 0:
		return Unknown
	case c.Repetitions > 0 && c.Hi >= MinCoverage && c.Lo <= MaxCoverage && beyond <= MaxBeyond:
		return Agrees
	case c.Warned >= 0.5:
		return Warned
	}
	return Misses
}

// Calibrate simulates the system so many times and counts how often each interval covers. progress, if not nil, is
// called from one goroutine at a time after each repetition. The outcome depends on the system and on the seed alone,
// not on the number of workers. Left out are cases whose estimates are exact, and those whose interval is conditioned
// on something that differs between simulations (Case.Given).
func (s *System) Calibrate(
	ctx context.Context, seed uint64, repetitions, workers int, progress func(),
) ([]Coverage, error) {
	estimates := make([][]estimate.Estimate, repetitions)
	var report sync.Mutex
	group, running := errgroup.WithContext(ctx)
	group.SetLimit(max(1, workers))
	for rep := range repetitions {
		group.Go(func() error {
			if err := running.Err(); err != nil {
				return err
			}
			row, err := s.repetition(running, seed, rep)
			if err != nil {
				return fmt.Errorf("%s %s: %w", s.Name, s.Posed(), err)
			}
			estimates[rep] = row
			if progress != nil {
				report.Lock()
				defer report.Unlock()
				progress()
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	var out []Coverage
	for i := range s.Cases {
		if s.Cases[i].Given != "" {
			continue
		}
		column := make([]estimate.Estimate, repetitions)
		for rep := range column {
			column[rep] = estimates[rep][i]
		}
		if c := s.coverage(&s.Cases[i], column); c.Repetitions+int(c.Warned*float64(repetitions)) > 0 {
			out = append(out, c)
		}
	}
	return out, nil
}

// repetition is counted from 0; the stream of Run is that of none of them.
func (s *System) repetition(ctx context.Context, seed uint64, rep int) ([]estimate.Estimate, error) {
	sample, err := s.Simulate(ctx, s.stream(seed, rep+1, "simulate"), 1)
	if err != nil {
		return nil, err
	}
	out := make([]estimate.Estimate, len(s.Cases))
	for i := range s.Cases {
		if s.Cases[i].Given == "" {
			out[i] = s.estimate(&s.Cases[i], sample, seed, rep+1)
		}
	}
	return out, nil
}

func (s *System) coverage(c *Case, estimates []estimate.Estimate) Coverage {
	out := Coverage{System: s.Name, Posed: s.Posed(), Quantity: c.Quantity, Estimator: c.Estimator, Kind: c.Kind}
	target := c.Truth
	if c.Kind != Value {
		target = mean(estimates)
	}
	var scores []float64
	warned := 0
	for _, e := range estimates {
		if len(e.Warnings) > 0 {
			if warned++; warned == 1 {
				out.Warning = e.Warnings[0]
			}
		}
		z := Score(e, target, Value)
		if math.IsNaN(z) || e.Lo == e.Hi {
			continue
		}
		scores = append(scores, z)
		if e.Covers(target) {
			out.Covered++
		}
		if c.Kind == Lower && e.Lo > c.Truth || c.Kind == Upper && e.Hi < c.Truth {
			out.Beyond++
		}
	}
	out.Repetitions, out.Warned = len(scores), float64(warned)/float64(len(estimates))
	out.MeanZ, out.SDZ = math.NaN(), math.NaN()
	if len(scores) > 1 {
		out.MeanZ, out.SDZ = stat.MeanStdDev(scores, nil)
	}
	out.Lo, out.Hi = clopperPearson(out.Covered, out.Repetitions)
	return out
}

// mean is the mean of the finite values.
func mean(estimates []estimate.Estimate) float64 {
	var values []float64
	for _, e := range estimates {
		if !math.IsNaN(e.Value) && !math.IsInf(e.Value, 0) {
			values = append(values, e.Value)
		}
	}
	return stat.Mean(values, nil)
}

// clopperPearson returns the exact 95 % interval of a probability of which k of n trials are known (Clopper & Pearson
// 1934, Biometrika 26, 404).
func clopperPearson(k, n int) (lo, hi float64) {
	if n == 0 {
		return math.NaN(), math.NaN()
	}
	lo, hi = 0, 1
	if k > 0 {
		lo = distuv.Beta{Alpha: float64(k), Beta: float64(n - k + 1)}.Quantile((1 - estimate.Confidence) / 2)
	}
	if k < n {
		hi = distuv.Beta{Alpha: float64(k + 1), Beta: float64(n - k)}.Quantile((1 + estimate.Confidence) / 2)
	}
	return lo, hi
}

// CoverageVerdict is what a table of coverages comes to.
type CoverageVerdict struct {
	Pass                            bool
	Judged, Misses, Warned, Unknown int
	Reason                          string
}

// JudgeCoverage passes where no coverage misses the bar without a warning and at least one was measured.
func JudgeCoverage(rows []Coverage) CoverageVerdict {
	var n [4]int
	for i := range rows {
		n[rows[i].Outcome()]++
	}
	v := CoverageVerdict{Judged: n[Agrees] + n[Misses], Misses: n[Misses], Warned: n[Warned], Unknown: n[Unknown]}
	v.Pass = v.Judged > 0 && v.Misses == 0
	v.Reason = fmt.Sprintf("%d of %d judged intervals have a coverage whose binomial interval lies outside %g-%g %%, or "+
		"are of a bound and beyond its truth in more than %.3g %% (limit 0); not judged: %d outside with a warning, %d "+
		"without an interval",
		v.Misses, v.Judged, 100*MinCoverage, 100*MaxCoverage, 100*MaxBeyond, v.Warned, v.Unknown)
	return v
}
