//go:build !race

package blas

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
)

// The race detector makes sync.Pool forget at random, hence the build tag.
func TestProductsDoNotAllocate(t *testing.T) {
	for _, name := range []string{"openblas", "tile"} {
		t.Run(name, func(t *testing.T) {
			im := available(t, name)
			rng := rand.New(rand.NewPCG(9, 10))
			for _, s := range workload[:5] {
				a, b := single(normals(rng, s.m*s.k)), single(normals(rng, s.k*s.n))
				c := make([]float32, s.m*s.n)
				assert.Zero(t, testing.AllocsPerRun(30, func() { s.run(im, a, b, c) }), "%v", s)
			}
		})
	}
}
