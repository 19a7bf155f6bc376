package datasets

import (
	"context"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// Deliberate errors, each made once by hand, and the test that caught it:
//
//	label first in the row, not last             TestWithLabels
//	labels shared with the original              TestWithLabels
//	fraction squared                             TestShuffleLabelsCounts
//	the first examples shuffled, not random ones TestShuffleLabelsCounts
//	a cyclic shift for the permutation           TestShuffleLabelsCounts
//	seed ignored in either stream                TestShuffleLabelsCounts
//	labels drawn with replacement                TestShuffleLabels
//	step not recorded                            TestShuffleLabelsOfTheSample

func TestWithLabels(t *testing.T) {
	d := small(3, 2, 2)
	d.Labels = []uint8{7, 0, 255}
	d.Steps = []string{"pool14"}
	l, err := d.WithLabels()
	require.NoError(t, err)
	assert.Equal(t, [3]int{1, 5, 3}, [3]int{l.Rows, l.Cols, l.Len()})
	for i := range 3 {
		assert.Equal(t, append(slices.Clone(d.Row(i)), float32(d.Labels[i])), l.Row(i))
	}
	assert.Equal(t, d.Labels, l.Labels)
	assert.Equal(t, []string{"pool14", "labels"}, l.Steps)
	assert.Equal(t, []string{"pool14"}, d.Steps)
	l.X[0], l.Labels[0] = 9, 9
	assert.Equal(t, uint8(7), d.Labels[0], "a copy")
	assert.NotEqual(t, float32(9), d.X[0], "a copy")

	for _, labels := range [][]uint8{nil, {1, 2}} {
		d.Labels = labels
		_, err = d.WithLabels()
		assert.ErrorContains(t, err, "labels for 3 examples")
		_, err = ShuffleLabels(d, 0.5, 1)
		assert.ErrorContains(t, err, "labels for 3 examples")
	}
}

func TestShuffleLabels(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := small(rapid.IntRange(1, 250).Draw(t, "n"), 1, 2) // every label once: what moved shows
		before := slices.Clone(d.Labels)
		fraction, seed := rapid.Float64Range(0, 1).Draw(t, "fraction"), rapid.Uint64().Draw(t, "seed")
		s, err := ShuffleLabels(d, fraction, seed)
		require.NoError(t, err)
		require.Equal(t, before, d.Labels, "the data set itself is left alone")
		require.Equal(t, d.X, s.X)
		changed := 0
		for i, y := range s.Labels {
			if y != before[i] {
				changed++
			}
		}
		require.LessOrEqual(t, changed, int(math.Round(fraction*float64(d.Len()))))
		sorted := slices.Clone(s.Labels)
		slices.Sort(sorted)
		require.Equal(t, before, sorted, "a permutation")
		again, err := ShuffleLabels(d, fraction, seed)
		require.NoError(t, err)
		require.Equal(t, s, again)
	})
	for _, fraction := range []float64{-0.1, 1.1, math.NaN()} {
		_, err := ShuffleLabels(small(3, 1, 1), fraction, 1)
		assert.ErrorContains(t, err, "from 0 to 1")
	}
}

// A shuffled label is that of a uniformly random one of the shuffled examples: of k distinct ones, one stays where it
// was on average, with variance 1 (the fixed points of a random permutation). Which examples are shuffled is random
// too.
func TestShuffleLabelsCounts(t *testing.T) {
	const n, seeds = 200, 2000
	for _, fraction := range []float64{0, 0.25, 0.5, 1} {
		var stayed float64
		firstMoved := 0.0
		for seed := range uint64(seeds) {
			d := small(n, 1, 1)
			s, err := ShuffleLabels(d, fraction, seed)
			require.NoError(t, err)
			for i, y := range s.Labels {
				if y == d.Labels[i] {
					stayed++
				}
			}
			if s.Labels[0] != 0 {
				firstMoved++
			}
		}
		if fraction == 0 {
			require.EqualValues(t, n*seeds, stayed)
			continue
		}
		z := (stayed/seeds - (n*(1-fraction) + 1)) * math.Sqrt(seeds)
		assert.Less(t, math.Abs(z), 4.0, "fraction %v", fraction)
		p := fraction - 1.0/n
		z = (firstMoved/seeds - p) / math.Sqrt(p*(1-p)/seeds+1e-9)
		assert.Less(t, math.Abs(z), 4.0, "fraction %v", fraction)
	}
}

// More of them are shuffled at a larger fraction, and those of the smaller one again; another seed shuffles others.
func TestShuffleLabelsNest(t *testing.T) {
	d := small(250, 1, 1)
	moved := func(fraction float64, seed uint64) (set []int) {
		s, err := ShuffleLabels(d, fraction, seed)
		require.NoError(t, err)
		for i, y := range s.Labels {
			if y != d.Labels[i] {
				set = append(set, i)
			}
		}
		return set
	}
	few, many := moved(0.2, 3), moved(0.6, 3)
	both := 0
	for _, i := range few {
		if slices.Contains(many, i) {
			both++
		}
	}
	assert.GreaterOrEqual(t, both, len(few)-5, "apart from the few that stay by chance")
	assert.NotEqual(t, few, moved(0.2, 4))
}

// Shuffled in full, the labels of the sample agree with the true ones by chance alone: sum p_y^2 of the classes.
func TestShuffleLabelsOfTheSample(t *testing.T) {
	s, err := Open(context.Background(), "", nil)
	require.NoError(t, err)
	shuffled, err := ShuffleLabels(s.Train, 1, 7)
	require.NoError(t, err)
	counts, agree := make([]float64, 10), 0.0
	for i, y := range s.Train.Labels {
		counts[y]++
		if shuffled.Labels[i] == y {
			agree++
		}
	}
	n, want := float64(s.Train.Len()), 0.0
	for _, c := range counts {
		want += c / n * c / n
	}
	assert.Less(t, math.Abs(agree/n-want)/math.Sqrt(want*(1-want)/n), 4.0)
	assert.Equal(t, []string{"shuffle 1 labels"}, shuffled.Steps)
}
