package testsystems

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// jointSums enumerates both layers of a machine: Z and the unnormalised p(v), from the definition of the energy.
func jointSums(r RBM) (z float64, visible []float64) {
	n, m := len(r.VisibleBias), len(r.HiddenBias)
	visible = make([]float64, 1<<n)
	for v := range visible {
		for h := range 1 << m {
			var e float64
			for i := range n {
				for j := range m {
					e -= float64(v>>i&1) * r.Weights[i*m+j] * float64(h>>j&1)
				}
			}
			for i := range n {
				e -= r.VisibleBias[i] * float64(v>>i&1)
			}
			for j := range m {
				e -= r.HiddenBias[j] * float64(h>>j&1)
			}
			visible[v] += math.Exp(-e)
		}
		z += visible[v]
	}
	return z, visible
}

func bits(state, n int) []float64 {
	v := make([]float64, n)
	for i := range v {
		v[i] = float64(state >> i & 1)
	}
	return v
}

func TestRBMAgainstJointEnumeration(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		n, m := rapid.IntRange(1, 6).Draw(r, "n"), rapid.IntRange(1, 6).Draw(r, "m")
		rbm := RandomRBM(n, m, 1.5, 1.2, seeded(rapid.Uint64().Draw(r, "seed")))
		z, visible := jointSums(rbm)
		assert.InDelta(r, math.Log(z), rbm.LogZ(), 1e-10)
		logp, err := rbm.LogProbabilities()
		require.NoError(r, err)
		var entropy float64
		for v, w := range visible {
			assert.InDelta(r, math.Log(w/z), logp[v], 1e-10)
			assert.InDelta(r, -math.Log(w), rbm.Energy(bits(v, n)), 1e-10)
			entropy -= w / z * math.Log(w/z)
		}
		got, err := rbm.Entropy()
		require.NoError(r, err)
		assert.InDelta(r, entropy, got, 1e-10)
	})
}

func TestRBMZeroWeights(t *testing.T) {
	rbm := RandomRBM(4000, 12, 2, 0, seeded(3)) // so wide that one product of all factors would overflow
	var want float64
	for _, field := range append(append([]float64(nil), rbm.VisibleBias...), rbm.HiddenBias...) {
		want += math.Log1p(math.Exp(field))
	}
	assert.InDelta(t, want, rbm.LogZ(), 1e-9)
	blank := RBM{VisibleBias: make([]float64, 9), HiddenBias: make([]float64, 4), Weights: make([]float64, 36)}
	assert.InDelta(t, 13*math.Ln2, blank.LogZ(), 1e-12)
	s, err := blank.Entropy()
	require.NoError(t, err)
	assert.InDelta(t, 9*math.Ln2, s, 1e-12)
	assert.InDelta(t, 13*math.Ln2-want, FreeEnergyDifference(blank, rbm), 1e-9)
}

func TestRBMLargeFields(t *testing.T) {
	rbm := RBM{VisibleBias: []float64{800, -900}, HiddenBias: []float64{700}, Weights: []float64{300, -40}}
	assert.InDelta(t, 1800, rbm.LogZ(), 1e-9)
	assert.Equal(t, [][]float64{{1, 0}, {1, 0}}, rbm.Sample(2, seeded(1)))
}

// 784 visible units: ln Z over the hidden layer, against its derivative, d ln Z/d a_i = <v_i>.
func TestRBMWide(t *testing.T) {
	rbm := RandomRBM(784, 8, 0.5, 0.1, seeded(5))
	require.NoError(t, rbm.Validate())
	_, err := rbm.LogProbabilities()
	require.ErrorContains(t, err, "784 visible units")
	const i, h = 17, 1e-4
	up, down := rbm, rbm
	up.VisibleBias = append([]float64(nil), rbm.VisibleBias...)
	down.VisibleBias = append([]float64(nil), rbm.VisibleBias...)
	up.VisibleBias[i] += h
	down.VisibleBias[i] -= h
	slope := FreeEnergyDifference(up, down) / (2 * h)
	assert.True(t, slope > 0.05 && slope < 0.95, "the test needs an undecided unit, not %v", slope)
	zScores(t, 100, []string{"<v_i>"}, []float64{slope}, func(rng *rand.Rand) []float64 {
		var mean float64
		for _, v := range rbm.Sample(30, rng) {
			mean += v[i] / 30
		}
		return []float64{mean}
	})
}

// Frequencies of all visible states, drawn by way of either layer.
func TestRBMSample(t *testing.T) {
	for _, shape := range [][2]int{{3, 4}, {4, 2}} {
		n := shape[0]
		rbm := RandomRBM(n, shape[1], 0.7, 1.5, seeded(7))
		logp, err := rbm.LogProbabilities()
		require.NoError(t, err)
		names, truths := make([]string, len(logp)), make([]float64, len(logp))
		for v, l := range logp {
			names[v], truths[v] = "state", math.Exp(l)
		}
		zScores(t, 100, names, truths, func(rng *rand.Rand) []float64 {
			freq := make([]float64, len(logp))
			for _, v := range rbm.Sample(1000, rng) {
				state := 0
				for i, x := range v {
					state |= int(x) << i
				}
				freq[state] += 1.0 / 1000
			}
			return freq
		})
	}
}

// 2^14 states of 20 fields: 15 ns a field, a third of what a logarithm for each field would take. Doubling the wide
// layer doubles the time (x 1.8), and so does one more unit in the narrow one (x 2.3). Allocations are for the tables
// alone, none for a state.
func BenchmarkRBMLogZ(b *testing.B) {
	for _, shape := range []struct {
		name            string
		visible, hidden int
	}{
		{name: "20x14", visible: 20, hidden: 14},
		{name: "40x14", visible: 40, hidden: 14},
		{name: "20x15", visible: 20, hidden: 15},
	} {
		rbm := RandomRBM(shape.visible, shape.hidden, 1, 1, seeded(1))
		b.Run(shape.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				rbm.LogZ()
			}
		})
	}
}
