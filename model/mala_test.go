package model

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"calorimeter/model/op"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat/distuv"
	"gorgonia.org/tensor"
)

// Deliberate errors, each made once by hand, and the test that caught it:
//
//	transition densities upside down       TestMALALeavesTheDensityInvariant
//	no transition densities                TestMALALeavesTheDensityInvariant
//	|.|^2/(2h) in the transition density   TestMALALeavesTheDensityInvariant
//	|u|^2 for |u|^2/2 in the ratio         TestMALALeavesTheDensityInvariant
//	f not weighted by beta in the ratio    TestEBMLogWeightsAgainstQuadrature
//	drift up the gradient of f             TestMALALeavesTheDensityInvariant
//	noise sqrt(h)                          TestMALALeavesTheDensityInvariant
//	gradient not kept on acceptance        TestEBMLogWeightsAgainstQuadrature
//	f not kept on acceptance               TestMALALeavesTheDensityInvariant
//	proposal not scaled by sigma           TestEBMLossIsTheContrast
//	weight is plus the work                TestEBMLogWeightsAgainstQuadrature
//	energy -Inf accepted                   TestMALARejectsWhatIsNotFinite
//	chain misnamed                         TestEBMErrors
//	increments of 1/(J-1)                  TestEBMLogWeightsAgainstQuadrature
//	kernel one distribution ahead          TestEBMLogWeightsAgainstQuadrature
//	no ln Z of the reference               TestEBMStartsAtTheReference
//	sigma for sigma^2 in ln Z              TestEBMStartsAtTheReference
//	data and chains both pushed up         TestEBMLossIsTheContrast
//	gauge without 1/2                      TestEBMLossIsTheContrast
//	convolution without a border           TestEBMEnergy
//	slope twice too large                  TestEBMGradientOfWeights
//	bias gradient of the last row alone    TestEBMGradientOfWeights
//	chains not returned to the buffer      TestEBMLossIsTheContrast
//	rows drawn with replacement            TestEBMLossIsTheContrast
//	reference of the contrast upside down  TestEBMLossIsTheContrast
//	step size grows for ever               TestEBMLossIsTheContrast
//	twice as many restarts                 TestEBMReplayBuffer
//	batch not in units of the reference    TestEBMLossIsTheContrast
//	observers change the step size         TestEBMStepSize
//	last layer not 0 at the start          TestEBMStartsAtTheReference
//	|u|^2 for |u|^2/2 in the energy        TestEBMEnergy
//	convolution without a stride           TestEBMEnergy
//	stride along rows forgotten            TestEBMEnergy
//	activation not centred                 TestEBMEnergy

func toyEBM(dim int) EBMSettings {
	return EBMSettings{Dim: dim, Hidden: []int{8}, Mean: 0.4, Sigma: 0.8, Batch: 10, Buffer: 50, EvalBatch: 1000,
		Proposals: 3, Precision: Float64}
}

// quadrature returns the centres of n^dim cells over mu +- 10 sigma, their probabilities, and ln Z.
func quadrature(t *testing.T, m *EBM, n int) (x []float32, p []float64, lnZ float64) {
	dim, width := m.Dim(), 20*m.settings.Sigma/float64(n)
	cells := int(math.Pow(float64(n), float64(dim)))
	for c := range cells {
		for range dim {
			x = append(x, float32(m.settings.Mean-10*m.settings.Sigma+(float64(c%n)+0.5)*width))
			c /= n
		}
	}
	p = make([]float64, cells)
	require.NoError(t, m.Energies(p, x))
	floats.Scale(-1, p)
	lnZ = op.LogSumExp(p)
	op.Softmax(p)
	for i, v := range x {
		if side := math.Abs(float64(v) - m.settings.Mean); side > 9.9*m.settings.Sigma {
			require.Less(t, p[i/dim], 1e-9, "the grid is too small")
		}
	}
	return x, p, lnZ + float64(dim)*math.Log(width)
}

