package information

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"calorimeter/instrument/estimate"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/stat/distuv"
)

// copies are weights that copy the membership bit of each of n examples with noise: theta_i = U_i + noise, the loss of
// example i is -theta_i, that of a ghost noise.
type copies struct {
	sets, replicas, n, size int
	noise                   float64
}

func (c copies) losses(rng *rand.Rand) *ExampleLosses {
	l := &ExampleLosses{Sets: c.sets, Replicas: c.replicas, Size: c.size, Pool: &Pool{Size: c.n}}
	noise := func() (losses []float64) {
		for range c.sets * c.replicas {
			losses = append(losses, c.noise*rng.NormFloat64())
		}
		return losses
	}
	for range c.n {
		l.Pool.Losses = append(l.Pool.Losses, noise())
		l.Pool.Held = append(l.Pool.Held, make([]bool, c.sets))
	}
	for d := range c.sets {
		for _, i := range rng.Perm(c.n)[:c.size] {
			l.Pool.Held[i][d] = true
			for r := range c.replicas {
				l.Pool.Losses[i][d*c.replicas+r]--
			}
		}
	}
	for range 200 {
		l.Ghosts = append(l.Ghosts, noise())
	}
	return l
}

// sum is sum_i I(theta_i;U_i), by quadrature. What the weights hold of N of n examples is less by the bracket, at most.
func (c copies) sum() float64 {
	in := float64(c.size) / float64(c.n)
	shift := distuv.Normal{Mu: 1, Sigma: c.noise}
	still := distuv.Normal{Mu: 0, Sigma: c.noise}
	var total float64
	lo, step := -8*c.noise, c.noise/500
	for x := lo; x < 1+8*c.noise; x += step {
		a, b := shift.Prob(x), still.Prob(x)
		mix := in*a + (1-in)*b
		for _, term := range [][2]float64{{in, a}, {1 - in, b}} {
			if term[1] > 0 {
				total += step * term[0] * term[1] * math.Log(term[1]/mix)
			}
		}
	}
	return float64(c.n) * total
}

// information is I(theta;B), over random draws: ln C(n,N) + E ln[ prod_i q_i(U_i) / P(sum_i U_i = N) ] under the exact
// q_i(1) = 1/(1 + e^((1/2 - theta_i)/noise^2)).
func (c copies) information(rng *rand.Rand) estimate.Estimate {
	var values []float64
	for range 400 {
		value := LogChoices(c.n, c.size)
		of := make([]float64, c.size+1) // of[k] is the chance of k examples so far
		of[0] = 1
		for i := range c.n {
			u := 0.
			if i < c.size {
				u = 1
			}
			odds := math.Exp((u + c.noise*rng.NormFloat64() - 0.5) / (c.noise * c.noise))
			q := odds / (1 + odds)
			value += u*math.Log(q) + (1-u)*math.Log1p(-q)
			for k := c.size; k >= 0; k-- {
				of[k] *= 1 - q
				if k > 0 {
					of[k] += q * of[k-1]
				}
			}
		}
		values = append(values, value-math.Log(of[c.size]))
	}
	return estimate.Mean(values)
}

// bracket is n h(N/n) - ln C(n,N).
func (c copies) bracket() float64 {
	in := float64(c.size) / float64(c.n)
	return -float64(c.n)*(in*math.Log(in)+(1-in)*math.Log1p(-in)) - LogChoices(c.n, c.size)
}

// TestMembersReachTheirSum holds the bound between most of the exact information and the information, which is the sum
// less a part of the bracket.
//
// Deliberate errors, each made once by hand, and the test that caught it:
//
//	ln q of the other bit                                 TestMembersReachTheirSum
//	prior N/n left out of q, or of the fit                TestMembersReachTheirSum, N/n = 1/4
//	bracket left out                                      TestMembersReachTheirSum, TestMembersOfWeightsThatIgnoreThem
//	chance of holding exactly N left out                  TestMembersReachTheirSum
//	a null that keeps the bits                            TestMembersReachTheirSum
func TestMembersReachTheirSum(t *testing.T) {
	for _, c := range []copies{
		{sets: 8, replicas: 3, n: 400, size: 200, noise: 2},
		{sets: 8, replicas: 3, n: 400, size: 200, noise: 1},
		{sets: 8, replicas: 3, n: 400, size: 200, noise: 0.4},
		{sets: 8, replicas: 2, n: 400, size: 100, noise: 1},
		{sets: 8, replicas: 2, n: 400, size: 100, noise: 0.4},
		{sets: 4, replicas: 2, n: 400, size: 200, noise: 0.4},
	} {
		var values []float64
		var last *ExampleLosses
		for seed := range uint64(5) {
			last = c.losses(rand.New(rand.NewPCG(seed, 11)))
			e := MemorizedExamples(last)
			require.Equal(t, e.MInfo, e.CMI)
			require.InDelta(t, LogChoices(c.n, c.size), e.Ceiling, 1e-9)
			values = append(values, e.MInfo.Value)
		}
		mean := estimate.Mean(values)
		truth := c.information(rand.New(rand.NewPCG(2, 11)))
		require.Less(t, truth.Lo, c.sum())
		require.Greater(t, truth.Hi, c.sum()-c.bracket())
		null := NullExamples(t.Context(), last, 19, rand.New(rand.NewPCG(1, 11)))
		t.Logf("%+v: sum %.4g, bracket %.3g, information %v of at most %.4g, reached %v, null %.2g below %.2g", c, c.sum(),
			c.bracket(), truth, LogChoices(c.n, c.size), mean, null.MInfo.Value, null.MInfo.Hi)
		require.Greater(t, mean.Value, 0.92*truth.Value)
		require.Less(t, mean.Lo, truth.Hi, "a lower bound")
		require.Less(t, null.MInfo.Hi, 0.2*c.sum())
	}
}

