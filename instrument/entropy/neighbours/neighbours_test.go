package neighbours

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// naive returns the distances of point i to all others in ascending order: the definition, by sorting everything.
func naive(points []float64, dim, i int) []float64 {
	var dist []float64
	for p := 0; p < len(points); p += dim {
		if p == i*dim {
			continue
		}
		d := 0.0
		for j := range dim {
			d = max(d, math.Abs(points[i*dim+j]-points[p+j]))
		}
		dist = append(dist, d)
	}
	slices.Sort(dist)
	return dist
}

// Deliberate errors, each caught by TestAgainstDefinition:
//
//	tree: distance to a box from the wrong corner
//	tree: farthest corner taken as nearest
//	tree: a box that lies on the radius counted whole, a point on it counted
//	tree: child opened only within the least distance so far, not the k-th
//	tree: the point itself among its neighbours, or in its count
//	line: open ball counted as closed, to either side
//	line: the point itself in its count
//	distance ended before its limit
//	distances in falling order

// TestAgainstDefinition compares with a full sort on clouds of one leaf and of several, with and without repeated
// coordinates.
func TestAgainstDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 150).Draw(t, "n")
		dim := rapid.IntRange(1, 20).Draw(t, "dim")
		grid := rapid.SampledFrom([]int{0, 2, 5}).Draw(t, "grid")
		k := rapid.IntRange(1, min(n-1, 20)).Draw(t, "k")
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		points := normal(rng, n, dim)
		if grid > 0 {
			for i := range points {
				points[i] = float64(rng.IntN(grid))
			}
		}
		dist := Distances(points, dim, k)
		radii, counts := make([]float64, n), make([]int, n)
		counter := NewCounter(points, dim)
		for _, scale := range []float64{1, 1.5} {
			for i := range n {
				radii[i] = scale * dist[(i+1)*k-1]
			}
			counter.Count(radii, counts)
			for i := range n {
				want := naive(points, dim, i)
				require.Equal(t, want[:k], dist[i*k:(i+1)*k], "distances of point %d", i)
				nearer, _ := slices.BinarySearch(want, radii[i])
				require.Equal(t, nearer, counts[i], "points within %v of point %d", radii[i], i)
			}
		}
	})
}

func TestOddRadii(t *testing.T) {
	for _, dim := range []int{1, 2} {
		counts := make([]int, 4)
		counter := NewCounter(normal(rand.New(rand.NewPCG(1, 1)), 4, dim), dim)
		counter.Count([]float64{0, -1, math.NaN(), math.Inf(1)}, counts)
		assert.Equal(t, []int{0, 0, 0, 3}, counts)
	}
}

func TestCountDoesNotAllocate(t *testing.T) {
	const n = 1000
	for _, dim := range []int{1, 3, 30} {
		points := normal(rand.New(rand.NewPCG(1, 2)), n, dim)
		counter, dist := NewCounter(points, dim), Distances(points, dim, 1)
		counts := make([]int, n)
		assert.Zero(t, testing.AllocsPerRun(5, func() { counter.Count(dist, counts) }), "%d dimensions", dim)
	}
}

func TestUnusableInput(t *testing.T) {
	for _, bad := range []float64{math.NaN(), math.Inf(1)} {
		assert.PanicsWithValue(t, fmt.Sprintf("neighbours: coordinate 1 of point 1 is %v", bad),
			func() { NewCounter([]float64{1, 2, 3, bad}, 2) })
	}
	assert.PanicsWithValue(t, "neighbours: 3 values are no points of 2 dimensions",
		func() { Distances(make([]float64, 3), 2, 1) })
	assert.Panics(t, func() { NewCounter(make([]float64, 4), 0) })
	assert.Panics(t, func() { Distances([]float64{0, 1, 2, 3}, 1, 4) })
	assert.Panics(t, func() { Distances([]float64{0, 1, 2, 3}, 1, 0) })
	assert.Panics(t, func() { NewCounter([]float64{0, 1, 2, 3}, 1).Count(make([]float64, 3), make([]int, 4)) })
}

func normal(rng *rand.Rand, n, dim int) []float64 {
	points := make([]float64, n*dim)
	for i := range points {
		points[i] = rng.NormFloat64()
	}
	return points
}

// BenchmarkNeighbours finds 3 neighbours of 10,000 normal points, and counts within the last of them; doc.go has the
// table.
func BenchmarkNeighbours(b *testing.B) {
	const n, k = 10_000, 3
	for _, dim := range []int{1, 2, 5, 10, 25, 50} {
		points := normal(rand.New(rand.NewPCG(1, 2)), n, dim)
		radii, counts := make([]float64, n), make([]int, n)
		b.Run(fmt.Sprintf("Distances/dim=%d", dim), func(b *testing.B) {
			for b.Loop() {
				for i, dist := 0, Distances(points, dim, k); i < n; i++ {
					radii[i] = dist[(i+1)*k-1]
				}
			}
		})
		b.Run(fmt.Sprintf("Count/dim=%d", dim), func(b *testing.B) {
			for b.Loop() {
				NewCounter(points, dim).Count(radii, counts)
			}
		})
	}
}
