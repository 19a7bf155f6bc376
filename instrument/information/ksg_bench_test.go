package information_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"calorimeter/instrument/information"
	"calorimeter/instrument/testsystems"

	"github.com/stretchr/testify/require"
)

// BenchmarkKSG measures n = 10,000 pairs, k = 3, with the interval and without permutations. One core of an AMD EPYC,
// November 2026:
//
//	dimensions     1+1    2+2    3+3    5+5    8+8   12+12   18+18   25+25
//	seconds      0.016  0.080   0.14   0.35   0.83     1.4     2.2     3.2
func BenchmarkKSG(b *testing.B) {
	for _, dim := range []int{1, 2, 3, 5, 8, 12, 18, 25} {
		x, y := testsystems.DenseNormal{Dim: dim, Rho: 0.5}.Sample(10_000, rand.New(rand.NewPCG(0, 0)))
		b.Run(fmt.Sprintf("dim=%d", dim), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, err := information.KSG(x, y, nil)
				require.NoError(b, err)
			}
		})
	}
}
