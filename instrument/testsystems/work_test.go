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

// Every system: moments of the forward work, and Crooks' theorem in the bounded form of C. H. Bennett (1976): for any
// c, <1/(1 + exp(W - dF + c))>_F = exp(-c) <1/(1 + exp(W_R + dF - c))>_R.
func TestWorkSystems(t *testing.T) {
	for _, sys := range WorkSystems() {
		t.Run(sys.Name(), func(t *testing.T) {
			seeds := 400
			if testing.Short() {
				seeds = 80
			}
			names := []string{"mean", "variance", "Crooks at 0", "Crooks at 1", "Crooks at -1"}
			truths := []float64{sys.MeanWork(), sys.VarWork(), 0, 0, 0}
			zScores(t, seeds, names, truths, func(rng *rand.Rand) []float64 {
				forward, reverse := sys.Sample(500, rng)
				require.Len(t, forward, 500)
				require.Len(t, reverse, 500)
				out := []float64{0, variance(forward), 0, 0, 0}
				for i := range forward {
					out[0] += forward[i] / 500
					for j, c := range []float64{0, 1, -1} {
						f := 1 / (1 + math.Exp(forward[i]-sys.DeltaF()+c))
						r := math.Exp(-c) / (1 + math.Exp(reverse[i]+sys.DeltaF()-c))
						out[2+j] += (f - r) / 500
					}
				}
				return out
			})
			a, b := sys.Sample(3, seeded(1))
			c, d := sys.Sample(3, seeded(1))
			assert.Equal(t, [][]float64{a, b}, [][]float64{c, d}, "one seed, one answer")
		})
	}
}

func TestGaussianWorkAgainstQuadrature(t *testing.T) {
	g := GaussianWork{Mean: 1.7, SD: 1.3}
	density := func(w float64) float64 {
		u := (w - g.Mean) / g.SD
		return math.Exp(-u*u/2) / (g.SD * math.Sqrt(2*math.Pi))
	}
	average := integrate(-20, 20, 4000, func(w float64) float64 { return density(w) * math.Exp(-w) })
	assert.InDelta(t, -math.Log(average), g.DeltaF(), 1e-9)
	// The reverse density that Crooks' theorem prescribes, P_R(-w) = P_F(w) exp(dF - w), has the mean sigma^2 - mu.
	mean := integrate(-20, 20, 4000, func(w float64) float64 { return -w * density(w) * math.Exp(g.DeltaF()-w) })
	assert.InDelta(t, g.SD*g.SD-g.Mean, mean, 1e-9)
}

func TestHarmonicFreeEnergyAgainstQuadrature(t *testing.T) {
	for _, k := range []float64{0.5, 1, 7} {
		z := integrate(-40, 40, 8000, func(x float64) float64 { return math.Exp(-k * x * x / 2) })
		assert.InDelta(t, -math.Log(z), HarmonicFreeEnergy(k), 1e-9)
	}
	assert.Panics(t, func() { HarmonicFreeEnergy(0) })
}

func TestHarmonicQuench(t *testing.T) {
	q := HarmonicQuench(3, 5)
	assert.InDelta(t, 2.0, q.MeanWork(), 1e-12)              // (r-1)/2
	assert.InDelta(t, 8.0, q.VarWork(), 1e-12)               // (r-1)^2/2
	assert.InDelta(t, math.Log(5)/2, q.DeltaF(), 1e-12)      // 1/2 ln r
	assert.InDelta(t, -0.4, q.Reversed().MeanWork(), 1e-12)  // (1-r)/(2r)
	assert.InDelta(t, -q.DeltaF(), q.Reversed().DeltaF(), 0) // to the last bit
}

