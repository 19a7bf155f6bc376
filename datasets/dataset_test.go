package datasets

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// Deliberate errors, each made once by hand, and the test that caught it:
//
//	Subset forgets the labels                    TestSubset
//	Row is not capped                            TestRowIsView
//	sample drawn without stratification          TestSampleIsStratified
//	pixels divided by 256                        TestSampleIsMNIST
//	pool14 averages 2 x 2 of the wrong row       TestPool
//	binarise at >= 1/2                           TestBinarise
//	step not recorded                            TestPreprocessChain
//	noise seeded by the index of the example     TestDequantise
//	one noise for all examples                   TestDequantise
//	noise of variance instead of deviation 0.15  TestDequantise

func small(n, rows, cols int) *Dataset {
	d := &Dataset{Name: "small", Rows: rows, Cols: cols, X: make([]float32, n*rows*cols), Labels: make([]uint8, n)}
	for i := range d.X {
		d.X[i] = float32(i%256) / 255
	}
	for i := range d.Labels {
		d.Labels[i] = uint8(i)
	}
	return d
}

func TestSubset(t *testing.T) {
	d := small(5, 2, 3)
	s := d.Subset([]int{4, 0, 4})
	assert.Equal(t, 3, s.Len())
	assert.Equal(t, 6, s.Dim())
	assert.Equal(t, []uint8{4, 0, 4}, s.Labels)
	assert.Equal(t, slices.Concat(d.Row(4), d.Row(0), d.Row(4)), s.X)
	s.X[0] = 7
	assert.NotEqual(t, float32(7), d.Row(4)[0], "a subset is a copy")

	d.Labels = nil
	assert.Nil(t, d.Subset([]int{1}).Labels)
	assert.Zero(t, (&Dataset{}).Len())
	assert.PanicsWithValue(t, "datasets: row 5 of 5", func() { d.Subset([]int{5}) })
	assert.Panics(t, func() { d.Gather(make([]float32, 5), []int{1}) })
	assert.Panics(t, func() { d.Row(-1) })
}

func TestRowIsView(t *testing.T) {
	d := small(2, 1, 3)
	_ = append(d.Row(0), 9)
	assert.Equal(t, float32(3)/255, d.Row(1)[0], "appending to a row must not reach the next")
	d.Row(1)[0] = 5
	assert.Equal(t, float32(5), d.X[3])
}

func TestGatherDoesNotAllocate(t *testing.T) {
	d := small(50, 4, 4)
	dst, indices := make([]float32, 10*16), sequence(10)
	assert.Zero(t, testing.AllocsPerRun(100, func() { d.Gather(dst, indices) }))
}

func TestSampleChecksums(t *testing.T) {
	sums, err := fs.ReadFile(sample, "mnist-sample/SHA256SUMS")
	require.NoError(t, err)
	lines := strings.Split(strings.TrimSpace(string(sums)), "\n")
	require.Len(t, lines, 4)
	total := 0
	for _, line := range lines {
		want, file, _ := strings.Cut(line, "  ")
		data, err := fs.ReadFile(sample, "mnist-sample/"+file)
		require.NoError(t, err)
		assert.Equal(t, want, fmt.Sprintf("%x", sha256.Sum256(data)), file)
		total += len(data)
	}
	assert.LessOrEqual(t, total, 1_200_000)
	readme, err := fs.ReadFile(sample, "mnist-sample/README.md")
	require.NoError(t, err)
	for _, must := range []string{"Yann LeCun", "Corinna Cortes", "Burges", "CC BY-SA 3.0"} {
		assert.Contains(t, string(readme), must)
	}
}

