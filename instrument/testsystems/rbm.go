package testsystems

import (
	"fmt"
	"math"
	"math/rand/v2"
	"sort"

	"gonum.org/v1/gonum/floats"
)

// MaxEnumerated is the largest layer that [RBM] enumerates: 2^20 states.
const MaxEnumerated = 20

// RBM is a restricted Boltzmann machine small enough to be solved: n visible units v and m hidden units h, all 0 or 1,
//
//	p(v,h) = exp(-E(v,h))/Z,     E(v,h) = -a.v - b.h - v.W h.
//
// Given one layer, the units of the other are independent, so each layer can be summed out unit by unit: with
// softplus(t) = ln(1 + e^t),
//
//	p(v) = exp(-phi(v))/Z,   phi(v) = -a.v - sum_j softplus(b_j + (v W)_j),
//	Z = sum_v exp(-phi(v)) = sum_h exp( b.h + sum_i softplus(a_i + (W h)_i) ),
//
// and Z is a sum over the states of the smaller layer, which may have at most [MaxEnumerated] units. With W = 0,
// ln Z = sum_i softplus(a_i) + sum_j softplus(b_j).
type RBM struct {
	VisibleBias []float64 // a, n values
	HiddenBias  []float64 // b, m values
	Weights     []float64 // W, n*m values; row i holds the weights of visible unit i
}

// Validate returns an error on shapes that do not fit, parameters that are not finite, and machines too large.
func (r RBM) Validate() error {
	n, m := len(r.VisibleBias), len(r.HiddenBias)
	switch {
	case n == 0 || m == 0:
		return fmt.Errorf("testsystems: RBM has %d visible and %d hidden units: need at least one of each", n, m)
	case len(r.Weights) != n*m:
		return fmt.Errorf("testsystems: RBM.Weights has %d values: %d visible and %d hidden units need %d",
			len(r.Weights), n, m, n*m)
	case min(n, m) > MaxEnumerated:
		return fmt.Errorf("testsystems: RBM has %d visible and %d hidden units: the smaller layer is enumerated and may "+
			"have at most %d",
			n, m, MaxEnumerated)
	}
	for _, part := range []struct {
		name   string
		values []float64
	}{{"VisibleBias", r.VisibleBias}, {"HiddenBias", r.HiddenBias}, {"Weights", r.Weights}} {
		for i, x := range part.values {
			if !finite(x) {
				return fmt.Errorf("testsystems: RBM.%s[%d] = %v: must be finite", part.name, i, x)
			}
		}
	}
	return nil
}

// RandomRBM returns a machine with independent normal biases and weights of the given standard deviations.
func RandomRBM(visible, hidden int, biasSD, weightSD float64, rng *rand.Rand) RBM {
	return RBM{
		VisibleBias: normalRows(1, visible, biasSD, rng)[0],
		HiddenBias:  normalRows(1, hidden, biasSD, rng)[0],
		Weights:     normalRows(1, visible*hidden, weightSD, rng)[0],
	}
}

// Energy returns phi(v) = -a.v - sum_j softplus(b_j + (v W)_j) in nats, the energy of a visible state with the hidden
// units summed out: p(v) = exp(-phi(v))/Z.
func (r RBM) Energy(v []float64) float64 {
	must(r.Validate())
	if len(v) != len(r.VisibleBias) {
		panic(fmt.Sprintf("testsystems: RBM.Energy: state of %d units, not %d", len(v), len(r.VisibleBias)))
	}
	m := len(r.HiddenBias)
	field := append([]float64(nil), r.HiddenBias...)
	for i, vi := range v {
		floats.AddScaled(field, vi, r.Weights[i*m:(i+1)*m])
	}
	return -floats.Dot(r.VisibleBias, v) - sumSoftplus(field)
}

// LogZ returns ln Z, in nats.
func (r RBM) LogZ() float64 {
	must(r.Validate())
	logWeights, _ := r.enumerate(len(r.VisibleBias) <= len(r.HiddenBias))
	return floats.LogSumExp(logWeights)
}

// FreeEnergyDifference returns F(to) - F(from) = ln Z(from) - ln Z(to), in nats.
func FreeEnergyDifference(from, to RBM) float64 { return from.LogZ() - to.LogZ() }

