package information

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/stat"
)

// The means over samples are the bounds themselves, with and without a fit of lambda; each is that of its own sample.
func TestPointwiseAddsUpToTheBound(t *testing.T) {
	for _, replicas := range []int{2, 3} {
		const sets, chains = 4, 5
		e := sets * replicas
		rng := rand.New(rand.NewPCG(1, uint64(replicas)))
		l := make([]float64, e*e*chains)
		for i := range l {
			r, s := i/chains/e, i/chains%e
			l[i] = rng.NormFloat64() / 2
			if r/replicas == s/replicas && i%chains == 2 { // sample 2 of each replica reveals its set
				l[i] += 3
			}
		}
		c, err := NewCrossLogLikelihood(sets, replicas, chains, l)
		require.NoError(t, err)
		values, upper, err := c.Pointwise()
		require.NoError(t, err)
		require.InDelta(t, c.Bounds().Learned.Lower.Value, stat.Mean(values, nil), 1e-12)
		require.InDelta(t, c.Bounds().Learned.Upper.Value, stat.Mean(upper, nil), 1e-12)
		for i, v := range values {
			require.LessOrEqual(t, v, math.Log(sets))
			if i%chains != 2 {
				require.Less(t, v, values[i-i%chains+2], "sample %d of replica %d", i%chains, i/chains)
			}
		}
		if replicas == 2 { // no lambda: by the definition, for sample 1 of the second replica of set 2
			at := func(r int) float64 { return l[(r*e+5)*chains+1] }
			mix := math.Log((math.Exp(at(0)) + math.Exp(at(2)) + math.Exp(at(4)) + math.Exp(at(6))) / sets)
			require.InDelta(t, at(4)-mix, values[5*chains+1], 1e-12)
			var in, out float64
			for r := range e {
				if r/2 == 2 {
					in += math.Exp(at(r)) / 2
				} else {
					out += math.Exp(at(r)) / 6
				}
			}
			require.InDelta(t, math.Log(in/out), upper[5*chains+1], 1e-12)
		}
	}
	one, err := NewCrossLogLikelihood(1, 2, 1, make([]float64, 4))
	require.NoError(t, err)
	_, _, err = one.Pointwise()
	require.ErrorContains(t, err, "needs two of each")
}
