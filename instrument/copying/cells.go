package copying

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// Cells divide the space into regions of similar examples, each about the mean of a cluster.
type Cells struct {
	dim     int
	centres []float32 // row-major
}

// mostRounds ends Lloyd's algorithm where it has not come to rest: any division into cells is valid.
const mostRounds = 50

// NewCells divides the space by k-means of a training set, row-major with dim numbers a row: Lloyd's algorithm from a
// start by k-means++ (Arthur & Vassilvitskii 2007, SODA), drawn from rng. There are fewer than k cells where the set
// has fewer distinct examples. It panics on k < 1 or on no examples.
func NewCells(x []float32, dim, k int, rng *rand.Rand) *Cells {
	mustBeRows(x, dim)
	if k < 1 || len(x) == 0 {
		panic(fmt.Sprintf("copying: %d cells of %d examples; there must be at least one of each", k, len(x)/dim))
	}
	c := &Cells{dim: dim, centres: spread(x, dim, k, rng)}
	var before []int
	for range mostRounds {
		of := c.Of(x)
		moved := false
		for i := range of {
			moved = moved || before == nil || of[i] != before[i]
		}
		if !moved {
			break
		}
		c.centre(x, of)
		before = of
	}
	return c
}

// spread draws k of the examples, each with a chance that grows as its squared distance from those drawn before.
func spread(x []float32, dim, k int, rng *rand.Rand) []float32 {
	rows := len(x) / dim
	apart := make([]float64, rows)
	for i := range apart {
		apart[i] = math.Inf(1)
	}
	next := rng.IntN(rows)
	var centres []float32
	for {
		drawn := x[next*dim : (next+1)*dim]
		centres = append(centres, drawn...)
		var total float64
		for i := range apart {
			apart[i] = min(apart[i], float64(squaredDistance(x[i*dim:(i+1)*dim], drawn, math.MaxFloat32)))
			total += apart[i]
		}
		if len(centres) == k*dim || total == 0 {
			return centres
		}
		left := rng.Float64() * total
		for i, d := range apart {
			if d > 0 {
				next = i
				left -= d
			}
			if left < 0 {
				break
			}
		}
	}
}

// centre moves the centre of every cell to the mean of its examples, if it has any.
func (c *Cells) centre(x []float32, of []int) {
	sums, counts := make([]float64, len(c.centres)), make([]float64, len(c.centres)/c.dim)
	for i, cell := range of {
		counts[cell]++
		for j, v := range x[i*c.dim : (i+1)*c.dim] {
			sums[cell*c.dim+j] += float64(v)
		}
	}
	for i, sum := range sums {
		if n := counts[i/c.dim]; n > 0 {
			c.centres[i] = float32(sum / n)
		}
	}
}

// Of returns the cell of each row of x: that of the nearest centre.
func (c *Cells) Of(x []float32) []int {
	mustBeRows(x, c.dim)
	of := make([]int, len(x)/c.dim)
	for i := range of {
		of[i], _ = nearestRow(x[i*c.dim:(i+1)*c.dim], c.centres)
	}
	return of
}

// Placed is where a sample or a held-out example lies: its cell, and its distance to the nearest training example.
type Placed struct {
	Cell     int
	Distance float64
}

// Cell compares the samples with the held-out examples of one cell.
type Cell struct {
	Ranks
	Cell, Samples, HeldOut int
}

// CellTest compares samples with held-out examples cell by cell.
type CellTest struct {
	// Mean is C_T of Meehan, Chaudhuri & Dasgupta 2020: Z of the cells, weighted by the held-out examples in each.
	Mean float64
	// Z is the same, standardised: Mean over sqrt(sum w^2)/sum w, w the weights.
	Z     float64
	Cells []Cell // those with enough of both
}

// InCells compares the distances within each cell that holds at least `least` samples and as many held-out examples
// (20 in the paper). Given how many of them lie in each cell, the Z of the cells are independent, so that the Z of all
// is close to standard normal where those of single cells are; see [Compare]. The nearest training example may lie in
// another cell: borders cut through no neighbourhood, unlike in the paper. Z and Mean are NaN where no cell has enough.
func InCells(samples, heldOut []Placed, least int) CellTest {
	bySample, byHeldOut := byCell(samples), byCell(heldOut)
	var t CellTest
	var sum, weights, squares float64
	for cell := range min(len(bySample), len(byHeldOut)) {
		x, y := bySample[cell], byHeldOut[cell]
		if min(len(x), len(y)) < max(least, 1) {
			continue
		}
		c := Cell{Ranks: Compare(x, y), Cell: cell, Samples: len(x), HeldOut: len(y)}
		if math.IsNaN(c.Z) {
			continue
		}
		t.Cells = append(t.Cells, c)
		w := float64(len(y))
		sum, weights = sum+w*c.Z, weights+w
		squares += w * w
	}
	t.Mean, t.Z = sum/weights, sum/math.Sqrt(squares)
	return t
}

func byCell(points []Placed) (distances [][]float64) {
	for _, p := range points {
		for len(distances) <= p.Cell {
			distances = append(distances, nil)
		}
		distances[p.Cell] = append(distances[p.Cell], p.Distance)
	}
	return distances
}
