package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"calorimeter/datasets"
)

// Deliberate errors, each made once by hand, and the test that caught it:
//
//	smallest remainder instead of the largest    TestSharesByHand
//	a class may be drawn twice                   TestStratified
//	order not shuffled                           TestStratified
//	seed from the clock                          TestGenerateIsDeterministic

func TestSharesByHand(t *testing.T) {
	// 10 of 47, 16, 15, 12, 10: exact shares 4.7, 1.6, 1.5, 1.2, 1.0; two seats are left for the largest fractions.
	assert.Equal(t, []int{5, 2, 1, 1, 1}, shares([]int{47, 16, 15, 12, 10}, 10))
	assert.Equal(t, []int{1, 1, 0}, shares([]int{5, 5, 5}, 2), "the lower class first")
}

func TestShares(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		counts := rapid.SliceOfN(rapid.IntRange(0, 50), 1, 12).Draw(t, "counts")
		counts[0]++
		total := 0
		for _, c := range counts {
			total += c
		}
		n := rapid.IntRange(0, total).Draw(t, "n")
		sum := 0
		for c, share := range shares(counts, n) {
			sum += share
			exact := float64(n) * float64(counts[c]) / float64(total)
			require.Less(t, float64(share)-exact, 1.0)
			require.Less(t, exact-float64(share), 1.0)
			require.LessOrEqual(t, share, counts[c])
		}
		require.Equal(t, n, sum)
	})
}

// full is a set whose rows are all different: pixel 0 and 1 spell the row's number.
func full(n int) *datasets.Dataset {
	d := &datasets.Dataset{Name: "full", Rows: 2, Cols: 2, X: make([]float32, 4*n), Labels: make([]uint8, n)}
	for i := range n {
		d.Row(i)[0], d.Row(i)[1] = float32(i/256)/255, float32(i%256)/255
		d.Labels[i] = uint8(i % 7 % 4)
	}
	return d
}

func write(t *testing.T) string {
	dir := filepath.Join(t.TempDir(), "full")
	require.NoError(t, datasets.WriteFolder(dir, &datasets.Split{Train: full(700), Test: full(140)}))
	return dir
}

func TestStratified(t *testing.T) {
	out := filepath.Join(t.TempDir(), "sample")
	require.NoError(t, generate(write(t), out, 70, 14, 1))
	s, err := datasets.Open(t.Context(), out, nil)
	require.NoError(t, err)
	for _, d := range []*datasets.Dataset{s.Train, s.Test} {
		var counts [4]int
		seen := map[int]bool{}
		sorted := true
		for i := range d.Len() {
			number := int(d.Row(i)[0]*255+0.5)*256 + int(d.Row(i)[1]*255+0.5)
			require.False(t, seen[number], "row %d twice", number)
			seen[number] = true
			require.EqualValues(t, number%7%4, d.Labels[i], "images keep their labels")
			counts[d.Labels[i]]++
			sorted = sorted && (i == 0 || d.Labels[i] >= d.Labels[i-1])
		}
		k := d.Len() / 7
		assert.Equal(t, [4]int{2 * k, 2 * k, 2 * k, k}, counts)
		assert.False(t, sorted, "random order")
	}
	assert.ErrorContains(t, generate(write(t), out, 701, 14, 1), "701 examples asked for; there are 700")
}

func TestGenerateIsDeterministic(t *testing.T) {
	from := write(t)
	sums := func(seed uint64) string {
		out := t.TempDir()
		require.NoError(t, generate(from, out, 100, 20, seed))
		data, err := os.ReadFile(filepath.Join(out, "SHA256SUMS"))
		require.NoError(t, err)
		return string(data)
	}
	a := sums(1)
	assert.Equal(t, a, sums(1))
	assert.NotEqual(t, a, sums(2))
}

// The committed sample is what this program makes of the full set, byte for byte. It needs the four files in the
// folder that MNIST_FOLDER names.
func TestCommittedSample(t *testing.T) {
	folder := os.Getenv("MNIST_FOLDER")
	if folder == "" {
		t.Skip("MNIST_FOLDER is not set")
	}
	out := t.TempDir()
	require.NoError(t, generate(folder, out, defaultTrain, defaultTest, defaultSeed))
	for _, file := range []string{"SHA256SUMS", "train-images-idx3-ubyte.gz", "t10k-images-idx3-ubyte.gz"} {
		want, err := os.ReadFile(filepath.Join("..", "mnist-sample", file))
		require.NoError(t, err)
		got, err := os.ReadFile(filepath.Join(out, file))
		require.NoError(t, err)
		assert.True(t, string(want) == string(got), file)
	}
}
