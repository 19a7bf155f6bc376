package ssl

import (
	"math"
	"math/rand/v2"
	"testing"

	"calorimeter/model/internal/lse"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/floats"
)

// Deliberate errors, and the tests that caught them:
//
//	shares 1/K, not N/K; scaling by a wrong power  TestSinkhornByHand
//	bias correction of step - 1                    TestAdamByHand

// Two samples and two labels, scores (a, 0) and (b, 0) with eps = 1: balance demands
// q_11 + q_21 = 1, sigmoid(a + d) + sigmoid(b + d) = 1 with d = lambda_1 - lambda_2, so a + d = -(b + d), d = -(a+b)/2.
func TestSinkhornByHand(t *testing.T) {
	q := make([]float64, 4)
	b, err := Sinkhorn(q, []float64{1.5, 0, 0.3, 0}, 2, 1, 1000)
	require.NoError(t, err)
	assert.True(t, b.Converged)
	sigmoid := func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
	assert.InDelta(t, sigmoid(0.6), q[0], 1e-9)
	assert.InDelta(t, sigmoid(-0.6), q[2], 1e-9)
	assert.InDelta(t, -0.9, b.Field[0]-b.Field[1], 1e-8)
	assert.InDelta(t, 0, b.Field[0]+b.Field[1], 1e-12)
}

// Rows sum to 1 and ln q = score/eps + lambda + nu after any number of rounds; columns are balanced once converged; and
// of all balanced labels it is the one of largest sum q score + eps S(q): exchanging mass round any square lowers that.
func TestSinkhornIdentity(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 3))
	const (
		n   = 40
		k   = 7
		eps = 0.05
	)
	scores := make([]float64, n*k)
	for i := range scores {
		scores[i] = 2*rng.Float64() - 1
	}
	for _, rounds := range []int{1, 3, 5000} {
		q := make([]float64, n*k)
		b, err := Sinkhorn(q, scores, k, eps, rounds)
		require.NoError(t, err)
		assert.Equal(t, rounds == 5000, b.Converged)
		worst := 0.0
		column := make([]float64, k)
		for i := range n {
			var total float64
			nu := math.Log(q[i*k]) - scores[i*k]/eps - b.Field[0]
			for j := range k {
				total += q[i*k+j]
				column[j] += q[i*k+j]
				assert.InDelta(t, nu, math.Log(q[i*k+j])-scores[i*k+j]/eps-b.Field[j], 1e-10)
			}
			assert.InDelta(t, 1, total, 1e-12)
		}
		for _, c := range column {
			worst = max(worst, math.Abs(c*k/n-1))
		}
		assert.InDelta(t, worst, b.Imbalance, 1e-11)
		if !b.Converged {
			assert.Greater(t, worst, 1e-4)
			assert.Equal(t, rounds, b.Iterations)
			continue
		}
		assert.Less(t, b.Iterations, 5000)
		value := func() (v float64) {
			for i, p := range q {
				v += p*scores[i] - eps*p*math.Log(p)
			}
			return v
		}
		best := value()
		for range 50 {
			i, j := rng.IntN(n), rng.IntN(n)
			a, c := rng.IntN(k), rng.IntN(k)
			d := 0.3 * min(q[i*k+a], q[j*k+c])
			if i == j || a == c {
				continue
			}
			move := func(d float64) {
				q[i*k+a] -= d
				q[i*k+c] += d
				q[j*k+a] += d
				q[j*k+c] -= d
			}
			move(d)
			assert.Less(t, value(), best+1e-12)
			move(-d)
		}
	}
}

// Scores that spread over hundreds and thousands of eps: labels reach down to where numbers lose digits and beyond, and
// the others keep the identity to rounding. In the second the product of a label and its factor is subnormal where the
// label is not, an error of 2.7e-5 if it is taken as it is; the small ones are like it. In the last, all samples prefer
// the first label by more than a number can hold.
func TestSinkhornOfDistantScores(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 3))
	uniform, normal := make([]float64, 3000*8), make([]float64, 3000*8)
	for i := range uniform {
		uniform[i], normal[i] = 598*rng.Float64(), 11/0.05*rng.NormFloat64()
	}
	assert.Less(t, gibbsResidual(t, uniform, 8, 3), 2e-12)
	assert.Less(t, gibbsResidual(t, []float64{
		0, 599, 1, 1, 600, 300, 599, 300, 599, 1, 600, 600, 300, 1, 0, 600, 1, 600, 1, 599,
	}, 4, 1000), 2e-12)
	assert.Less(t, gibbsResidual(t, normal, 8, 3), 4e-12)
	assert.Less(t, gibbsResidual(t, normal[:40*8], 8, 10000), 4e-12)
	for i := range uniform[:40*16] {
		uniform[i] *= 40
	}
	assert.Less(t, gibbsResidual(t, uniform[:40*16], 16, 10000), 2e-11)
	few := make([]float64, 5*4)
	for range 500 {
		for i := range few {
			few[i] = []float64{0, 1, 300, 599, 600, 5000}[rng.IntN(6)]
		}
		require.Less(t, gibbsResidual(t, few, 4, 1000), 2e-11, "%v", few)
	}
	q := make([]float64, 6)
	b, err := Sinkhorn(q, []float64{4000, 0, 5000, 1, 3000, 0}, 2, 1, 10000)
	require.NoError(t, err)
	assert.True(t, b.Converged)
	assert.InDeltaSlice(t, []float64{0.5, 0.5, 1, 0, 0, 1}, q, 1e-8, "as balance and order demand")
	assert.InDelta(t, -4000, b.Field[0]-b.Field[1], 1e-6)
}

// gibbsResidual is the largest |ln q - score - lambda - nu| of balanced labels at eps = 1.
func gibbsResidual(t *testing.T, scores []float64, labels, rounds int) (worst float64) {
	q, logits := make([]float64, len(scores)), make([]float64, labels)
	b, err := Sinkhorn(q, scores, labels, 1, rounds)
	require.NoError(t, err)
	for at := 0; at < len(q); at += labels {
		floats.AddTo(logits, b.Field, scores[at:at+labels])
		nu := -lse.LogSumExp(logits)
		for j, l := range logits {
			if q[at+j] > 0x1p-1022 {
				worst = max(worst, math.Abs(l+nu-math.Log(q[at+j])))
			}
		}
	}
	return worst
}

func TestSinkhornRefuses(t *testing.T) {
	q := make([]float64, 4)
	_, err := Sinkhorn(q, []float64{1, -1, math.NaN(), 0}, 2, 0.05, 10)
	assert.ErrorContains(t, err, "sample 1")
	_, err = Sinkhorn(q, []float64{1, -1, 1, 0}, 2, 1e-7, 10)
	assert.ErrorContains(t, err, "raise eps")
	assert.Panics(t, func() { _, _ = Sinkhorn(q, q, 3, 1, 10) })
	assert.Panics(t, func() { _, _ = Sinkhorn(q, q, 2, 0, 10) })
}
