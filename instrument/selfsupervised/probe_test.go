package selfsupervised

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/stat/distuv"
)

// pair draws n points of two classes at +-(d/2, 0) with normal noise in two directions, and a third that is constant.
func pair(n int, d float64, rng *rand.Rand) *Features {
	f := &Features{Width: 3}
	for i := range n {
		label := uint8(i % 2)
		f.Labels = append(f.Labels, label)
		f.X = append(f.X, d*(float64(label)-0.5)+rng.NormFloat64(), 5*rng.NormFloat64(), 7)
	}
	return f
}

// The best classifier of two normal classes at distance d is linear, and right in Phi(d/2) of cases.
func TestLinearProbeReachesBayes(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for _, d := range []float64{0, 1, 2.5} {
		accuracy, err := LinearProbe(pair(4000, d, rng), pair(20000, d, rng))
		require.NoError(t, err)
		want := distuv.UnitNormal.CDF(d / 2)
		assert.InDelta(t, want, accuracy, 4*math.Sqrt(want*(1-want)/20000)+0.003, "d = %v", d)
	}
}

// The gradient of the objective against central differences, and the fit's end at the minimum that two-class logistic
// regression of one feature has in closed form: none, so the gradient there is held against 0.
func TestLogisticGradient(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 1))
	x, labels := make([]float64, 3*300), make([]uint8, 300) // more than one block
	for i := range labels {
		x[3*i], x[3*i+1] = rng.NormFloat64(), rng.NormFloat64()
		x[3*i+2], labels[i] = rng.NormFloat64(), uint8(rng.IntN(4))
	}
	p := newLogistic(x, labels, 4)
	w, grad := make([]float64, 16), make([]float64, 16)
	for i := range w {
		w[i] = rng.NormFloat64()
	}
	const h = 1e-5
	p.gradient(grad, w)
	for i, v := range w {
		w[i] = v + h
		up := p.loss(w)
		w[i] = v - h
		down := p.loss(w)
		w[i] = v
		assert.InDelta(t, (up-down)/(2*h), grad[i], 1e-9)
	}
}

// A feature of another unit and origin is worth the same: the probe standardises.
func TestLinearProbeStandardises(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 1))
	train, test := pair(500, 2, rng), pair(2000, 2, rng)
	one, err := LinearProbe(train, test)
	require.NoError(t, err)
	for _, f := range []*Features{train, test} {
		for i := 0; i < len(f.X); i += 3 {
			f.X[i] = 1 + 1e-4*f.X[i] // unstandardised, the penalty would shut it out
		}
	}
	two, err := LinearProbe(train, test)
	require.NoError(t, err)
	assert.InDelta(t, one, two, 2e-3)
}

// Neighbours against a count by hand: three directions of the plane, k = 1 and k = 3, where two votes beat the nearest.
func TestNeighboursByHand(t *testing.T) {
	at := func(degrees float64) []float64 {
		s, c := math.Sincos(degrees * math.Pi / 180)
		return []float64{3 * c, 3 * s}
	}
	train := &Features{Width: 2, Labels: []uint8{0, 1, 1, 2}}
	for _, a := range []float64{0, 20, 25, 180} {
		train.X = append(train.X, at(a)...)
	}
	test := &Features{Width: 2, X: append(append(at(5), at(170)...), at(24)...), Labels: []uint8{0, 2, 1}}
	for k, want := range map[int]float64{1: 1, 2: 1, 3: 1. / 3, 9: 1. / 3} {
		got, err := Neighbours(train, test, k)
		require.NoError(t, err)
		assert.Equal(t, want, got, "k = %d", k)
	}
}

// Many rows, more than a block, against sorting by brute force.
func TestNeighboursAgainstBruteForce(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 1))
	train, test := pair(151, 1, rng), pair(neighbourBlock*2+3, 1, rng)
	hits := 0
	for i := range test.Labels {
		var best [3]int
		used := map[int]bool{}
		for n := range best {
			top := math.Inf(-1)
			for j := range train.Labels {
				var dot, a, b float64
				for c := range 3 {
					x, y := test.X[i*3+c], train.X[j*3+c]
					dot += x * y
					a += x * x
					b += y * y
				}
				if s := dot / math.Sqrt(a*b); !used[j] && s > top {
					top, best[n] = s, j
				}
			}
			used[best[n]] = true
		}
		ones := train.Labels[best[0]] + train.Labels[best[1]] + train.Labels[best[2]]
		if (ones >= 2) == (test.Labels[i] == 1) {
			hits++
		}
	}
	got, err := Neighbours(train, test, 3)
	require.NoError(t, err)
	assert.InDelta(t, float64(hits)/float64(len(test.Labels)), got, 1e-12)
}

func TestProbesRefuse(t *testing.T) {
	good := pair(10, 1, rand.New(rand.NewPCG(5, 1)))
	bad := pair(10, 1, rand.New(rand.NewPCG(5, 1)))
	bad.X[4] = math.NaN()
	for _, f := range []*Features{
		bad,
		{Width: 2, X: good.X, Labels: good.Labels},
		{Width: 2, X: good.X[:20], Labels: good.Labels},
		{},
	} {
		_, err := LinearProbe(good, f)
		assert.Error(t, err)
		_, err = Neighbours(good, f, 2)
		assert.Error(t, err)
		_, err = Neighbours(f, good, 2)
		assert.Error(t, err)
	}
}