// Chains that begin in exact draws stay there, at any step size.
func TestMALALeavesTheDensityInvariant(t *testing.T) {
	const (
		chains = 60000
		cells  = 128
		fine   = 128 * 50
	)
	m := newEBM(t, toyEBM(1), 1.5)
	x, p, _ := quadrature(t, m, fine)
	cdf := slices.Clone(p)
	for i := range cdf[1:] {
		cdf[i+1] += cdf[i]
	}
	coarse := make([]float64, cells)
	for i, v := range p {
		coarse[i/(fine/cells)] += v
	}
	for _, h := range []float64{0.02, 0.3, 1.2} {
		rng := rand.New(rand.NewPCG(3, uint64(h*100)))
		width := x[1] - x[0]
		state := make([]float32, chains)
		for i := range state {
			at, _ := slices.BinarySearch(cdf, rng.Float64())
			state[i] = x[min(at, fine-1)] + width*(rng.Float32()-0.5)
		}
		m.Use(&Training{Step: h})
		require.NoError(t, m.Move(state, rng))
		accepted, proposed := m.Accepted()
		require.Equal(t, 3*chains, proposed)
		t.Logf("h = %v: acceptance %.3f", h, float64(accepted)/float64(proposed))
		counts := make([]float64, cells)
		for _, v := range state {
			counts[min(max(int((v-x[0])/width+0.5)/(fine/cells), 0), cells-1)]++
		}
		require.Greater(t, chiSquared(t, counts, coarse, chains), 1e-4, "h = %v", h)
	}
	accepted, proposed := m.Accepted()
	require.Zero(t, accepted+proposed, "the count begins anew")
}

// Chains that begin in the reference reach p(.|theta), which is not the reference.
func TestMALAConverges(t *testing.T) {
	chains, moves := 20000, 60
	if testing.Short() {
		chains = 5000
	}
	const cells = 40
	m := newEBM(t, toyEBM(2), 2)
	x, p, _ := quadrature(t, m, cells)
	rng := rand.New(rand.NewPCG(5, 6))
	state := make([]float32, 2*chains)
	require.NoError(t, m.Start(state, nil, rng))
	histogram := func() []float64 {
		counts := make([]float64, cells*cells)
		for i := range chains {
			column := func(v float32) int { return min(max(int((v-x[0])/(x[2]-x[0])+0.5), 0), cells-1) }
			counts[column(state[2*i])+cells*column(state[2*i+1])]++
		}
		return counts
	}
	require.Less(t, chiSquared(t, histogram(), p, chains), 1e-9, "the test could not fail")
	m.Use(&Training{Step: 0.3})
	for range moves {
		require.NoError(t, m.Move(state, rng))
	}
	require.Greater(t, chiSquared(t, histogram(), p, chains), 1e-4)
}

// With few distributions weights are wide, and any error of the kernels or of the sum shows in their mean.
func TestEBMLogWeightsAgainstQuadrature(t *testing.T) {
	repeats := 40
	if testing.Short() {
		repeats = 10
	}
	for _, dim := range []int{1, 2} {
		m := newEBM(t, toyEBM(dim), 1.5)
		_, _, lnZ := quadrature(t, m, 400)
		for _, distributions := range []int{1, 2, 8, 40} {
			var chi2, spread float64
			for r := range repeats {
				w := make([]float64, 1000)
				require.NoError(t, m.LogWeights(w, distributions, rand.New(rand.NewPCG(uint64(r), uint64(distributions)))))
				var sum, squares float64
				for _, v := range w {
					e := math.Exp(v-lnZ) - 1
					sum, squares = sum+e/1000, squares+e*e/1000
				}
				chi2 += sum * sum / ((squares - sum*sum) / 999)
				spread += math.Sqrt(squares) / float64(repeats)
			}
			p := distuv.ChiSquared{K: float64(repeats)}.Survival(chi2)
			t.Logf("d = %d, %d distributions: sum of z^2 %.1f over %d, spread of Z %.2f",
				dim, distributions, chi2, repeats, spread)
			require.Greater(t, p, 1e-4)
		}
	}
}

