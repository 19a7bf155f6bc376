package neighbours

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// searches builds every search that can serve the dimension over the same points.
func searches(t require.TestingT, points []float64, dim int, norm Norm) map[string]*Index {
	c, err := newCloud(points, dim, norm)
	require.NoError(t, err)
	all := map[string]*Index{
		"tree": {cloud: c, search: newTree(c)},
		"scan": {cloud: c, search: newScan(c)},
	}
	if dim == 1 {
		all["line"] = &Index{cloud: c, search: newLine(c)}
	}
	return all
}

// naive returns the other points ordered by distance, then by index, with their distances: the definition, by
// sorting everything.
func naive(points []float64, dim int, norm Norm, q []float64, skip int) (idx []int, dist []float64) {
	n := len(points) / dim
	all := make([]float64, n)
	for i := range n {
		for j := range dim {
			d := math.Abs(q[j] - points[i*dim+j])
			if norm == Chebyshev {
				all[i] = max(all[i], d)
			} else {
				all[i] += d * d
			}
		}
		if norm == Euclidean {
			all[i] = math.Sqrt(all[i])
		}
		if i != skip {
			idx = append(idx, i)
		}
	}
	slices.SortStableFunc(idx, func(a, b int) int { return cmp.Compare(all[a], all[b]) })
	for _, i := range idx {
		dist = append(dist, all[i])
	}
	return idx, dist
}

// Deliberate errors, and the test that caught each:
//
//	tree: box distance from the wrong corner            TestAgainstDefinition, TestSearchesAgree
//	tree: children opened by bound < instead of <=      TestAgainstDefinition (ties by index)
//	tree: farthest corner taken as nearest              TestAgainstDefinition, TestSearchesAgree
//	line: open ball counted as closed                   TestAgainstDefinition
//	line: count without leaving the point itself out    TestAgainstDefinition, TestSearchesAgree
//	scan: last tile cut short                           TestAgainstDefinition, TestSearchesAgree
//	ties not ordered by index                           TestAgainstDefinition
//	Euclidean radius squared without the search for the last square within
//	                                                    TestAgainstDefinition
//	unit ball: Gamma(dim/2) for Gamma(1 + dim/2)        TestLogUnitBall

// TestAgainstDefinition compares every search with a full sort on small clouds, with and without duplicated
// coordinates, in both norms.
func TestAgainstDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 50).Draw(t, "n")
		dim := rapid.IntRange(1, 12).Draw(t, "dim")
		norm := Norm(rapid.IntRange(0, 1).Draw(t, "norm"))
		grid := rapid.SampledFrom([]int{0, 2, 5}).Draw(t, "grid")
		k := rapid.IntRange(1, n-1).Draw(t, "k")
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		points := make([]float64, n*dim)
		for i := range points {
			if points[i] = rng.NormFloat64(); grid > 0 {
				points[i] = float64(rng.IntN(grid))
			}
		}
		query := make([]float64, dim)
		for j := range query {
			query[j] = rng.NormFloat64()
		}
		for name, ix := range searches(t, points, dim, norm) {
			idx, dist := make([]int, n*k), make([]float64, n*k)
			ix.NearestAll(k, idx, dist)
			radii, open, closed := make([]float64, n), make([]int, n), make([]int, n)
			for i := range n {
				radii[i] = dist[(i+1)*k-1]
			}
			ix.CountAll(radii, false, open)
			ix.CountAll(radii, true, closed)
			for i := range n {
				q := points[i*dim : (i+1)*dim]
				wantIdx, wantDist := naive(points, dim, norm, q, i)
				require.Equal(t, wantDist[:k], dist[i*k:(i+1)*k], "%s: distances of point %d", name, i)
				require.Equal(t, wantIdx[:k], idx[i*k:(i+1)*k], "%s: neighbours of point %d", name, i)
				nearer, _ := slices.BinarySearch(wantDist, radii[i])
				require.Equal(t, nearer, open[i], "%s: open ball of point %d", name, i)
				upTo, _ := slices.BinarySearch(wantDist, math.Nextafter(radii[i], math.Inf(1)))
				require.Equal(t, upTo, closed[i], "%s: closed ball of point %d", name, i)
			}
			wantIdx, wantDist := naive(points, dim, norm, query, -1)
			i, d := make([]int, n+3), make([]float64, n+3)
			require.Equal(t, []int{n, dim}, []int{ix.Len(), ix.Dim()}, name)
			require.Equal(t, n, ix.Nearest(query, -1, i, d), name)
			require.Equal(t, wantIdx, i[:n], name)
			require.Equal(t, wantDist, d[:n], name)
			nearer, _ := slices.BinarySearch(wantDist, wantDist[n/2])
			require.Equal(t, nearer, ix.Count(query, -1, wantDist[n/2], false), name)
			require.Equal(t, n, ix.Count(query, -1, wantDist[n-1], true), name)
			require.Equal(t, n-1, ix.Count(query, wantIdx[0], wantDist[n-1], true), name)
			require.Equal(t, 0, ix.Count(query, wantIdx[n-1], 0, false), name)
		}
	})
}

