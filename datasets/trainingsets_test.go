package datasets

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// Deliberate errors, each made once by hand, and the test that caught it:
//
//	rng.IntN(n) for rng.IntN(n-i) in choose      TestChooseIsUniform
//	one stream for all overlapping sets          TestOverlap
//	stream of the count instead of d             TestFirstSetsStay
//	mode by count*size < pool                    TestTrainingSets
//	Overlap = (size/pool)^2                      TestOverlap
//	seed ignored                                 TestSeedsDiffer

func TestTrainingSets(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pool := rapid.IntRange(1, 200).Draw(t, "pool")
		size := rapid.IntRange(1, pool).Draw(t, "size")
		count := rapid.IntRange(1, 20).Draw(t, "count")
		draw, err := TrainingSets(pool, count, size, rapid.Uint64().Draw(t, "seed"))
		require.NoError(t, err)
		require.Len(t, draw.Indices, count)
		require.Equal(t, count*size <= pool, draw.Disjoint)
		held := make([]int, pool) // the last set that holds an index, from 1
		for d, set := range draw.Indices {
			require.Len(t, set, size)
			for _, i := range set {
				require.NotEqual(t, d+1, held[i], "an index twice in one set")
				if draw.Disjoint {
					require.Zero(t, held[i], "an index in two disjoint sets")
				}
				held[i] = d + 1
			}
		}
		if draw.Disjoint {
			require.Zero(t, draw.Overlap)
		} else {
			require.Equal(t, float64(size)/float64(pool), draw.Overlap)
		}
	})
}

func TestTrainingHalves(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.IntRange(1, 50).Draw(t, "size")
		pool := rapid.IntRange(2*size, 200).Draw(t, "pool")
		count, seed := rapid.IntRange(1, 20).Draw(t, "count"), rapid.Uint64().Draw(t, "seed")
		draw, err := TrainingHalves(pool, count, size, seed)
		require.NoError(t, err)
		require.Len(t, draw.Pool, 2*size)
		require.Len(t, draw.Indices, count)
		inPool := map[int]bool{}
		for _, i := range draw.Pool {
			require.False(t, inPool[i], "an index twice in the pool")
			inPool[i] = true
		}
		for _, set := range draw.Indices {
			held := map[int]bool{}
			for _, i := range set {
				require.True(t, inPool[i] && !held[i])
				held[i] = true
			}
			require.Len(t, held, size)
		}
		more, err := TrainingHalves(pool, count+3, size, seed)
		require.NoError(t, err)
		require.Equal(t, draw.Indices, more.Indices[:count])
	})
	_, err := TrainingHalves(99, 2, 50, 1)
	require.ErrorContains(t, err, "take halves of 49 or fewer")
}

// The sets that hold an example of the pool are binomial, and two halves share half of their examples.
func TestHalvesAreIndependent(t *testing.T) {
	const size, count = 100, 40
	draw, err := TrainingHalves(1000, count, size, 3)
	require.NoError(t, err)
	holders := map[int]int{}
	for _, set := range draw.Indices {
		for _, i := range set {
			holders[i]++
		}
	}
	squares := 0.0
	for _, i := range draw.Pool {
		squares += math.Pow(float64(holders[i])-count/2, 2)
	}
	require.InDelta(t, 1, squares/(2*size-1)/(count/4), 4*math.Sqrt(2./(2*size)), "variance of holders, of count/4")
}

func TestFirstSetsStay(t *testing.T) {
	for _, c := range []struct{ pool, size, few, many int }{
		{pool: 1000, size: 50, few: 3, many: 20}, // disjoint
		{pool: 1000, size: 50, few: 21, many: 60},
	} {
		few, err := TrainingSets(c.pool, c.few, c.size, 5)
		require.NoError(t, err)
		many, err := TrainingSets(c.pool, c.many, c.size, 5)
		require.NoError(t, err)
		require.Equal(t, few.Disjoint, many.Disjoint)
		assert.Equal(t, few.Indices, many.Indices[:c.few])
	}
}

func TestSeedsDiffer(t *testing.T) {
	for _, count := range []int{2, 50} {
		a, err := TrainingSets(100, count, 20, 1)
		require.NoError(t, err)
		b, err := TrainingSets(100, count, 20, 2)
		require.NoError(t, err)
		assert.NotEqual(t, a.Indices[0], b.Indices[0])
	}
	// The numbers are part of the contract: results name a seed.
	a, err := TrainingSets(100, 2, 5, 1)
	require.NoError(t, err)
	assert.Equal(t, [][]int{{63, 14, 71, 78, 73}, {49, 52, 98, 54, 35}}, a.Indices)
}

// All 24 ordered choices of 4 from 4 are equally likely: chi-squared over many seeds, 23 degrees of freedom.
func TestChooseIsUniform(t *testing.T) {
	const seeds = 24000
	counts := map[[4]int]int{}
	for seed := range uint64(seeds) {
		draw, err := TrainingSets(4, 1, 4, seed)
		require.NoError(t, err)
		counts[[4]int(draw.Indices[0])]++
	}
	require.Len(t, counts, 24)
	chi := 0.0
	for _, n := range counts {
		chi += math.Pow(float64(n)-seeds/24, 2) / (seeds / 24)
	}
	assert.Less(t, chi, 55.0) // P(chi^2_23 > 55) = 2e-4
	assert.Greater(t, chi, 6.0)
}

// The examples that two sets share are hypergeometric: mean N^2/P and variance N^2/P (1-N/P)^2 P/(P-1).
func TestOverlap(t *testing.T) {
	const (
		pool  = 300
		count = 10
		size  = 60
		seeds = 400
	)
	mean := float64(size*size) / pool
	variance := mean * math.Pow(1-float64(size)/pool, 2) * pool / (pool - 1)
	sum, squares := 0.0, 0.0
	pairs := 0
	for seed := range uint64(seeds) {
		draw, err := TrainingSets(pool, count, size, seed)
		require.NoError(t, err)
		require.Equal(t, 0.2, draw.Overlap)
		for d := 0; d+1 < count; d += 2 { // independent pairs
			in := map[int]bool{}
			for _, i := range draw.Indices[d] {
				in[i] = true
			}
			shared := 0.0
			for _, i := range draw.Indices[d+1] {
				if in[i] {
					shared++
				}
			}
			assert.InDelta(t, draw.Overlap, mean/size, 1e-12)
			sum += shared
			squares += (shared - mean) * (shared - mean)
			pairs++
		}
	}
	n := float64(pairs)
	assert.Less(t, math.Abs(sum/n-mean)/math.Sqrt(variance/n), 4.0)
	assert.InDelta(t, 1, squares/n/variance, 4*math.Sqrt(2/n))
}

func TestTrainingSetsErrors(t *testing.T) {
	_, err := TrainingSets(100, 1, 101, 0)
	assert.ErrorContains(t, err, "101 examples asked for, but the pool has 100")
	_, err = TrainingSets(100, 1, 0, 0)
	assert.Error(t, err)
	_, err = TrainingSets(100, 0, 1, 0)
	assert.Error(t, err)
	_, err = TrainingSets(0, 1, 1, 0)
	assert.Error(t, err)
}
