package copying

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestCellsSeeWhatTheWholeHides has a model that copies the examples of a wide cluster, too many of them, and draws
// those of a narrow one well. Copies in the wide one are farther than held-out examples of the narrow one: as a whole
// the samples seem to underfit. Another copies the one and underfits the other, as much: the mean over cells is near 0,
// and only the cells tell.
func TestCellsSeeWhatTheWholeHides(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	draw := func(n, wide int, width float64) (x []float32) {
		for i := range n {
			at, sd := 100.0, width
			if i < wide {
				at, sd = -100, 20
			}
			for range dim {
				x = append(x, float32(at+sd*rng.NormFloat64()))
			}
		}
		return x
	}
	for _, c := range []struct {
		name           string
		wide           int // of 400 training and as many held-out examples
		copies, others int
		width          float64 // of the others; that of examples is 1

		whole, mean, inWide, inNarrow [2]float64
	}{
		{name: "copies too many", wide: 120, copies: 160, others: 40, width: 1,
			whole: [2]float64{3, 20}, mean: [2]float64{-20, -3}, inWide: [2]float64{-20, -8}, inNarrow: [2]float64{-2, 2}},
		{name: "underfits elsewhere", wide: 200, copies: 100, others: 100, width: 3,
			whole: [2]float64{-1, 9}, mean: [2]float64{-2, 2}, inWide: [2]float64{-20, -8}, inNarrow: [2]float64{6, 20}},
	} {
		training, heldOut := draw(400, c.wide, 1), draw(400, c.wide, 1)
		samples := draw(c.others, 0, c.width)
		for i := range c.copies * dim {
			samples = append(samples, training[i%(c.wide*dim)]+float32(3*rng.NormFloat64()))
		}
		examples, cells := NewExamples(training, dim), NewCells(training, dim, 2, rng)
		wide := cells.Of(training[:dim])[0]
		for i, cell := range cells.Of(training) {
			require.Equal(t, i < c.wide, cell == wide, "two clusters are two cells")
		}
		place := func(x []float32) (placed []Placed) {
			of := cells.Of(x)
			for i, n := range examples.Nearest(x) {
				placed = append(placed, Placed{Cell: of[i], Distance: n.Distance})
			}
			return placed
		}
		whole := Compare(Distances(examples.Nearest(samples)), Distances(examples.Nearest(heldOut))).Z
		test := InCells(place(samples), place(heldOut), 20)
		inWide, inNarrow := test.Cells[wide].Z, test.Cells[1-wide].Z
		t.Logf("%s: whole %.1f, C_T %.1f, wide %.1f, narrow %.1f", c.name, whole, test.Mean, inWide, inNarrow)
		for _, v := range []struct {
			z      float64
			limits [2]float64
		}{{whole, c.whole}, {test.Mean, c.mean}, {inWide, c.inWide}, {inNarrow, c.inNarrow}} {
			require.True(t, v.limits[0] <= v.z && v.z <= v.limits[1], "%s: %v, want %v", c.name, v.z, v.limits)
		}
		w := float64(c.wide) / 400
		require.InDelta(t, w*inWide+(1-w)*inNarrow, test.Mean, 1e-9)
		require.InDelta(t, test.Mean/math.Hypot(w, 1-w), test.Z, 1e-9)
		few := InCells(place(samples[:19*dim]), place(heldOut), 20)
		require.Empty(t, few.Cells)
		require.True(t, math.IsNaN(few.Z))
	}
}

// Distinct examples are cells of their own where there are enough, and equal ones share one.
func TestCellsOfFewExamples(t *testing.T) {
	c := NewCells([]float32{0, 0, 5, 5, 9, 5}, 1, 10, rand.New(rand.NewPCG(1, 1)))
	of := c.Of([]float32{0.1, 4, 8.9, 5})
	require.Len(t, c.centres, 3)
	require.Equal(t, of[1], of[3])
	require.NotEqual(t, of[0], of[1])
	require.NotEqual(t, of[1], of[2])
	require.Panics(t, func() { NewCells(nil, 1, 2, nil) })
}
