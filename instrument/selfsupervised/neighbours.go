package selfsupervised

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
)

// neighbourBlock is how many test rows are compared at once.
const neighbourBlock = 64

// Neighbours returns the accuracy on the test features of the majority class among the k training rows of largest
// cosine similarity; of classes with equal votes the one whose row is nearest wins. It panics on k < 1.
//
// Source: Wu et al. 2018, arXiv:1805.01978, without their weights.
func Neighbours(train, test *Features, k int) (accuracy float64, err error) {
	if k < 1 {
		panic(fmt.Sprintf("selfsupervised: %d neighbours", k))
	}
	if err := checkPair(train, test); err != nil {
		return math.NaN(), err
	}
	k = min(k, len(train.Labels))
	bank, queries := directions(train), directions(test)
	n := len(train.Labels)
	similarity := make([]float64, neighbourBlock*n)
	nearest := make([]int, k)
	hits := 0
	for from := 0; from < len(test.Labels); from += neighbourBlock {
		rows := min(neighbourBlock, len(test.Labels)-from)
		blas64.Gemm(blas.NoTrans, blas.Trans, 1,
			blas64.General{Rows: rows, Cols: test.Width, Stride: test.Width, Data: queries[from*test.Width:]},
			blas64.General{Rows: n, Cols: test.Width, Stride: test.Width, Data: bank},
			0, blas64.General{Rows: rows, Cols: n, Stride: n, Data: similarity})
		for i := range rows {
			closest(nearest, similarity[i*n:(i+1)*n])
			if majority(nearest, train.Labels) == test.Labels[from+i] {
				hits++
			}
		}
	}
	return float64(hits) / float64(len(test.Labels)), nil
}

// directions scales every row to unit length; rows of zeros stay.
func directions(f *Features) []float64 {
	x := make([]float64, len(f.X))
	for at := 0; at < len(x); at += f.Width {
		row := f.X[at : at+f.Width]
		length := blas64.Nrm2(blas64.Vector{N: f.Width, Data: row, Inc: 1})
		if length == 0 {
			continue
		}
		for j, v := range row {
			x[at+j] = v / length
		}
	}
	return x
}

// closest fills nearest with the indices of the largest similarities, largest first; of equal ones the first.
func closest(nearest []int, similarity []float64) {
	found := 0
	for i, s := range similarity {
		if found == len(nearest) && s <= similarity[nearest[found-1]] {
			continue
		}
		if found < len(nearest) {
			found++
		}
		at := found - 1
		for ; at > 0 && s > similarity[nearest[at-1]]; at-- {
			nearest[at] = nearest[at-1]
		}
		nearest[at] = i
	}
}

// majority returns the class with most votes; of equals, that of the nearest voter.
func majority(nearest []int, labels []uint8) uint8 {
	var votes [256]int
	most := 0
	for _, i := range nearest {
		votes[labels[i]]++
		most = max(most, votes[labels[i]])
	}
	for _, i := range nearest {
		if votes[labels[i]] == most {
			return labels[i]
		}
	}
	panic("selfsupervised: no voter")
}
