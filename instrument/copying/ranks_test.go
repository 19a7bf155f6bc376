package copying

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/combin"
	"pgregory.net/rapid"
)

// Pair by pair, and with Z standardised over all ways to deal the same distances to samples and held-out examples: of
// mean 0 and variance 1 exactly, whatever the ties.
func TestCompareAgainstDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := rapid.SliceOfN(rapid.Float64Range(0, 4), 2, 9).Draw(t, "distances")
		for i, v := range all {
			all[i] = math.Floor(v)
		}
		m := rapid.IntRange(1, len(all)-1).Draw(t, "samples")
		var z []float64
		for _, chosen := range combin.Combinations(len(all), m) {
			var samples, heldOut []float64
			for i, v := range all {
				if len(chosen) > 0 && chosen[0] == i {
					samples, chosen = append(samples, v), chosen[1:]
				} else {
					heldOut = append(heldOut, v)
				}
			}
			var nearer float64
			for _, q := range samples {
				for _, p := range heldOut {
					if q < p {
						nearer++
					} else if q == p {
						nearer += 0.5
					}
				}
			}
			r := Compare(samples, heldOut)
			require.InDelta(t, nearer/float64(m*(len(all)-m)), r.Nearer, 1e-12)
			if r.Nearer != 0.5 && !math.IsNaN(r.Z) {
				require.Equal(t, r.Nearer > 0.5, r.Z < 0)
			}
			z = append(z, r.Z)
		}
		if math.IsNaN(z[0]) {
			for _, v := range all {
				require.Equal(t, all[0], v, "only equal distances have no Z")
			}
			return
		}
		mean, variance := stat.PopMeanVariance(z, nil)
		require.InDelta(t, 0, mean, 1e-9)
		require.InDelta(t, 1, variance, 1e-9)
	})
	require.True(t, math.IsNaN(Compare(nil, []float64{1}).Nearer))
	require.Panics(t, func() { Compare([]float64{math.NaN()}, []float64{1}) })
	require.Equal(t, 0.625, Own([]float64{0, 1, 2, 3}, []float64{1, 1, 3, 2}))
}

// generator draws samples beside a training set.
type generator func(rng *rand.Rand, training []float32) []float32

const dim, samplesOfTest = 4, 150

// normal draws rows of independent N(0, 1), as floor(2x)/2 where coarse: distances then have ties.
func normal(rng *rand.Rand, n int, coarse bool) []float32 {
	x := make([]float32, n*dim)
	for i := range x {
		v := rng.NormFloat64()
		if coarse {
			v = math.Floor(2*v) / 2
		}
		x[i] = float32(v)
	}
	return x
}

// copied draws training examples with normal noise.
func copied(noise float64) generator {
	return func(rng *rand.Rand, training []float32) []float32 {
		var x []float32
		for range samplesOfTest {
			i := rng.IntN(len(training) / dim)
			for _, v := range training[i*dim : (i+1)*dim] {
				x = append(x, v+float32(noise*rng.NormFloat64()))
			}
		}
		return x
	}
}

func uniform(rng *rand.Rand, _ []float32) []float32 {
	x := make([]float32, samplesOfTest*dim)
	for i := range x {
		x[i] = float32(8*rng.Float64() - 4)
	}
	return x
}

// centred has every sample near the mean of all examples.
func centred(rng *rand.Rand, _ []float32) []float32 {
	x := normal(rng, samplesOfTest, false)
	for i := range x {
		x[i] /= 4
	}
	return x
}

func population(coarse bool) generator {
	return func(rng *rand.Rand, _ []float32) []float32 { return normal(rng, samplesOfTest, coarse) }
}

// TestGeneratorsOfKnownAnswer repeats the test with generators that copy, are perfect, underfit, and are too smooth:
// nearer than held-out examples as copies are, yet no nearer to the own training set than to another.
func TestGeneratorsOfKnownAnswer(t *testing.T) {
	const repetitions = 200
	for _, c := range []struct {
		name        string
		draw        generator
		coarse      bool
		nearer, own [2]float64
		z           [2]float64 // of the mean over repetitions
		calibrated  bool
	}{
		{name: "population", draw: population(false), nearer: [2]float64{0.49, 0.51}, own: [2]float64{0.49, 0.51},
			z: [2]float64{-0.21, 0.21}, calibrated: true},
		{name: "population, ties", draw: population(true), coarse: true, nearer: [2]float64{0.49, 0.51},
			own: [2]float64{0.49, 0.51}, z: [2]float64{-0.21, 0.21}, calibrated: true},
		{name: "exact copies", draw: copied(0), nearer: [2]float64{1, 1}, own: [2]float64{1, 1}, z: [2]float64{-20, -10}},
		{name: "copies", draw: copied(0.1), nearer: [2]float64{0.95, 1}, own: [2]float64{0.95, 1}, z: [2]float64{-20, -10}},
		{name: "uniform", draw: uniform, nearer: [2]float64{0, 0.2}, own: [2]float64{0.49, 0.51}, z: [2]float64{8, 20}},
		{name: "too smooth", draw: centred, nearer: [2]float64{0.7, 1}, own: [2]float64{0.46, 0.54}, z: [2]float64{-20, -5}},
	} {
		var nearer, own, z, inCells, signs []float64
		for i := range repetitions {
			rng := rand.New(rand.NewPCG(uint64(i), 11))
			training, other := normal(rng, 100, c.coarse), normal(rng, 100, c.coarse)
			examples, cells := NewExamples(training, dim), NewCells(training, dim, 3, rng)
			place := func(x []float32) (placed []Placed) {
				of := cells.Of(x)
				for i, n := range examples.Nearest(x) {
					placed = append(placed, Placed{Cell: of[i], Distance: n.Distance})
				}
				return placed
			}
			samples, heldOut := c.draw(rng, training), normal(rng, 300, c.coarse)
			near := Distances(examples.Nearest(samples))
			r := Compare(near, Distances(examples.Nearest(heldOut)))
			nearer, z = append(nearer, r.Nearer), append(z, r.Z)
			own = append(own, Own(near, Distances(NewExamples(other, dim).Nearest(samples))))
			if test := InCells(place(samples), place(heldOut), 8); len(test.Cells) > 0 {
				inCells = append(inCells, test.Z)
			}
			if c.calibrated {
				signs = append(signs, rejected(r.Z), rejected(inCells[len(inCells)-1]))
			}
		}
		between := func(what string, limits [2]float64, values []float64) {
			mean := stat.Mean(values, nil)
			t.Logf("%-17s %-8s %6.3f sd %.3f", c.name, what, mean, stat.StdDev(values, nil))
			require.True(t, limits[0] <= mean && mean <= limits[1], "%s: %s %v, want %v", c.name, what, mean, limits)
		}
		between("nearer", c.nearer, nearer)
		between("own", c.own, own)
		between("z", c.z, z)
		between("in cells", c.z, inCells)
		if c.calibrated { // 3 standard errors of a standard deviation, and of a share of 5 %
			require.InDelta(t, 1, stat.StdDev(z, nil), 3/math.Sqrt(2*repetitions), c.name)
			require.InDelta(t, 1, stat.StdDev(inCells, nil), 3/math.Sqrt(2*repetitions), c.name)
			require.InDelta(t, 0.05, stat.Mean(signs, nil), 3*math.Sqrt(0.05*0.95/repetitions), c.name)
		}
	}
}

// rejected is 1 where a standard normal number would be as far from 0 in 5 % of cases.
func rejected(z float64) float64 {
	if math.Abs(z) > 1.959964 {
		return 1
	}
	return 0
}