func TestEBMLogWeightsAreSeeded(t *testing.T) {
	m := newEBM(t, toyEBM(2), 2)
	a, b := make([]float64, 3), make([]float64, 3)
	require.NoError(t, m.LogWeights(a, 4, rand.New(rand.NewPCG(1, 1))))
	require.NoError(t, m.LogWeights(b, 4, rand.New(rand.NewPCG(1, 1))))
	require.Equal(t, a, b)
	require.ErrorContains(t, m.LogWeights(a, 0, rand.New(rand.NewPCG(1, 1))), "0 distributions")
}

// A network of one unit that overflows float32 for u above about 1: f = -Inf there would be the best state of all.
func TestMALARejectsWhatIsNotFinite(t *testing.T) {
	m, err := NewEBM(EBMSettings{Dim: 1, Hidden: []int{1}, Sigma: 1, Batch: 1})
	require.NoError(t, err)
	fill(m.weights[0], func(int) float64 { return 1 })
	fill(m.last, func(int) float64 { return -1e38 })
	x := []float32{-0.5}
	m.Use(&Training{Step: 1e-36}) // the drift is h 1e38 or so
	require.NoError(t, m.Move(x, rand.New(rand.NewPCG(1, 2))))
	accepted, proposed := m.Accepted()
	require.Zero(t, accepted)
	require.Equal(t, 10, proposed)
	require.Equal(t, float32(-0.5), x[0])

	m.last.Zero()
	m.Use(&Training{Step: 1e200}) // proposals beyond float32
	require.NoError(t, m.Move(x, rand.New(rand.NewPCG(1, 2))))
	require.Equal(t, float32(-0.5), x[0])
}

func TestEBMErrors(t *testing.T) {
	s := EBMSettings{Dim: 4, Hidden: []int{3}, Sigma: 1, Batch: 2, Buffer: 6}
	m := newEBM(t, s, 0.5)
	rng := rand.New(rand.NewPCG(1, 2))
	batch := make([]float32, 8)

	_, err := m.Loss(batch)
	require.ErrorContains(t, err, "call Use with what NewTraining returned")
	m.Use(&Training{Chains: make([]float32, 8), Step: 1, Stream: rand.NewPCG(1, 2)})
	_, err = m.Loss(batch)
	require.ErrorContains(t, err, "6 chains of 4")
	require.Panics(t, func() { _, _ = m.Loss(batch[:4]) })
	require.Panics(t, func() { _ = m.Move(batch[:3], rng) })

	training, err := m.NewTraining(nil, rand.NewPCG(3, 4))
	require.NoError(t, err)
	m.Use(training)
	x := make([]float32, 70*4) // in the second batch of rows
	x[67*4+2] = float32(math.Inf(-1))
	require.ErrorContains(t, m.Move(x, rng), "component 2 of chain 67 is -Inf")
	x[67*4+2] = 1e30 // its square is beyond float32
	require.ErrorContains(t, m.Move(x, rng), "the energy of chain 67")

	fill(m.last, func(int) float64 { return math.NaN() })
	_, err = m.Loss(batch)
	require.ErrorContains(t, err, "training chain: model: the energy of chain 0")
	require.ErrorContains(t, err, "smaller learning rate")
	_, err = m.NewTraining(nil, rand.NewPCG(3, 4))
	require.ErrorContains(t, err, "not finite")
	require.ErrorContains(t, m.LogWeights(make([]float64, 2), 3, rng), "not finite")

	fill(m.last, func(i int) float64 { return 1e14 * float64(i+1) })
	_, err = m.NewTraining(nil, rand.NewPCG(3, 4))
	require.ErrorContains(t, err, "no longer accept")
	training.Step = smallestStep
	_, err = m.Loss(batch)
	require.ErrorContains(t, err, "no longer accept")
}