// The path of x as linear combinations of independent normals gives C; then <W> = tr(K C)/2, Var W = tr(K C K C)/2 with
// K = diag(dK), and <exp(-W)> = det(1 + K C)^{-1/2}, which must be exp(-dF) for every protocol.
func TestHarmonicProtocolAgainstMatrices(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		h := HarmonicProtocol{
			Stiffness: rapid.SliceOfN(rapid.Float64Range(0.5, 4), 2, 8).Draw(r, "stiffness"),
			Memory:    rapid.Float64Range(0, 1).Draw(r, "memory"),
		}
		n := len(h.Stiffness) - 1
		paths := make([][]float64, n)
		for i := range paths {
			paths[i] = make([]float64, n)
			if i == 0 {
				paths[0][0] = 1 / math.Sqrt(h.Stiffness[0])
				continue
			}
			for j := range i {
				paths[i][j] = h.Memory * paths[i-1][j]
			}
			paths[i][i] = math.Sqrt((1 - h.Memory*h.Memory) / h.Stiffness[i])
		}
		kc := mat.NewDense(n, n, nil)
		kc.Apply(func(i, j int, v float64) float64 { return (h.Stiffness[i+1] - h.Stiffness[i]) * v }, covarianceOf(paths...))
		var square mat.Dense
		square.Mul(kc, kc)
		assert.InDelta(r, mat.Trace(kc)/2, h.MeanWork(), 1e-10)
		assert.InDelta(r, mat.Trace(&square)/2, h.VarWork(), 1e-10)
		for i := range n {
			kc.Set(i, i, kc.At(i, i)+1)
		}
		lnDet, sign := mat.LogDet(kc)
		require.Equal(r, 1.0, sign)
		assert.InDelta(r, lnDet/2, h.DeltaF(), 1e-9)
	})
}

func TestDraggedTrapFigures(t *testing.T) {
	d := DraggedTrap{Stiffness: 1, Friction: 1, Speed: 1, Duration: 5}
	assert.InDelta(t, 4.00674, d.MeanWork(), 5e-6)
	assert.InDelta(t, 8.01348, d.VarWork(), 1e-5)
	assert.Zero(t, d.DeltaF())
}

// The moments of (y, W) by many small steps of the equations of motion, against the closed forms and the propagator.
func TestDraggedTrapAgainstIntegration(t *testing.T) {
	d := DraggedTrap{Stiffness: 1.7, Friction: 0.6, Speed: -0.9, Duration: 1.3}
	const steps = 200000
	dt := d.Duration / steps
	l := d.Stiffness / d.Friction
	toWork := -d.Stiffness * d.Speed
	integrateMoments := func(y, yy float64) (my, mw, cyy, cyw, cww float64) {
		my, cyy = y, yy
		for range steps {
			mw += toWork * my * dt
			my -= l*my*dt + d.Speed*dt
			cww += 2*toWork*cyw*dt + toWork*toWork*cyy*dt*dt
			cyw += -l*cyw*dt + toWork*cyy*dt
			cyy += -2*l*cyy*dt + 2/d.Friction*dt
		}
		return
	}
	_, mw, cyy, _, cww := integrateMoments(0, 1/d.Stiffness)
	assert.InDelta(t, mw, d.MeanWork(), 1e-4)
	assert.InDelta(t, cww, d.VarWork(), 1e-4)
	assert.InDelta(t, 1/d.Stiffness, cyy, 1e-4)

	my, mw, cyy, cyw, cww := integrateMoments(0.8, 0)
	p := d.propagator(d.Duration, d.Speed)
	assert.InDelta(t, my, p.decay*0.8+p.shift, 1e-4)
	assert.InDelta(t, mw, p.slope*0.8+p.offset, 1e-4)
	assert.InDelta(t, cyy, p.l11*p.l11, 1e-4)
	assert.InDelta(t, cyw, p.l11*p.l21, 1e-4)
	assert.InDelta(t, cww, p.l21*p.l21+p.l22*p.l22, 1e-4)
}

// A trajectory of many steps ends with the distribution that one step has.
func TestDraggedTrapTrajectory(t *testing.T) {
	d := DraggedTrap{Stiffness: 2, Friction: 0.7, Speed: 1.5, Duration: 0.9}
	seeds := 4000
	if testing.Short() {
		seeds = 1000
	}
	l := d.Stiffness / d.Friction
	lag := d.Speed * math.Expm1(-l*d.Duration) / l
	mean, sd2 := d.MeanWork(), d.VarWork()
	one := d.propagator(d.Duration, d.Speed)
	cov := one.slope*one.decay/d.Stiffness + one.l11*one.l21
	names := []string{"mean W", "var W", "start", "end", "end variance", "covariance"}
	truths := []float64{mean, sd2, 1 / d.Stiffness, d.Speed*d.Duration + lag, 1 / d.Stiffness, cov}
	zScores(t, seeds, names, truths, func(rng *rand.Rand) []float64 {
		x, w := d.Trajectory(7, rng)
		require.Len(t, x, 8)
		require.Zero(t, w[0])
		dx, dw := x[7]-d.Speed*d.Duration-lag, w[7]-mean
		return []float64{w[7], dw * dw, x[0] * x[0], x[7], dx * dx, dx * dw}
	})
}
