package model

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// LogWeights implements [Annealer] by annealed importance sampling for restricted Boltzmann machines (Salakhutdinov &
// Murray, ICML 2008). The chains start in the base-rate machine, which has no weights, no hidden biases and the visible
// biases a (VisibleBias of the settings, or the present b where there are none), so that its ln Z is known:
//
//	ln Z_0 = sum_i softplus(a_i) + H ln 2,
//
// and pass n = distributions machines with beta = 1/n, 2/n, ..., 1 between it and this one:
//
//	F_beta(v) = -((1-beta) a + beta b).v - sum_j softplus(beta (c_j + (v W)_j)).
//
// A chain's log weight is ln Z_0 - sum_k [ F_k(v_{k-1}) - F_{k-1}(v_{k-1}) ], minus the work of the path; v_k comes
// from v_{k-1} by one block Gibbs sweep at beta_k. The nearer the path to equilibrium, that is, the more distributions,
// the less the weights spread; n = 1 is plain importance sampling. The mean of exp(dst) is unbiased, its logarithm is
// on average too low.
//
// It returns an error for fewer than one distribution, or weights that are not finite.
func (m *RBM) LogWeights(dst []float64, distributions int, rng *rand.Rand) error {
	if distributions < 1 {
		return fmt.Errorf("model: rbm: annealing along %d distributions; it takes 1 or more", distributions)
	}
	m.gibbs.load(m.w, m.b, m.c)
	a := newAnnealing(m.gibbs, m.settings.VisibleBias, min(len(dst), gibbsRows))
	for rest := dst; len(rest) > 0; {
		rows := min(gibbsRows, len(rest))
		if err := a.run(rest[:rows], distributions, rng); err != nil {
			return m.diverged(err)
		}
		rest = rest[rows:]
	}
	return nil
}

// annealing is the scratch of LogWeights.
type annealing struct {
	*gibbs
	base  []float32 // a
	shift []float64 // b - a
	bias  []float32 // (1-beta) a + beta b
	v, z  []float32 // chains and the logits of their hidden units
}

func newAnnealing(g *gibbs, base []float64, rows int) *annealing {
	a := &annealing{
		gibbs: g, base: make([]float32, g.dim), shift: make([]float64, g.dim), bias: make([]float32, g.dim),
		v: make([]float32, rows*g.dim), z: make([]float32, rows*g.hidden),
	}
	copy(a.base, g.b)
	for i, v := range base {
		a.base[i] = float32(v)
		a.shift[i] = float64(g.b[i]) - float64(a.base[i])
	}
	return a
}

// run carries len(dst) chains from the base to the machine and writes their log weights.
func (a *annealing) run(dst []float64, distributions int, rng *rand.Rand) error {
	v, z := a.v[:len(dst)*a.dim], a.z[:len(dst)*a.hidden]
	lnZ0 := float64(a.hidden) * math.Ln2
	for _, b := range a.base {
		lnZ0 += softplus64(float64(b))
	}
	for i := range dst {
		dst[i] = lnZ0
	}
	if !drawIndependent(v, a.base, rng) {
		return errNotANumber
	}
	for k := 1; ; k++ {
		from, to := float64(k-1)/float64(distributions), float64(k)/float64(distributions)
		a.hiddenLogits(z, v)
		for i := range dst {
			dst[i] += softplusGain(z[i*a.hidden:(i+1)*a.hidden], from, to)
			var shift float64
			for j, x := range v[i*a.dim : (i+1)*a.dim] {
				shift += a.shift[j] * float64(x)
			}
			dst[i] += (to - from) * shift
		}
		if k == distributions {
			break
		}
		for i, b := range a.base {
			a.bias[i] = float32(float64(b) + to*a.shift[i])
		}
		if !drawBits(z, to, rng) {
			return errNotANumber
		}
		a.visibleLogits(v, z, a.bias, float32(to))
		if !drawBits(v, 1, rng) {
			return errNotANumber
		}
	}
	for i, w := range dst {
		if math.IsNaN(w) || math.IsInf(w, 0) {
			return fmt.Errorf("the log importance weight of chain %d is %v", i, w)
		}
	}
	return nil
}
