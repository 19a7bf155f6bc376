package testsystems

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"
)

func drawChain(r *rapid.T) BeadChain {
	return BeadChain{
		Beads:     rapid.IntRange(2, 7).Draw(r, "beads"),
		Stiffness: rapid.Float64Range(0.3, 3).Draw(r, "stiffness"),
		Friction:  rapid.Float64Range(0.3, 3).Draw(r, "friction"),
		Cold:      rapid.Float64Range(0.2, 3).Draw(r, "cold"),
		Hot:       rapid.Float64Range(0.2, 10).Draw(r, "hot"),
	}
}

// chainMatrices returns A and D written out from the equations of motion.
func chainMatrices(b BeadChain) (a, d *mat.Dense) {
	n := b.Beads
	a, d = mat.NewDense(n, n, nil), mat.NewDense(n, n, nil)
	for i := range n {
		a.Set(i, i, -2*b.Stiffness/b.Friction)
		if i+1 < n {
			a.Set(i, i+1, b.Stiffness/b.Friction)
			a.Set(i+1, i, b.Stiffness/b.Friction)
		}
		d.Set(i, i, b.temperature(i)/b.Friction)
	}
	return a, d
}

func TestBeadChainFigures(t *testing.T) {
	chain := func(beads int) BeadChain { return BeadChain{Beads: beads, Stiffness: 1, Friction: 1, Cold: 1, Hot: 10} }
	assert.InDelta(t, 2.025, chain(2).EntropyProductionRate(), 1e-12)
	assert.InDelta(t, 0.629817, chain(5).EntropyProductionRate(), 5e-7)
	for i, want := range []float64{1, 4, 7, 10} {
		assert.Equal(t, want, chain(4).temperature(i))
	}
}

func TestBeadChainTwoBeads(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		b := drawChain(r)
		b.Beads = 2
		want := b.Stiffness * (b.Hot - b.Cold) * (b.Hot - b.Cold) / (4 * b.Friction * b.Hot * b.Cold)
		assert.InDelta(r, want, b.EntropyProductionRate(), 1e-10*(1+want))
	})
}

// The Lyapunov equation as n^2 linear equations, and the entropy production as the mean square of the local velocity
// and as the heat that the baths take in, each over its temperature.
func TestBeadChainAgainstMatrices(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		b := drawChain(r)
		n := b.Beads
		a, d := chainMatrices(b)
		big, right := mat.NewDense(n*n, n*n, nil), mat.NewVecDense(n*n, nil)
		for i := range n {
			for j := range n {
				right.SetVec(i*n+j, -2*d.At(i, j))
				for k := range n {
					big.Set(i*n+j, k*n+j, big.At(i*n+j, k*n+j)+a.At(i, k))
					big.Set(i*n+j, i*n+k, big.At(i*n+j, i*n+k)+a.At(j, k))
				}
			}
		}
		var solved mat.VecDense
		require.NoError(r, solved.SolveVec(big, right))
		c := mat.NewDense(n, n, solved.RawVector().Data)
		assert.True(r, mat.EqualApprox(c, b.covariance(0), 1e-9))

		var inv, u, uc, ucu mat.Dense
		require.NoError(r, inv.Inverse(c))
		u.Mul(d, &inv)
		u.Add(&u, a)
		uc.Mul(&u, c)
		ucu.Mul(&uc, u.T())
		var aca mat.Dense
		aca.Product(a, c, a)
		var local, heat float64
		for i := range n {
			local += ucu.At(i, i) / d.At(i, i)
			taken := b.Friction*aca.At(i, i) + b.Friction*a.At(i, i)*d.At(i, i) // <F o dx>/dt, F = gamma A x
			heat += taken / b.temperature(i)
		}
		got := b.EntropyProductionRate()
		assert.InDelta(r, local, got, 1e-8*(1+got))
		assert.InDelta(r, heat, got, 1e-8*(1+got))

		turned := b
		turned.Cold, turned.Hot = b.Hot, b.Cold
		assert.InDelta(r, got, turned.EntropyProductionRate(), 1e-8*(1+got), "left and right are alike")
		turned.Hot = turned.Cold
		assert.InDelta(r, 0, turned.EntropyProductionRate(), 1e-9, "no gradient, no dissipation")
	})
}