// The classes of the full set (its published counts) and the shares of them that the method of the largest remainder
// gives, worked out by hand: n*count/total, whole parts first, then the largest fractions.
func TestSampleIsStratified(t *testing.T) {
	s, err := Open(context.Background(), "mnist-sample", nil)
	require.NoError(t, err)
	for _, c := range []struct {
		d      *Dataset
		counts [10]int
	}{
		{s.Train, [10]int{5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949}},
		{s.Test, [10]int{980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009}},
	} {
		total := 0
		for _, n := range c.counts {
			total += n
		}
		var got [10]int
		for _, label := range c.d.Labels {
			got[label]++
		}
		for k, n := range c.counts {
			exact := float64(c.d.Len()) * float64(n) / float64(total)
			assert.Less(t, math.Abs(float64(got[k])-exact), 1.0, "class %d: %d, exact share %.3f", k, got[k], exact)
		}
	}
	assert.Equal(t, 5000, s.Train.Len())
	assert.Equal(t, 1000, s.Test.Len())

	// In random order: the label of a row says nothing of the next row's.
	same := 0
	for i := 1; i < s.Train.Len(); i++ {
		if s.Train.Labels[i] == s.Train.Labels[i-1] {
			same++
		}
	}
	z := (float64(same) - 0.1003*4999) / math.Sqrt(4999*0.1*0.9)
	assert.Less(t, math.Abs(z), 4.0)
}

func TestSampleIsMNIST(t *testing.T) {
	s, err := Open(context.Background(), "", nil)
	require.NoError(t, err)
	assert.Equal(t, "mnist-sample", s.Train.Name)
	assert.Contains(t, s.Train.Origin, "LeCun")
	assert.Equal(t, 28, s.Train.Rows)
	assert.Equal(t, 28, s.Train.Cols)
	assert.Equal(t, float32(1), slices.Max(s.Train.X))
	assert.Equal(t, float32(0), slices.Min(s.Train.X))
	mean := 0.0
	for _, x := range s.Train.X {
		mean += float64(x)
	}
	mean /= float64(len(s.Train.X))
	// The mean of all of MNIST's training pixels is 0.1307; the standard error of an image's mean, whose standard
	// deviation is 0.04, over 5000 images is 0.0006.
	assert.InDelta(t, 0.1307, mean, 0.0025)
}

func TestPool(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 3).Draw(t, "n")
		rows, cols := rapid.IntRange(1, 4).Draw(t, "rows"), rapid.IntRange(1, 4).Draw(t, "cols")
		d := small(n, 2*rows, 2*cols)
		p, err := Preprocess(d, "pool14")
		require.NoError(t, err)
		require.Equal(t, []int{n, rows, cols}, []int{p.Len(), p.Rows, p.Cols})
		require.Equal(t, d.Labels, p.Labels)
		for k := range n {
			for i := range rows {
				for j := range cols {
					at := func(a, b int) float64 { return float64(d.Row(k)[(2*i+a)*d.Cols+2*j+b]) }
					want := (at(0, 0) + at(0, 1) + at(1, 0) + at(1, 1)) / 4
					require.InDelta(t, want, p.Row(k)[i*cols+j], 1e-7)
				}
			}
		}
	})
	_, err := Preprocess(small(1, 3, 4), "pool14")
	assert.ErrorContains(t, err, "3 x 4")
	_, err = Preprocess(small(1, 4, 7), "pool14")
	assert.ErrorContains(t, err, "4 x 7")
}