// TestMembersOfWeightsThatIgnoreThem demands that noise alone reads nothing, within its interval and its null.
func TestMembersOfWeightsThatIgnoreThem(t *testing.T) {
	for _, c := range []copies{
		{sets: 8, replicas: 2, n: 200, size: 100, noise: 1e6}, {sets: 4, replicas: 2, n: 200, size: 50, noise: 1e6},
	} {
		var values []float64
		covered, beyond := 0, 0
		const seeds = 20
		for seed := range uint64(seeds) {
			rng := rand.New(rand.NewPCG(seed, 12))
			l := c.losses(rng)
			e, null := MemorizedExamples(l), NullExamples(t.Context(), l, 19, rng)
			values = append(values, e.MInfo.Value)
			if e.MInfo.Lo <= 0 {
				covered++
			}
			if e.MInfo.Value > null.MInfo.Hi {
				beyond++
			}
		}
		mean := estimate.Mean(values)
		t.Logf("%+v: M-info %v; not above 0 in %d of %d, beyond the null in %d", c, mean, covered, seeds, beyond)
		require.Less(t, mean.Value, 0.05)
		require.Greater(t, mean.Value, -3.)
		require.GreaterOrEqual(t, covered, 17)
		require.LessOrEqual(t, beyond, 4)
	}
}

// TestMembersAtTheirCeiling has weights that show every bit.
func TestMembersAtTheirCeiling(t *testing.T) {
	c := copies{sets: 8, replicas: 2, n: 400, size: 200, noise: 0.01}
	e := MemorizedExamples(c.losses(rand.New(rand.NewPCG(1, 13))))
	require.InDelta(t, 274.04, e.Ceiling, 0.01) // 400 ln 2 - 3.22
	require.LessOrEqual(t, e.MInfo.Value, e.Ceiling)
	require.Greater(t, e.MInfo.Value, 0.97*e.Ceiling)
	require.Contains(t, fmt.Sprint(e.MInfo.Warnings), "saturated")
}

// TestMembersByAPart judges a quarter of the pool: the same number, with a larger error.
func TestMembersByAPart(t *testing.T) {
	var whole, part []float64
	for seed := range uint64(12) {
		l := copies{sets: 8, replicas: 2, n: 800, size: 400, noise: 0.5}.losses(rand.New(rand.NewPCG(seed, 14)))
		whole = append(whole, MemorizedExamples(l).MInfo.Value)
		l.Pool.Losses, l.Pool.Held = l.Pool.Losses[:200], l.Pool.Held[:200]
		part = append(part, MemorizedExamples(l).MInfo.Value)
	}
	a, b := estimate.Mean(whole), estimate.Mean(part)
	t.Logf("whole %v, part %v", a, b)
	require.InDelta(t, a.Value, b.Value, 0.05*a.Value)
}

// TestMemoriesOfAPool holds mem of an example against 1, its truth, in units of its error, and its mean.
func TestMemoriesOfAPool(t *testing.T) {
	l := copies{sets: 8, replicas: 2, n: 2000, size: 1000, noise: 1}.losses(rand.New(rand.NewPCG(2, 15)))
	l.Pool.Held[0], l.Pool.Held[1] = make([]bool, 8), []bool{true, true, true, true, true, true, true, true}
	memories := Memories(l, nil)[0]
	require.Len(t, memories, 2000)
	require.False(t, memories[0].Mem.Known())
	require.False(t, memories[1].Mem.Known())
	require.Contains(t, fmt.Sprint(memories[1].Mem.Warnings), "all training sets hold")
	covered, known := 0., 0.
	for _, m := range memories {
		if m.Mem.Known() {
			known++
			if m.Mem.Lo <= 1 && 1 <= m.Mem.Hi {
				covered++
			}
		}
	}
	require.InDelta(t, 0.95, covered/known, 4*math.Sqrt(0.05*0.95/known))
	require.InDelta(t, 0, MeanMemory(l).Z(1), 3.5)
}

func TestPoolsThatCannotBeTold(t *testing.T) {
	good := func() *ExampleLosses {
		return copies{sets: 3, replicas: 2, n: 40, size: 20, noise: 1}.losses(rand.New(rand.NewPCG(3, 16)))
	}
	require.True(t, MemorizedExamples(good()).MInfo.Known())
	for reason, spoil := range map[string]func(l *ExampleLosses){
		"the whole pool":          func(l *ExampleLosses) { l.Size = 40 },
		"losses of 0 examples":    func(l *ExampleLosses) { l.Pool.Losses = nil },
		"losses of 39 examples":   func(l *ExampleLosses) { l.Pool.Losses = l.Pool.Losses[:39] },
		"is NaN":                  func(l *ExampleLosses) { l.Pool.Losses[7][2] = math.NaN() },
		"each of 2 training sets": func(l *ExampleLosses) { l.Pool.Held[3] = l.Pool.Held[3][:2] },
		"holds all examples that": func(l *ExampleLosses) {
			l.Pool.Losses, l.Pool.Held = l.Pool.Losses[:1], l.Pool.Held[:1]
		},
		"never saw":                       func(l *ExampleLosses) { l.Ghosts = nil },
		"fewer than 3 training sets":      func(l *ExampleLosses) { l.Sets = 2 },
		"3 training sets is too few to k": func(l *ExampleLosses) { l.Replicas = 1 },
	} {
		l := good()
		spoil(l)
		e := MemorizedExamples(l)
		require.False(t, e.MInfo.Known(), reason)
		require.Contains(t, fmt.Sprint(e.MInfo.Warnings), reason)
		require.False(t, NullExamples(t.Context(), l, 3, rand.New(rand.NewPCG(1, 1))).CMI.Known())
	}
}
