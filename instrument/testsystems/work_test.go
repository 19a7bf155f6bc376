package testsystems

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var trap = DraggedTrap{Stiffness: 1, Friction: 1, Speed: 1, Duration: 5}

// workSystems are processes from good to poor overlap between forward and reverse work.
var workSystems = []struct {
	WorkSystem
	variance float64
}{
	{GaussianWork{Mean: 1, SD: 1}, 1},
	{GaussianWork{Mean: 6, SD: 3}, 9},
	{HarmonicQuench{Stiffness: 1, Ratio: 2}, 0.5},
	{HarmonicQuench{Stiffness: 3, Ratio: 20}, 180.5},
	{trap, 2 * trap.MeanWork()},
}

// Every system: moments of the forward work, and Crooks' theorem in the bounded form of C. H. Bennett (1976): for any
// c, <1/(1 + exp(W - dF + c))>_F = exp(-c) <1/(1 + exp(W_R + dF - c))>_R.
func TestWorkSystems(t *testing.T) {
	for _, sys := range workSystems {
		t.Run(fmt.Sprintf("%T%v", sys.WorkSystem, sys.WorkSystem), func(t *testing.T) {
			seeds := 400
			if testing.Short() {
				seeds = 80
			}
			names := []string{"mean", "variance", "Crooks at 0", "Crooks at 1", "Crooks at -1"}
			truths := []float64{sys.MeanWork(), sys.variance, 0, 0, 0}
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
	q := HarmonicQuench{Stiffness: 3, Ratio: 5}
	assert.InDelta(t, 2.0, q.MeanWork(), 1e-12)         // (r-1)/2
	assert.InDelta(t, math.Log(5)/2, q.DeltaF(), 1e-12) // 1/2 ln r
}

func TestDraggedTrapFigures(t *testing.T) {
	assert.InDelta(t, 4.00674, trap.MeanWork(), 5e-6)
	assert.Zero(t, trap.DeltaF())
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
	assert.InDelta(t, cww, 2*d.MeanWork(), 1e-4)
	assert.InDelta(t, 1/d.Stiffness, cyy, 1e-4)

	_, mw, cyy, cyw, cww := integrateMoments(0.8, 0)
	p := d.propagator(d.Speed)
	assert.InDelta(t, mw, p.slope*0.8+p.offset, 1e-4)
	assert.InDelta(t, cyw, math.Sqrt(cyy)*p.l21, 1e-4)
	assert.InDelta(t, cww, p.l21*p.l21+p.l22*p.l22, 1e-4)
}