// TestSearchesAgree compares the searches with each other, and one worker with many, on clouds that are large
// enough for deep trees and several blocks.
func TestSearchesAgree(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	const n, k = 700, 4
	for _, dim := range []int{1, 2, 3, 9, 40} {
		for _, norm := range []Norm{Chebyshev, Euclidean} {
			rng := rand.New(rand.NewPCG(7, uint64(dim)))
			points := normal(rng, n, dim)
			var wantIdx, wantCount []int
			var wantDist []float64
			for name, ix := range searches(t, points, dim, norm) {
				for _, workers := range []int{0, 1, 2, 7} {
					runtime.GOMAXPROCS(max(1, workers))
					ix.Workers = workers
					idx, dist, counts := make([]int, n*k), make([]float64, n*k), make([]int, n)
					ix.NearestAll(k, idx, dist)
					ix.CountAll(dist[:n], false, counts)
					if wantIdx == nil {
						wantIdx, wantDist, wantCount = idx, dist, counts
					}
					require.Equal(t, wantIdx, idx, "%s, %d workers, dim %d, %v", name, workers, dim, norm)
					require.Equal(t, wantDist, dist, "%s, %d workers, dim %d, %v", name, workers, dim, norm)
					require.Equal(t, wantCount, counts, "%s, %d workers, dim %d, %v", name, workers, dim, norm)
				}
			}
		}
	}
}

func TestQueriesDoNotAllocate(t *testing.T) {
	const n, k = 1000, 3
	for _, dim := range []int{1, 3, 30} {
		points := normal(rand.New(rand.NewPCG(1, 2)), n, dim)
		for name, ix := range searches(t, points, dim, Euclidean) {
			idx, dist, counts := make([]int, n*k), make([]float64, n*k), make([]int, n)
			assert.Zero(t, testing.AllocsPerRun(5, func() {
				ix.Nearest(points[:dim], 0, idx[:k], dist[:k])
				ix.Count(points[:dim], 0, 1, true)
			}), "%s: one query", name)
			perCall := testing.AllocsPerRun(5, func() {
				ix.NearestAll(k, idx, dist)
				ix.CountAll(dist[:n], false, counts)
			})
			assert.LessOrEqual(t, perCall, 2.0, "%s: %d queries", name, n)
		}
	}
}

func TestUnusableInput(t *testing.T) {
	for _, bad := range []float64{math.NaN(), math.Inf(1)} {
		_, err := New([]float64{1, 2, 3, bad}, 2, Chebyshev)
		assert.ErrorContains(t, err, "coordinate 1 of point 1")
	}
	assert.PanicsWithValue(t, "neighbours: 3 values are no points of 2 dimensions", func() { New(make([]float64, 3), 2, Chebyshev) })
	assert.Panics(t, func() { New(make([]float64, 4), 0, Chebyshev) })
	assert.Panics(t, func() { New(make([]float64, 4), 2, Norm(2)) })
	ix, err := New([]float64{0, 1, 2, 3}, 1, Euclidean)
	require.NoError(t, err)
	assert.Panics(t, func() { ix.NearestAll(4, make([]int, 16), make([]float64, 16)) })
	assert.Panics(t, func() { ix.NearestAll(2, make([]int, 8), make([]float64, 7)) })
	assert.Panics(t, func() { ix.CountAll(make([]float64, 3), true, make([]int, 4)) })
	assert.Panics(t, func() { ix.Nearest([]float64{0, 1}, -1, make([]int, 1), make([]float64, 1)) })
	assert.Zero(t, ix.Count([]float64{0}, -1, math.NaN(), true))
	assert.Equal(t, 4, ix.Count([]float64{0}, -1, math.Inf(1), true))
}

func TestLogUnitBall(t *testing.T) {
	for dim, volume := range map[int]float64{1: 2, 2: math.Pi, 3: 4 * math.Pi / 3, 4: math.Pi * math.Pi / 2} {
		assert.InDelta(t, math.Log(volume), Euclidean.LogUnitBall(dim), 1e-14)
		assert.InDelta(t, math.Log(math.Pow(2, float64(dim))), Chebyshev.LogUnitBall(dim), 1e-14)
	}
}

func normal(rng *rand.Rand, n, dim int) []float64 {
	points := make([]float64, n*dim)
	for i := range points {
		points[i] = rng.NormFloat64()
	}
	return points
}

// BenchmarkNearestAll finds 3 neighbours of 5,000 normal points, the build included. Tree over scan: 0.02 in 2
// dimensions, 0.06 in 5, about 1 at the change-over (see scans), 1.5 to 2 in 50.
func BenchmarkNearestAll(b *testing.B) {
	const n, k = 5000, 3
	for _, dim := range []int{2, 5, 10, 20, 50} {
		points := normal(rand.New(rand.NewPCG(1, 2)), n, dim)
		idx, dist := make([]int, n*k), make([]float64, n*k)
		for _, norm := range []Norm{Chebyshev, Euclidean} {
			c, err := newCloud(points, dim, norm)
			require.NoError(b, err)
			b.Run(fmt.Sprintf("%v/dim=%d/tree", norm, dim), func(b *testing.B) {
				for b.Loop() {
					(&Index{cloud: c, search: newTree(c)}).NearestAll(k, idx, dist)
				}
			})
			b.Run(fmt.Sprintf("%v/dim=%d/scan", norm, dim), func(b *testing.B) {
				for b.Loop() {
					(&Index{cloud: c, search: newScan(c)}).NearestAll(k, idx, dist)
				}
			})
		}
	}
}
