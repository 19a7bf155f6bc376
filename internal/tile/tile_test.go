package tile

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// Deliberate errors, each made once by hand, and the test that caught it:
//
//	mask of one number more or less, of AVX2 or of AVX-512    TestBits
//	C overwritten at the second part of k                     TestBits
//	rows after the last not kept to the last                  TestBits
//	five rows at once where six are meant                     TestBits
//	multiplied and added in two instructions                  TestBits
//	two rows of a square exchanged                            TestTranspose
//	what lies below the squares left out                      TestTranspose

// onEach runs a test with the instructions that this processor has.
func onEach(t *testing.T, test func(t *testing.T)) {
	if !Available {
		t.Skip("this processor has no AVX2 and FMA")
	}
	best := wide
	defer func() { wide = best }()
	for _, name := range []string{"AVX2", "AVX-512"} {
		wide = name == "AVX-512"
		if wide && !best {
			continue
		}
		t.Run(name, test)
	}
}

// fused is x y + z, rounded once.
func fused[T float32 | float64](x, y, z T) T {
	if _, double := any(x).(float64); double {
		return T(math.FMA(float64(x), float64(y), float64(z)))
	}
	exact := new(big.Float).SetPrec(600).SetFloat64(float64(x) * float64(y)) // exact in double precision
	sum, _ := exact.Add(exact, big.NewFloat(float64(z))).Float32()
	return T(sum)
}

func normals[T float32 | float64](rng *rand.Rand, n int) []T {
	x := make([]T, n)
	for i := range x {
		x[i] = T(rng.NormFloat64())
	}
	return x
}

// Products are, bit for bit, what the documentation says, for all kinds of sizes, with A by rows or by columns, and
// nothing beside C is touched.
func checkBits[T float32 | float64](t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var sizes [][3]int
	for n := 1; n <= 70; n++ {
		sizes = append(sizes, [3]int{1 + n%8, n, 1 + n%5}, [3]int{10, n, 2})
	}
	sizes = append(sizes, [3]int{6, 64, 3}, [3]int{13, 5, 2*depth + 1}, [3]int{2, 131, depth})
	for _, s := range sizes {
		m, n := s[0], s[1]
		k := s[2]
		for _, kind := range []struct{ turned, add bool }{{false, false}, {true, false}, {false, true}, {true, true}} {
			gap := rng.IntN(3)
			rowA, colA := k+gap, 1
			if kind.turned {
				rowA, colA = 1, m+gap
			}
			ldb, ldc := n+gap, n+1+gap
			a, b := normals[T](rng, (m+gap)*(k+gap)), normals[T](rng, k*ldb)
			c := normals[T](rng, m*ldc)
			want := slices.Clone(c)
			for i := range m {
				for j := range n {
					var sum T
					if kind.add {
						sum = c[i*ldc+j]
					}
					for l := range k {
						sum = fused(a[i*rowA+l*colA], b[l*ldb+j], sum)
					}
					want[i*ldc+j] = sum
				}
			}
			Multiply(m, n, k, a, rowA, colA, b[:(k-1)*ldb+n], ldb, c, ldc, kind.add)
			require.Equal(t, want, c, "%d x %d, k = %d, %+v", m, n, k, kind)
		}
	}
}

func TestBits(t *testing.T) {
	onEach(t, func(t *testing.T) {
		checkBits[float32](t)
		checkBits[float64](t)
	})
}

func checkTranspose[T float32 | float64](t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for m := 1; m < 20; m++ {
		for n := 1; n < 20; n++ {
			ld, stride := n+rng.IntN(3), m+rng.IntN(3)
			src, dst := normals[T](rng, m*ld), normals[T](rng, n*stride)
			want := slices.Clone(dst)
			for i := range m {
				for j := range n {
					want[j*stride+i] = src[i*ld+j]
				}
			}
			Transpose(dst, stride, src[:(m-1)*ld+n], m, n, ld)
			require.Equal(t, want, dst, "%d x %d", m, n)
		}
	}
}

func TestTranspose(t *testing.T) {
	onEach(t, func(t *testing.T) {
		checkTranspose[float32](t)
		checkTranspose[float64](t)
	})
}

// BenchmarkMultiply measures C = A B in float32; package model/blas compares it with other implementations. An EPYC of
// 2024, one core, GFLOP/s:
//
//	m x k, k x n             AVX2   AVX-512
//	50 x 196, 196 x 128       119       259
//	256 x 512, 512 x 512      126       257
//	512 x 2048, 2048 x 2048    84       231    (rows of B at the same places of the cache)
//	50 x 25, 25 x 8            63        59
func BenchmarkMultiply(b *testing.B) {
	best := wide
	defer func() { wide = best }()
	for _, s := range [][3]int{{50, 128, 196}, {256, 512, 512}, {512, 2048, 2048}, {50, 8, 25}} {
		for _, name := range []string{"AVX2", "AVX-512"} {
			b.Run(fmt.Sprintf("%dx%dx%d/%s", s[0], s[1], s[2], name), func(b *testing.B) {
				wide = name == "AVX-512"
				if !Available || wide && !best {
					b.Skip("not on this processor")
				}
				m, n := s[0], s[1]
				k := s[2]
				rng := rand.New(rand.NewPCG(1, 1))
				x, y := normals[float32](rng, m*k), normals[float32](rng, k*n)
				c := make([]float32, m*n)
				b.ReportAllocs()
				for b.Loop() {
					Multiply(m, n, k, x, k, 1, y, n, c, n, false)
				}
				b.ReportMetric(2*float64(m*n*k)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
			})
		}
	}
}