// The stationary state of the scheme by iterating it, and E ln p(x'|x)/p(x|x') from the joint covariance of (x, x').
func TestBeadChainDiscreteAgainstMatrices(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		b := drawChain(r)
		b.Beads = min(b.Beads, 4)
		n := b.Beads
		dt := rapid.Float64Range(0.1, 0.45).Draw(r, "step") * b.Friction / b.Stiffness
		require.NoError(r, b.ValidateStep(dt))
		a, d := chainMatrices(b)
		m := mat.NewDense(n, n, nil)
		m.Scale(dt, a)
		for i := range n {
			m.Set(i, i, m.At(i, i)+1)
		}
		c := mat.NewDense(n, n, nil)
		for range 2000 {
			var next mat.Dense
			next.Product(m, c, m)
			for i := range n {
				next.Set(i, i, next.At(i, i)+2*dt*d.At(i, i))
			}
			c.Copy(&next)
		}
		assert.True(r, mat.EqualApprox(c, b.covariance(dt), 1e-8))
		var cross mat.Dense
		cross.Mul(m, c) // E x' x^T
		var mc, mcm, back mat.Dense
		mc.Mul(m, &cross)    // E (M x') x^T
		mcm.Product(m, c, m) // E (M x')(M x')^T
		back.Sub(c, &mc)     // E x x^T - E M x' x^T
		back.Sub(&back, mc.T())
		back.Add(&back, &mcm)
		var want float64
		for i := range n {
			want += (back.At(i, i)/d.At(i, i) - 2*dt) / (4 * dt * dt)
		}
		got := b.DiscreteEntropyProductionRate(dt)
		assert.InDelta(r, want, got, 1e-7*(1+got))
	})
}

func TestBeadChainLimitOfSmallSteps(t *testing.T) {
	b := BeadChain{Beads: 5, Stiffness: 1, Friction: 1, Cold: 1, Hot: 10}
	sigma := b.EntropyProductionRate()
	coarse, fine := b.DiscreteEntropyProductionRate(1e-2)-sigma, b.DiscreteEntropyProductionRate(1e-3)-sigma
	assert.InDelta(t, 10, coarse/fine, 0.2, "the error is of first order")
	assert.InDelta(t, sigma, b.DiscreteEntropyProductionRate(1e-9), 1e-8)
	assert.InDelta(t, b.covariance(0).At(1, 3), b.covariance(1e-9).At(1, 3), 1e-7)
}

func TestBeadChainTrajectory(t *testing.T) {
	b := BeadChain{Beads: 3, Stiffness: 1.5, Friction: 0.8, Cold: 1, Hot: 6}
	const steps, dt = 200, 0.05
	c := b.covariance(dt)
	seeds := 1500
	if testing.Short() {
		seeds = 300
	}
	names := []string{
		"entropy production", "first 00", "first 01", "first 02", "first 22", "last 01", "last 22", "p(x'|x)",
	}
	var expected float64 // E ln p(x'|x) is minus the entropy of the noise
	for i := range b.Beads {
		expected -= (ln2PiE + math.Log(2*dt*b.diffusion(i))) / 2
	}
	truths := []float64{
		b.DiscreteEntropyProductionRate(dt), c.At(0, 0), c.At(0, 1), c.At(0, 2), c.At(2, 2), c.At(0, 1), c.At(2, 2), expected,
	}
	zScores(t, seeds, names, truths, func(rng *rand.Rand) []float64 {
		path, err := b.Trajectory(steps, dt, rng)
		require.NoError(t, err)
		require.Len(t, path, steps+1)
		var sigma, forward float64
		for i := range steps {
			ahead := b.LogTransition(path[i], path[i+1], dt)
			forward += ahead / steps
			sigma += (ahead - b.LogTransition(path[i+1], path[i], dt)) / (steps * dt)
		}
		x, y := path[0], path[steps]
		return []float64{sigma, x[0] * x[0], x[0] * x[1], x[0] * x[2], x[2] * x[2], y[0] * y[1], y[2] * y[2], forward}
	})
	again, err := b.Trajectory(5, dt, seeded(1))
	require.NoError(t, err)
	same, err := b.Trajectory(5, dt, seeded(1))
	require.NoError(t, err)
	assert.Equal(t, again, same, "one seed, one answer")

	_, err = b.Trajectory(5, 0.4, seeded(1))
	require.ErrorContains(t, err, "unstable")
	_, err = b.Trajectory(-1, dt, seeded(1))
	require.ErrorContains(t, err, "-1 steps")
	assert.Panics(t, func() { b.LogTransition([]float64{1}, []float64{1, 2, 3}, dt) })
	assert.Panics(t, func() { b.LogTransition(again[0], again[1], 0) })
}

// The limit of stability is where the largest eigenvalue of A puts it.
func TestBeadChainStepLimit(t *testing.T) {
	for _, n := range []int{2, 3, 10} {
		b := BeadChain{Beads: n, Stiffness: 2, Friction: 0.5, Cold: 1, Hot: 2}
		a, _ := chainMatrices(b)
		var eigen mat.Eigen
		require.True(t, eigen.Factorize(a, mat.EigenNone))
		var fastest float64
		for _, l := range eigen.Values(nil) {
			fastest = math.Max(fastest, -real(l))
		}
		assert.NoError(t, b.ValidateStep(2/fastest*(1-1e-9)))
		assert.Error(t, b.ValidateStep(2/fastest*(1+1e-9)))
	}
}

// A step costs 15 ns a bead, most of it the normal deviate, and allocates nothing beyond the trajectory.
func BenchmarkBeadChainTrajectory(b *testing.B) {
	chain := BeadChain{Beads: 10, Stiffness: 1, Friction: 1, Cold: 1, Hot: 10}
	rng := seeded(1)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := chain.Trajectory(10000, 0.01, rng); err != nil {
			b.Fatal(err)
		}
	}
}
