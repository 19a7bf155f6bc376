package blas

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"gorgonia.org/gorgonia"
)

// rowBits compares rows of products bit for bit: with the rows of op(A) permuted, and with some of them alone.
// moved and resized are the shares of rows that changed.
func rowBits(im gorgonia.BLAS, s gemmShape, rng *rand.Rand) (moved, resized float64) {
	rows, b := single(normals(rng, s.m*s.k)), single(normals(rng, s.k*s.n))
	product := func(pick []int) []float32 {
		part := s
		part.m = len(pick)
		a := make([]float32, part.m*s.k)
		for i, row := range pick {
			for l := range s.k {
				if transposed(s.tA) {
					a[l*part.m+i] = rows[row*s.k+l]
				} else {
					a[i*s.k+l] = rows[row*s.k+l]
				}
			}
		}
		c := make([]float32, part.m*s.n)
		part.run(im, a, b, c)
		return c
	}
	all := make([]int, s.m)
	for i := range all {
		all[i] = i
	}
	whole := product(all)
	changed := func(pick []int) float64 {
		c, count := product(pick), 0
		for i, row := range pick {
			if !slices.Equal(c[i*s.n:(i+1)*s.n], whole[row*s.n:(row+1)*s.n]) {
				count++
			}
		}
		return float64(count) / float64(len(pick))
	}
	moved = changed(rng.Perm(s.m))
	for _, part := range []int{1, 2, 7, s.m / 2, s.m - 1} {
		resized = max(resized, changed(rng.Perm(s.m)[:part]))
	}
	return moved, resized
}

// TestRowsOfAProduct holds each implementation to what the package documentation says of it. OpenBLAS promises
// nothing, and what it does depends on the processor: its answer is logged.
func TestRowsOfAProduct(t *testing.T) {
	shapes := append(slices.Clone(workload), gemmShape{no, yes, 256, 128, 196}, gemmShape{no, yes, 130, 130, 131},
		gemmShape{no, no, 300, 3, 40}, gemmShape{no, yes, 300, 3, 90})
	for _, name := range Names()[1:] {
		t.Run(name, func(t *testing.T) {
			im := available(t, name)
			for _, s := range shapes {
				moved, resized := rowBits(im, s, rand.New(rand.NewPCG(5, 6)))
				t.Logf("%v: rows that changed when permuted %.2f, in a smaller batch %.2f", s, moved, resized)
				if name == "openblas" {
					continue
				}
				assert.Zero(t, moved, "%v permuted", s)
				if name == "gonum" && transposed(s.tB) && s.k > 64 {
					continue
				}
				assert.Zero(t, resized, "%v in a smaller batch", s)
			}
		})
	}
}