// Every 8-bit pixel falls on its side of 127.5, and so does an average of four close to it: one of exactly 127.5 is
// 0, whatever the rounding of the four numbers (none of the 11 million cases rounds away from 1/2).
func TestBinarise(t *testing.T) {
	d := &Dataset{Rows: 1, Cols: 256, X: make([]float32, 256)}
	for v := range d.X {
		d.X[v] = float32(v) / 255
	}
	b, err := Preprocess(d, "binarise")
	require.NoError(t, err)
	for v, x := range b.X {
		require.Equal(t, v > 127, x == 1, "pixel %d became %v", v, x)
	}
	rapid.Check(t, func(t *rapid.T) {
		px := rapid.SliceOfN(rapid.IntRange(0, 255), 3, 3).Draw(t, "pixels")
		last := min(max(510-px[0]-px[1]-px[2]+rapid.IntRange(-1, 1).Draw(t, "off"), 0), 255)
		px = append(px, last)
		d := &Dataset{Rows: 2, Cols: 2, X: make([]float32, 4)}
		sum := 0
		for i, v := range px {
			d.X[i], sum = float32(v)/255, sum+v
		}
		b, err := Preprocess(d, "pool14,binarise")
		require.NoError(t, err)
		require.Equal(t, sum > 510, b.X[0] == 1, "%v", px)
	})
	_, err = Preprocess(&Dataset{Name: "g", Rows: 1, Cols: 1, X: []float32{0, -1.5}}, "binarise")
	assert.ErrorContains(t, err, "g has -1.5 in row 1")
	_, err = Preprocess(&Dataset{Rows: 1, Cols: 1, X: []float32{float32(math.NaN())}}, "binarise")
	assert.Error(t, err)
}

func TestDequantise(t *testing.T) {
	const n = 400
	d := small(n, 5, 7) // rows repeat after 256, so they are made unlike
	for k := range n {
		d.X[35*k] = float32(k)
	}
	noisy, err := Preprocess(d, "dequantise")
	require.NoError(t, err)
	var sum, squares, neighbours float64
	for i, x := range noisy.X {
		e := (float64(x) - float64(d.X[i])) / 0.15
		sum, squares = sum+e, squares+e*e
		if i >= 35 {
			neighbours += e * (float64(noisy.X[i-35]) - float64(d.X[i-35])) / 0.15
		}
	}
	values := float64(len(d.X))
	assert.Less(t, math.Abs(sum)/math.Sqrt(values), 4.0, "z of the mean")
	assert.Less(t, math.Abs(squares-values)/math.Sqrt(2*values), 4.0, "z of the variance")
	assert.Less(t, math.Abs(neighbours)/math.Sqrt(values), 4.0, "z of the correlation between examples")

	part, err := Preprocess(d.Subset([]int{300, 7}), "dequantise")
	require.NoError(t, err)
	assert.Equal(t, slices.Concat(noisy.Row(300), noisy.Row(7)), part.X, "noise goes with the example")
}

func TestPreprocessChain(t *testing.T) {
	d := small(3, 4, 4)
	d.Origin, d.Steps = "o", []string{"before"}
	kept := slices.Clone(d.X)
	p, err := Preprocess(d, "pool14, binarise")
	require.NoError(t, err)
	assert.Equal(t, []string{"before", "pool14", "binarise"}, p.Steps)
	assert.Equal(t, "o", p.Origin)
	assert.Equal(t, []string{"before"}, d.Steps)
	assert.Equal(t, kept, d.X, "the original is left as it is")

	same, err := Preprocess(d, "")
	require.NoError(t, err)
	assert.Equal(t, d, same)

	for _, bad := range []string{"binarize", "pool14,", "whiten"} {
		_, err = Preprocess(d, bad)
		require.ErrorContains(t, err, "pool14, binarise", bad)
	}
	_, err = Preprocess(d, "binarize")
	assert.ErrorContains(t, err, `did you mean "binarise"?`)
	_, err = Preprocess(d, "whiten")
	assert.NotContains(t, err.Error(), "did you mean")
}

// 500 rows of 784 out of 5000 in random order against one copy of as many bytes. Measured: 1.2 times the time of the
// copy (medians of three, on a busy machine), without allocation.
func BenchmarkGather(b *testing.B) {
	d := small(5000, 28, 28)
	draw, err := TrainingSets(5000, 1, 500, 1)
	require.NoError(b, err)
	dst := make([]float32, 500*784)
	b.Run("rows", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			d.Gather(dst, draw.Indices[0])
		}
	})
	b.Run("block", func(b *testing.B) {
		for b.Loop() {
			copy(dst, d.X)
		}
	})
}
