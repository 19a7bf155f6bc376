package thermo

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/floats"
	"pgregory.net/rapid"
)

// Each formula was broken once by hand; what noticed (files cycle, cycle_temperature):
//
//	deliberate error                             caught by
//	heat in with its sign changed                CycleOfTwoLabels, CycleKeepsTheLaws
//	work averaged over p for q                   CycleOfTwoLabels, CycleKeepsTheLaws
//	heat out at the old energies                 CycleOfTwoLabels, CycleKeepsTheLaws
//	free energy + ln Z                           CycleOfTwoLabels, CycleKeepsTheLaws
//	KL(q||p) with its sign changed               CycleOfTwoLabels, CycleKeepsTheLaws, CycleLedgerSumsAndWindows
//	KL(q||p') averaged over p'                   CycleOfTwoLabels, CycleKeepsTheLaws
//	efficiency relative to what is left          CycleOfTwoLabels, CycleLedgerSumsAndWindows, CycleNamesMatchTheirValues
//	work extracted with its sign changed         CycleOfTwoLabels, CycleKeepsTheLaws
//	entropy production + Q_out                   CycleOfTwoLabels, CycleKeepsTheLaws
//	targets of float32 not normalised            CycleRefusesBadInput
//	mean over samples and labels                 CycleOfTwoLabels, CycleLedgerSumsAndWindows
//	beta for tau                                 CycleOfTwoLabels, EffectiveTemperature
//	entropy of degenerate ground states left out EffectiveTemperature

// Two labels by hand. E = (0, ln 3) gives Z = 4/3, p = (3/4, 1/4); E' = (0, ln 2) gives Z' = 3/2, p' = (2/3, 1/3).
//
// Sample 0, q = (1/2, 1/2):
//
//	QIn  = (1/4) ln 3,  Work = (1/2) ln(2/3),  QOut = (1/3 - 1/2) ln 2 = -(1/6) ln 2
//	DeltaF = ln(4/3) - ln(3/2) = ln(8/9)
//	KL(q||p)  = (1/2) ln((1/2)/(3/4)) + (1/2) ln((1/2)/(1/4)) = (1/2) ln(4/3)
//	KL(q||p') = (1/2) ln((1/2)/(2/3)) + (1/2) ln((1/2)/(1/3)) = (1/2) ln(9/8)
//	Work - DeltaF = (1/2) ln(2/3) + ln(9/8) = (1/2) ln(27/32) = KL(q||p') - KL(q||p)
//	efficiency = ln(32/27)/ln(4/3) = 0.590579
//	S(p) = 2 ln 2 - (3/4) ln 3,  S(q) = ln 2,  S(p') = ln 3 - (2/3) ln 2;  tau of q: infinite
//
// Sample 1, q = (9/10, 1/10) = softmax(-2 E), hence tau = 1/2 among E; among E' it is softmax(-log2(9) E'), tau =
// 1/log2(9):
//
//	QIn = (1/10 - 1/4) ln 3,  Work = (1/10) ln(2/3),  QOut = (1/3 - 1/10) ln 2
func TestCycleOfTwoLabels(t *testing.T) {
	ln := math.Log
	e, e2 := []float64{0, ln(3)}, []float64{0, ln(2)}
	c, err := NewCycle(2, e, []float64{0.5, 0.5}, e2)
	require.NoError(t, err)
	for name, v := range map[string][2]float64{
		"QIn": {ln(3) / 4, c.QIn}, "Work": {ln(2.0/3) / 2, c.Work},
		"QOut": {-ln(2) / 6, c.QOut}, "DeltaF": {ln(8.0 / 9), c.DeltaF},
		"KLBefore": {ln(4.0/3) / 2, c.KLBefore}, "KLAfter": {ln(9.0/8) / 2, c.KLAfter},
		"Extracted": {ln(32.0/27) / 2, c.Extracted()}, "Efficiency": {ln(32.0/27) / ln(4.0/3), c.Efficiency()},
		"EntropyP": {2*ln(2) - 0.75*ln(3), c.EntropyP}, "EntropyQ": {ln(2), c.EntropyQ},
		"EntropyP2": {ln(3) - ln(2)*2/3, c.EntropyP2}, "EnergyP": {ln(3) / 4, c.EnergyP},
		"EnergyQ": {ln(3) / 2, c.EnergyQ}, "EnergyQ2": {ln(2) / 2, c.EnergyQ2},
		"EnergyP2": {ln(2) / 3, c.EnergyP2},
	} {
		assert.InDelta(t, v[0], v[1], 1e-14, name)
	}
	assert.InDelta(t, 0.590579, c.Efficiency(), 1e-6)
	measure, thermalise := c.production()
	assert.InDelta(t, -ln(4.0/3)/2, measure, 1e-14)
	assert.InDelta(t, ln(9.0/8)/2, thermalise, 1e-14)
	before, after := -(ln(3.0/4)+ln(1.0/4))/2, -(ln(2.0/3)+ln(1.0/3))/2
	assert.Less(t, c.LossResidual(before, after), 1e-14)
	assert.InDelta(t, 0.1/after, c.LossResidual(after+0.1, after)+(before-after)/after, 1, "scale")
	assert.True(t, math.IsNaN(c.TauQ), "not asked for")

	l := NewCycleLedger(2)
	l.Temperatures = true
	require.NoError(t, l.Record(append(e, e...), []float64{0.5, 0.5, 0.9, 0.1}, append(e2, e2...)))
	assert.InDelta(t, (ln(3)/4-0.15*ln(3))/2, l.Last.QIn, 1e-14, "mean over samples")
	assert.InDelta(t, (ln(2.0/3)/2+ln(2.0/3)/10)/2, l.Last.Work, 1e-14)
	assert.InDelta(t, (1.0/3-0.1)*ln(2), l.Samples[1].QOut, 1e-14)
	one := NewCycleLedger(2)
	one.Temperatures = true
	require.NoError(t, one.Record(e, []float64{0.9, 0.1}, e2))
	assert.InDelta(t, 0.5, one.Last.TauQ, 1e-10)
	assert.InDelta(t, 1/math.Log2(9), one.Last.TauQ2, 1e-10)
}

