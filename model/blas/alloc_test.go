//go:build !race

package blas

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
)

// purego.SyscallN allocates its list of arguments, some 100 bytes; nothing else does. The race detector makes
// sync.Pool forget at random, hence the build tag.
func TestProductsDoNotAllocate(t *testing.T) {
	for name, allocs := range map[string]float64{"openblas": 1, "vek": 0} {
		t.Run(name, func(t *testing.T) {
			im := available(t, name)
			rng := rand.New(rand.NewPCG(9, 10))
			for _, s := range workload[:5] {
				a, b := single(normals(rng, s.m*s.k)), single(normals(rng, s.k*s.n))
				c := make([]float32, s.m*s.n)
				assert.LessOrEqual(t, testing.AllocsPerRun(30, func() { s.run(im, a, b, c) }), allocs, "%v", s)
			}
		})
	}
}
