package thermo

import (
	"fmt"
	"math"

	"calorimeter/instrument/estimate"

	"gonum.org/v1/gonum/stat"
)

// Balance is the chain-averaged energy balance of an interval, or of all intervals so far, in nats.
type Balance struct {
	Work   estimate.Estimate // <w>, done on the samples by the motion of the weights
	Heat   estimate.Estimate // <q>, absorbed by the samples; -<q> is dissipated into the reservoir
	DeltaF estimate.Estimate // dF, change of the free energy F = -ln Z
	// EntropyProduction is Sigma = <w> - dF, conditional on the weights' path. For chains in equilibrium before each
	// interval it is the mean of KL(p(.|theta_{n-1}) || p(.|theta_n)) >= 0; summed from a start in equilibrium it is
	// >= 0 whatever the kernel, as long as the kernel leaves p(.|theta) invariant (Jarzynski 1997). An average more
	// than three standard errors below zero carries a warning, unless chains may account for it that were not drawn
	// ([Unseen]).
	EntropyProduction estimate.Estimate
	// SampleEntropy is S(X_n|Theta_n) = <phi_{theta_n}(x_n)> - F(theta_n), the conditional entropy of the samples at
	// the end of the interval, for chains in equilibrium there.
	SampleEntropy estimate.Estimate
}

// Interval returns the balance of the last interval of one replica, with Student intervals over its chains. They hold
// for this one path of the weights: given it, chains are independent; another training run would differ by more.
func (l *Ledger) Interval() Balance { return l.balance(l.interval()) }

// Total returns the balance cumulated since [Ledger.Start], otherwise as [Ledger.Interval].
func (l *Ledger) Total() Balance { return l.balance(l.total()) }

func (l *Ledger) interval() (work, heat []float64, dF float64) { return l.Work, l.Heat, l.DeltaF }

func (l *Ledger) total() (work, heat []float64, dF float64) {
	return l.TotalWork, l.TotalHeat, l.TotalDeltaF
}

func (l *Ledger) balance(work, heat []float64, dF float64) Balance {
	shifted := func(values []float64, by float64) estimate.Estimate {
		if math.IsNaN(by) {
			return estimate.Unknown("the free energy is unknown")
		}
		units := make([]float64, len(values))
		for k, v := range values {
			units[k] = v - by
		}
		return estimate.Mean(units)
	}
	b := Balance{
		Work:              estimate.Mean(work),
		Heat:              estimate.Mean(heat),
		DeltaF:            estimate.Unknown("the free energy is unknown"),
		EntropyProduction: secondLaw(shifted(work, dF), len(work)),
		SampleEntropy:     shifted(l.Energy, l.FreeEnergy),
	}
	if !math.IsNaN(dF) {
		b.DeltaF = estimate.Exact(dF)
	}
	return b
}

// IntervalOverSets returns the balance of the last interval over replicas grouped by data set: replica s was trained
// on data set set[s]. Each replica enters by its chain mean, and [OverSets] makes the interval.
// It panics if there are no replicas or the lengths differ.
func IntervalOverSets(replicas []*Ledger, set []int) Balance {
	return overSets(replicas, set, (*Ledger).interval)
}

// TotalOverSets returns the balance cumulated since Start, otherwise as [IntervalOverSets].
func TotalOverSets(replicas []*Ledger, set []int) Balance {
	return overSets(replicas, set, (*Ledger).total)
}

func overSets(replicas []*Ledger, set []int, account func(*Ledger) (work, heat []float64, dF float64)) Balance {
	mean := func(f func(l *Ledger) float64) estimate.Estimate {
		values := make([]float64, len(replicas))
		for s, l := range replicas {
			values[s] = f(l)
		}
		return OverSets(values, set)
	}
	chains := len(replicas) * len(replicas[0].Work)
	return Balance{
		Work:   mean(func(l *Ledger) float64 { w, _, _ := account(l); return stat.Mean(w, nil) }),
		Heat:   mean(func(l *Ledger) float64 { _, q, _ := account(l); return stat.Mean(q, nil) }),
		DeltaF: mean(func(l *Ledger) float64 { _, _, dF := account(l); return dF }),
		EntropyProduction: secondLaw(mean(func(l *Ledger) float64 {
			w, _, dF := account(l)
			return stat.Mean(w, nil) - dF
		}), chains),
		SampleEntropy: mean(func(l *Ledger) float64 { return stat.Mean(l.Energy, nil) - l.FreeEnergy }),
	}
}

// OverSets returns the mean over data sets of a number that was measured on each replica: values[s] belongs to
// data set set[s]. Replicas of one data set share it and are averaged first; the data sets, in the order in which they
// first appear, are the independent units, each with the same weight. The interval allows for their being few and
// skewed ([estimate.SkewedMean]), as work is to the right and heat to the left.
//
// With a single data set the replicas become the units, and a warning says that the interval covers the noise of
// training alone. A value that is not finite gives no estimate, and the reason names the replica.
// OverSets panics if there are no values or the lengths differ.
func OverSets(values []float64, set []int) estimate.Estimate {
	if len(values) == 0 || len(values) != len(set) {
		panic(fmt.Sprintf("thermo: %d replica values for %d data set labels", len(values), len(set)))
	}
	var sums, counts []float64
	unit := make(map[int]int, len(set))
	for s, v := range values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return estimate.Unknown("replica %d (data set %d) has no finite value", s, set[s])
		}
		u, ok := unit[set[s]]
		if !ok {
			u = len(sums)
			unit[set[s]] = u
			sums, counts = append(sums, 0), append(counts, 0)
		}
		sums[u] += v
		counts[u]++
	}
	if len(sums) == 1 && len(values) > 1 {
		return estimate.SkewedMean(values, 0).Warn("one data set only: the interval over its %d replicas covers the noise "+
			"of training, not the choice of data", len(values))
	}
	for u := range sums {
		sums[u] /= counts[u]
	}
	return estimate.SkewedMean(sums, 0)
}

// secondLaw warns where the entropy production of n chains is significantly negative.
func secondLaw(sigma estimate.Estimate, n int) estimate.Estimate {
	if sigma.Value+3*sigma.SE < 0 && Unseen(n, sigma.Value) < mayBeUnseen {
		return sigma.Warn("entropy production %.3g lies more than three standard errors (of %.2g) below zero: the chains "+
			"were not in equilibrium at the start of the interval, or dF is wrong", sigma.Value, sigma.SE)
	}
	return sigma
}