// logPartition returns the lowest energy and ln sum_k exp(-beta (E_k - lowest)).
func logPartition(energy []float64, beta float64) (lowest, lnZ float64) {
	lowest = math.Inf(1)
	for _, e := range energy {
		lowest = min(lowest, e)
	}
	z := 0.0
	for _, e := range energy {
		z += math.Exp(beta * (lowest - e))
	}
	return lowest, math.Log(z)
}

func TestCycleNamesMatchTheirValues(t *testing.T) {
	c := Cycle{EnergyP: 1, EnergyQ: 2, EnergyQ2: 3, EnergyP2: 4, EntropyP: 5, EntropyQ: 6, EntropyP2: 7,
		QIn: 8, Work: 9, QOut: 10, DeltaF: 11, KLBefore: 12, KLAfter: 13, TauQ: 14, TauQ2: 15}
	values := map[string]float64{}
	for i, name := range CycleNames() {
		values[name] = c.Values()[i]
	}
	assert.Equal(t, map[string]float64{
		"energy_p": 1, "energy_q": 2, "energy_q2": 3, "energy_p2": 4, "entropy_p": 5, "entropy_q": 6, "entropy_p2": 7,
		"q_in": 8, "work": 9, "q_out": 10, "delta_f": 11, "kl_before": 12, "kl_after": 13, "tau_q": 14, "tau_q2": 15,
		"extracted": 2, "efficiency": 2.0 / 12, "sigma_measure": 6 - 5 - 8, "sigma_thermalise": 7 - 6 - 10,
	}, values)
}

// drawCycle draws energies of any size, with forbidden labels, and targets sharp or not.
func drawCycle(t *rapid.T) (labels int, energy, target, newEnergy []float64) {
	labels = rapid.IntRange(2, 7).Draw(t, "labels")
	e := rapid.Float64Range(-1, 1)
	scale := rapid.SampledFrom([]float64{1e-3, 1, 30, 1e3}).Draw(t, "scale")
	for range rapid.IntRange(1, 5).Draw(t, "samples") {
		row, sum := make([]float64, labels), 0.0
		forbidden := rapid.IntRange(-2, labels-1).Draw(t, "forbidden")
		for k := range labels {
			a, b := scale*e.Draw(t, "E"), scale*e.Draw(t, "E'")
			if k == forbidden {
				a, b = math.Inf(1), math.Inf(1)
			} else {
				row[k] = rapid.SampledFrom([]float64{0, 1e-9, 0.3, 1, 4}).Draw(t, "q")
			}
			sum += row[k]
			energy, newEnergy = append(energy, a), append(newEnergy, b)
		}
		if sum == 0 {
			row[(forbidden+labels+1)%labels], sum = 1, 1
		}
		for k := range row {
			row[k] /= sum
		}
		target = append(target, row...)
	}
	return labels, energy, target, newEnergy
}

func TestCycleKeepsTheLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		labels, energy, target, newEnergy := drawCycle(t)
		c, err := NewCycle(labels, energy, target, newEnergy)
		require.NoError(t, err)
		assert.Less(t, c.FirstLaw, 1e-12)
		assert.Less(t, c.Demon, 1e-12)

		// The same from the definitions, one sample and label at a time.
		var loss, loss2, energyChange, purchase float64
		n := len(energy) / labels
		for i := range n {
			row, row2 := energy[i*labels:][:labels], newEnergy[i*labels:][:labels]
			lo, lnZ := logPartition(row, 1)
			lo2, lnZ2 := logPartition(row2, 1)
			for k, q := range target[i*labels:][:labels] {
				if math.IsInf(row[k], 1) {
					continue
				}
				lnP, lnP2 := lo-row[k]-lnZ, lo2-row2[k]-lnZ2
				loss -= q * lnP / float64(n)
				loss2 -= q * lnP2 / float64(n)
				energyChange += (math.Exp(lnP2)*row2[k] - math.Exp(lnP)*row[k]) / float64(n)
				if q > 0 {
					purchase += q * (math.Log(q) - lnP) / float64(n)
				}
			}
		}
		scale := max(1, math.Abs(loss), math.Abs(loss2), math.Abs(c.EnergyP), math.Abs(c.EnergyQ))
		assert.InDelta(t, loss-loss2, c.Extracted(), 1e-11*scale)
		assert.InDelta(t, energyChange, c.QIn+c.Work+c.QOut, 1e-11*scale)
		assert.InDelta(t, purchase, c.KLBefore, 1e-11*scale)
		assert.Less(t, c.LossResidual(loss, loss2), 1e-11)

		measure, thermalise := c.production()
		assert.InDelta(t, -c.KLBefore, measure, 1e-11*scale)
		assert.InDelta(t, c.KLAfter, thermalise, 1e-11*scale)
		assert.InDelta(t, c.Work-c.DeltaF, measure+thermalise, 1e-11*scale, "the strokes make up the cycle")
		if c.KLBefore > 1e-9*scale {
			assert.LessOrEqual(t, c.Efficiency(), 1+1e-9)
		}

		for i := range energy { // another zero of the energies
			newEnergy[i] += 3
		}
		moved, err := NewCycle(labels, energy, target, newEnergy)
		require.NoError(t, err)
		assert.InDelta(t, c.Work+3, moved.Work, 1e-11*scale)
		assert.InDelta(t, c.Extracted(), moved.Extracted(), 1e-11*scale)
		assert.InDelta(t, c.KLAfter, moved.KLAfter, 1e-11*scale)
	})
}

// A target that is already the Gibbs state buys nothing, and a step that does nothing extracts nothing.
func TestCycleWithoutInformation(t *testing.T) {
	e := []float64{0.3, -1, 2}
	p := make([]float64, 3)
	gibbs(p, e)
	c, err := NewCycle(3, e, p, e)
	require.NoError(t, err)
	assert.InDelta(t, 0, c.KLBefore, 1e-15)
	assert.Zero(t, c.Extracted())
	assert.True(t, math.IsNaN(Cycle{}.Efficiency()))
}