// The step is adapted to the acceptance of the training chains, and to nothing else.
func TestEBMStepSize(t *testing.T) {
	for _, sd := range []float64{0, 3} {
		m := newEBM(t, EBMSettings{Dim: 50, Hidden: []int{20}, Mean: 0.2, Sigma: 0.5, Batch: 20, Buffer: 300, Langevin: 5},
			sd)
		training, err := m.NewTraining(nil, rand.NewPCG(3, 4))
		require.NoError(t, err)
		require.Len(t, training.Chains, 300*50)
		m.Use(training)
		acceptance := func() float64 {
			h, rng := training.Step, rand.New(rand.NewPCG(5, 6))
			x := slices.Clone(training.Chains)
			for range 10 {
				require.NoError(t, m.Move(x, rng))
			}
			require.Equal(t, h, training.Step, "an observer changed the step size")
			accepted, proposed := m.Accepted()
			return float64(accepted) / float64(proposed)
		}
		require.InDelta(t, targetAcceptance, acceptance(), 0.08, "sd %v, h %v", sd, training.Step)
		training.Step *= 4
		batch := make([]float32, 20*50)
		for range 150 {
			_, err := m.Loss(batch)
			require.NoError(t, err)
		}
		require.InDelta(t, targetAcceptance, acceptance(), 0.08, "sd %v, h %v", sd, training.Step)
	}
}

func TestEBMReplayBuffer(t *testing.T) {
	m := newEBM(t, EBMSettings{Dim: 3, Hidden: []int{2}, Sigma: 1, Batch: 40, Buffer: 100, Restart: 0.1}, 1)
	buffer := make([]float32, 300)
	for i := range buffer {
		buffer[i] = 1000 + float32(i/3) // no draw from the reference
	}
	rng := rand.New(rand.NewPCG(1, 2))
	var restarts, uses [100]int
	const rounds = 2000
	for range rounds {
		m.borrow(buffer, rng)
		used := m.order[:40]
		for i, r := range used {
			uses[r]++
			if v := m.negatives[3*i]; v != buffer[3*r] {
				require.Less(t, math.Abs(float64(v)), 10.0)
				restarts[r]++
			}
		}
		distinct := slices.Clone(used)
		slices.Sort(distinct)
		require.Len(t, slices.Compact(distinct), 40)
	}
	total := 0
	for r := range uses {
		require.InDelta(t, 0.4*rounds, uses[r], 5*math.Sqrt(rounds*0.24))
		total += restarts[r]
	}
	require.InDelta(t, 0.1*40*rounds, total, 5*math.Sqrt(40*rounds*0.09))

	never := newEBM(t, EBMSettings{Dim: 3, Hidden: []int{2}, Sigma: 1, Batch: 40, Restart: -1}, 1)
	never.borrow(make([]float32, 3000), rng)
	require.Equal(t, make([]float32, 120), never.negatives)
}

func TestEBMFloat32AgreesWithFloat64(t *testing.T) {
	for _, net := range []string{"mlp", "conv"} {
		s := EBMSettings{Dim: 196, Net: net, Hidden: []int{16, 8}, Mean: 0.1, Sigma: 0.4, Batch: 2}
		single := newEBM(t, s, 1)
		s.Precision = Float64
		double := newEBM(t, s, 1)
		for i, p := range double.Params() {
			w := single.Params()[i].Value().(*tensor.Dense)
			fill(p.Value().(*tensor.Dense), func(j int) float64 { return at(w, j) })
		}
		x := make([]float32, 70*196)
		require.NoError(t, single.Start(x, nil, rand.New(rand.NewPCG(1, 2))))
		a, b := make([]float64, 70), make([]float64, 70)
		require.NoError(t, single.Energies(a, x))
		require.NoError(t, double.Energies(b, x))
		require.InDeltaSlice(t, b, a, 1e-4)
	}
}
