package solver

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Deliberate errors, made one at a time, and the tests that caught them:
//
//	sign of sgd's step                                             TestFormulas
//	momentum's velocity kept whole; theta - v'                     TestFormulas, TestSolversAreGorgonias
//	nesterov: v' for mu v'; a step of plain momentum               TestFormulas, TestTwoStepsByHand
//	adam: either bias left in; d for d^2; no epsilon; n from 0     TestFormulas, TestSolversAreGorgonias
//	rmsprop: epsilon outside the root; rho 0.99                    TestFormulas, TestSolversAreGorgonias
//	adagrad: the last square alone; rate 0.001; epsilon inside     TestFormulas
//	decay clipped too; decay without the weight                    TestFormulas
//	clipped below the norm; by its square; float32 left out of it  TestFormulas
//	gradients not cleared                                          TestFormulas, TestSolversAreGorgonias
//	plain SGD at the first rate for ever; no noise                 TestLangevinOnASchedule
//	cosine over half the time, or not squared; a drop too few      TestSchedules
//	memory made anew at each step; a clone that shares a moment    TestARestoredStateGoesOn

// TestFormulas holds every algorithm, clipped and not, with weight decay and without, at a rate that changes, against
// the formulas as their sources write them, in plain float64 loops over whole vectors.
func TestFormulas(t *testing.T) {
	for _, a := range Algorithms() {
		for _, decay := range []float64{0, 0.03} {
			for _, clip := range []float64{0, 0.7} {
				s := settingsOf(a)
				s.WeightDecay, s.Clip = decay, clip
				s.Schedule = Schedule{Shape: Steps, N: 60, Drop: 0.5, Drops: 2}
				got := newNetwork("dense64", 5, 3).train(t, New(s), 60).weights()
				want := reference(s, 60)
				for i := range want {
					require.InDelta(t, want[i], got[i], 1e-12, "%s decay %v clip %v weight %d", a, decay, clip, i)
				}
				single := newNetwork("dense32", 5, 3).train(t, New(s), 60).weights()
				for i := range want {
					require.InDelta(t, want[i], single[i], 2e-6, "%s decay %v clip %v weight %d", a, decay, clip, i)
				}
			}
		}
	}
}

// reference trains the test network of 5 and 3 weights.
func reference(s Settings, steps int) []float64 {
	theta := newNetwork("dense64", 5, 3).weights()
	n := len(theta)
	velocity, mean := make([]float64, n), make([]float64, n)
	square, sum := make([]float64, n), make([]float64, n)
	at := make([]float64, n) // where the gradient is taken
	for t := range steps {
		r := s.Rate * math.Pow(s.Schedule.Drop, float64(t/20))
		copy(at, theta)
		if s.Algorithm == Nesterov {
			for i := range at {
				at[i] += s.Momentum * velocity[i]
			}
		}
		g, norm := make([]float64, n), 0.0
		for i := range g {
			g[i] = slopeOf(i, t, at[i])
			norm = math.Hypot(norm, g[i])
		}
		for i := range g {
			if s.Clip > 0 && norm > s.Clip {
				g[i] = g[i] / norm * s.Clip
			}
			g[i] += s.WeightDecay * at[i]
		}
		for i := range theta {
			switch s.Algorithm {
			case SGD:
				theta[i] -= r * g[i]
			case Momentum, Nesterov:
				velocity[i] = s.Momentum*velocity[i] - r*g[i]
				theta[i] += velocity[i]
			case Adam:
				mean[i] += 0.1 * (g[i] - mean[i])
				square[i] += 0.001 * (g[i]*g[i] - square[i])
				unbiased := mean[i] / (1 - math.Pow(0.9, float64(t+1)))
				theta[i] -= r * unbiased / (math.Sqrt(square[i]/(1-math.Pow(0.999, float64(t+1)))) + 1e-8)
			case RMSProp:
				square[i] += 0.1 * (g[i]*g[i] - square[i])
				theta[i] -= r * g[i] / math.Sqrt(square[i]+1e-8)
			case AdaGrad:
				sum[i] += g[i] * g[i]
				theta[i] -= r * g[i] / (math.Sqrt(sum[i]) + 1e-8)
			}
		}
	}
	if s.Algorithm == Nesterov { // the network holds the place of the next gradient
		for i := range theta {
			theta[i] += s.Momentum * velocity[i]
		}
	}
	return theta
}

// Two steps by hand, of gradients 1 and -2 at the weight 0 and the rate 0.1.
func TestTwoStepsByHand(t *testing.T) {
	for a, want := range map[Algorithm][2]float64{
		SGD:      {-0.1, 0.1},
		Momentum: {-0.1, -0.1 + (-0.08 + 0.2)},
		Nesterov: {-0.1 * 1.8, -0.18 + 0.8*(-0.08+0.2) + 0.2},
		Adam:     {-0.1, -0.1 - 0.1*((0.9*0.1-0.2)/0.19)/math.Sqrt((0.999*0.001+0.004)/(1-0.999*0.999))},
		RMSProp:  {-0.1 / math.Sqrt(0.1), -0.1/math.Sqrt(0.1) + 0.2/math.Sqrt(0.09+0.4)},
		AdaGrad:  {-0.1, -0.1 + 0.2/math.Sqrt(5)},
	} {
		s := settingsOf(a)
		s.Rate = 0.1
		solver, nw := New(s), newNetwork("scalar64", 1)
		set(nw.params[0].value, func(int, float64) float64 { return 0 })
		for n, g := range []float64{1, -2} {
			model := nw.gradients()
			set(nw.params[0].grad, func(int, float64) float64 { return g })
			require.NoError(t, solver.Step(model))
			assert.InDelta(t, want[n], nw.weights()[0], 1e-7, "%s step %d", a, n)
		}
	}
}

func TestSchedules(t *testing.T) {
	rates := func(s Schedule) (r []float64) {
		for n := range s.N + 2 {
			r = append(r, Settings{Rate: 2, Schedule: s}.RateAt(n))
		}
		return r
	}
	root := math.Sqrt(0.5)
	for _, c := range []struct {
		schedule Schedule
		want     []float64
	}{
		{Schedule{N: 3}, []float64{2, 2, 2, 2, 2}},
		{Schedule{Shape: Constant}, []float64{2, 2}},
		{Schedule{Shape: Cosine, N: 4}, []float64{2, 1 + root, 1, 1 - root, 1 - root, 1 - root}},
		{Schedule{Shape: Steps, N: 7, Drop: 0.1, Drops: 2}, []float64{2, 2, 2, 0.2, 0.2, 0.02, 0.02, 0.02, 0.02}},
		{Schedule{Shape: Steps, N: 2, Drop: 0.5, Drops: 1}, []float64{2, 1, 1, 1}},
	} {
		assert.InDeltaSlice(t, c.want, rates(c.schedule), 1e-15, "%+v", c.schedule)
	}
	last := Settings{Rate: 1e-3, Schedule: Schedule{Shape: Cosine, N: 1 << 40}}
	assert.Positive(t, last.RateAt(1<<40), "a rate of 0 is none")
}