// LogProbabilities returns ln p(v) of all 2^n visible states, in nats; bit i of the index is v_i. It is an error to
// ask for more than [MaxEnumerated] visible units.
func (r RBM) LogProbabilities() ([]float64, error) {
	must(r.Validate())
	if n := len(r.VisibleBias); n > MaxEnumerated {
		return nil, fmt.Errorf("testsystems: RBM has %d visible units: only %d can be enumerated", n, MaxEnumerated)
	}
	logp, _ := r.enumerate(true)
	floats.AddConst(-floats.LogSumExp(logp), logp)
	return logp, nil
}

// Entropy returns S(V) = -sum_v p(v) ln p(v), in nats. It is an error to ask for more than [MaxEnumerated] visible
// units.
func (r RBM) Entropy() (float64, error) {
	logp, err := r.LogProbabilities()
	if err != nil {
		return 0, err
	}
	var s float64
	for _, l := range logp {
		s -= math.Exp(l) * l
	}
	return s, nil
}

// Sample draws k independent visible states from p(v) exactly, [k][n] values of 0 and 1: the smaller layer from its
// enumerated distribution and, where that is the hidden one, the visible layer given it.
func (r RBM) Sample(k int, rng *rand.Rand) [][]float64 {
	must(r.Validate())
	n, m := len(r.VisibleBias), len(r.HiddenBias)
	byVisible := n <= m
	cdf, units := r.enumerate(byVisible)
	total := floats.LogSumExp(cdf)
	sum := 0.0
	for i, l := range cdf {
		sum += math.Exp(l - total)
		cdf[i] = sum
	}
	rows := newRows(k, n)
	field := make([]float64, n)
	for _, v := range rows {
		state := min(sort.SearchFloat64s(cdf, rng.Float64()*sum), len(cdf)-1)
		if byVisible {
			for i := range v {
				v[i] = float64(state >> i & 1)
			}
			continue
		}
		copy(field, r.VisibleBias)
		for j := range units {
			if state>>j&1 == 1 {
				floats.Add(field, units[j])
			}
		}
		for i := range v {
			if rng.Float64() < 1/(1+math.Exp(-field[i])) {
				v[i] = 1
			}
		}
	}
	return rows
}

// enumerate returns the unnormalised log-probability of every state of the visible or the hidden layer, bit i of the
// index being unit i, and for each unit of that layer its weights to the other layer.
func (r RBM) enumerate(visible bool) (logWeights []float64, units [][]float64) {
	n, m := len(r.VisibleBias), len(r.HiddenBias)
	bias, other := r.HiddenBias, r.VisibleBias
	units = make([][]float64, m)
	if visible {
		bias, other = other, bias
		units = make([][]float64, n)
	}
	for i := range units {
		units[i] = make([]float64, len(other))
		for j := range other {
			if visible {
				units[i][j] = r.Weights[i*m+j]
			} else {
				units[i][j] = r.Weights[j*m+i]
			}
		}
	}
	logWeights = make([]float64, 1<<len(bias))
	fields := newRows(len(bias)+1, len(other))
	copy(fields[len(bias)], other)

	// Depth first over the units, the last one first: every field is a sum of at most len(bias) terms, so that
	// rounding does not build up over the states.
	var visit func(unit, state int, own float64)
	visit = func(unit, state int, own float64) {
		if unit == 0 {
			logWeights[state] = own + sumSoftplus(fields[0])
			return
		}
		i := unit - 1
		copy(fields[i], fields[unit])
		visit(i, state, own)
		floats.AddTo(fields[i], fields[unit], units[i])
		visit(i, state|1<<i, own+bias[i])
	}
	visit(len(bias), 0, 0)
	return logWeights, units
}

// sumSoftplus returns sum_i ln(1 + e^{t_i}) = sum_i max(t_i, 0) + ln prod_i (1 + e^{-|t_i|}), without overflow: the
// factors are at most 2, and the logarithm is taken of at most 512 at a time.
func sumSoftplus(t []float64) float64 {
	var sum float64
	product := 1.0
	for i, x := range t {
		sum += math.Max(x, 0)
		product *= 1 + math.Exp(-math.Abs(x))
		if i%512 == 511 {
			sum += math.Log(product)
			product = 1
		}
	}
	return sum + math.Log(product)
}