func TestCycleRefusesBadInput(t *testing.T) {
	good, inf := []float64{0, 1, 2, 3}, math.Inf(1)
	q := []float64{0.5, 0.5, 1, 0}
	for _, c := range []struct {
		energy, target, newEnergy []float64
		want                      string
	}{
		{energy: []float64{0, 1, math.NaN(), 3}, target: q, newEnergy: good,
			want: "thermo: cycle 0: sample 1 of 2: energy of label 0 of 2 before the step is NaN"},
		{energy: good, target: q, newEnergy: []float64{0, inf, 2, 3},
			want: "sample 0 of 2: energy of label 1 of 2 after the step is +Inf"},
		{energy: []float64{0, 1, inf, 3}, target: q, newEnergy: []float64{0, 1, inf, 3},
			want: "sample 1 of 2: energy of label 0 of 2 before the step is +Inf"},
		{energy: good, target: []float64{0.5, 0.5, 0.6, 0.3}, newEnergy: good,
			want: "sample 1 of 2: the targets sum to 0.8999"},
		{energy: good, target: []float64{1.5, -0.5, 1, 0}, newEnergy: good,
			want: "sample 0 of 2: target of label 1 of 2 is -0.5"},
		{energy: good, target: []float64{math.NaN(), 1, 1, 0}, newEnergy: good, want: "target of label 0 of 2 is NaN"},
		{energy: []float64{0, 1.7e308, 2, 3}, target: q, newEnergy: []float64{0, -1.7e308, 2, 3}, want: "too large"},
	} {
		_, err := NewCycle(2, c.energy, c.target, c.newEnergy)
		assert.ErrorContains(t, err, c.want)
	}
	l := NewCycleLedger(2)
	require.NoError(t, l.Record(good, q, good))
	total := l.Total.Values()
	assert.ErrorContains(t, l.Record(good, []float64{1, 1, 1, 0}, good), "cycle 1")
	assert.Equal(t, total[:13], l.Total.Values()[:13], "an error leaves the sums as they were")
	assert.Equal(t, 1, l.Steps)
	assert.Panics(t, func() { _ = l.Record(good, q, good[:2]) })
	assert.Panics(t, func() { _ = l.Record(nil, nil, nil) })
	assert.Panics(t, func() { NewCycleLedger(1) })
	// Rows in float32 sum to 1 to 1e-7 only; the books close all the same.
	third := float64(float32(1) / 3)
	c, err := NewCycle(3, []float64{1e3, 0, -1e3}, []float64{third, third, third}, []float64{-2e3, 0, 1e3})
	require.NoError(t, err)
	assert.Less(t, c.FirstLaw+c.Demon, 1e-13)
}

// gibbs writes the Gibbs state of the energies into p.
func gibbs(p, energy []float64) {
	_, z := gibbsWeights(p, energy)
	floats.Scale(1/z, p)
}

func randomCycle(rng *rand.Rand, samples, labels int) (energy, target, newEnergy []float64) {
	for range samples {
		lnq := make([]float64, labels)
		for k := range labels {
			lnq[k] = 2 * rng.NormFloat64()
			energy = append(energy, 2*rng.NormFloat64())
			newEnergy = append(newEnergy, energy[len(energy)-1]+0.1*rng.NormFloat64())
		}
		gibbs(lnq, lnq)
		target = append(target, lnq...)
	}
	return energy, target, newEnergy
}

// The Gibbs state at inverse temperature beta must come out at tau = 1/beta, for one sample and for several in contact.
func TestEffectiveTemperature(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for _, labels := range []int{2, 5, 160} {
		for _, beta := range []float64{1e-3, 0.1, 0.7, 1, 3, 20} {
			for _, samples := range []int{1, 8} {
				e, _, _ := randomCycle(rng, samples, labels)
				if labels > 2 {
					e[0] = math.Inf(1)
				}
				entropy := 0.0
				for i := range samples {
					row := e[i*labels:][:labels]
					lo, lnZ := logPartition(row, beta)
					for _, v := range row {
						if lnP := beta*(lo-v) - lnZ; !math.IsInf(lnP, -1) {
							entropy -= math.Exp(lnP) * lnP / float64(samples)
						}
					}
				}
				if entropy < 1e-4 {
					continue // all ground states, to rounding
				}
				tau := effectiveTemperature(e, labels, entropy, make([]float64, len(e)))
				assert.InEpsilon(t, 1/beta, tau, 1e-5/min(1, beta*beta*1e5), "K = %d, beta = %v, N = %d", labels, beta, samples)
			}
		}
	}
	e := []float64{0, 0, 1, 5, 2, 2, 2, 7}
	for entropy, want := range map[float64]float64{
		math.Log(4): math.Inf(1), 0: 0, (math.Log(2) + math.Log(3)) / 2: 0, // the ground states
	} {
		assert.Equal(t, want, effectiveTemperature(e, 4, entropy, make([]float64, len(e))), "entropy %v", entropy)
	}
}
