package blas

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"
	"gorgonia.org/gorgonia"
	"pgregory.net/rapid"
)

// Deliberate errors, each made once by hand, and the test that caught it:
//
//	tA and tB not exchanged for the column-major call   openBLAS.check refuses the library, TestLoadedCore
//	m and n not exchanged in callGemv                   TestGemv
//	beta left out where it is neither 0 nor 1           TestGemm
//	beta = 0 multiplied, not overwritten                TestZeroBetaOverwrites
//	alpha left out                                      TestGemm
//	ldb of the caller kept after B was transposed       TestGemm
//	lda and 1 exchanged for a transposed A              a segmentation fault
//	matrixFits content with one row too few             TestShapesPanicAsGonum
//	transposed A not exchanged in gemmFits              TestProductsDoNotAllocate (all falls back to gonum)
var everyTranspose = []blas.Transpose{blas.NoTrans, blas.Trans, blas.ConjTrans}

// available returns the implementation, or skips the test, with the reason, where this machine does not have it.
func available(t testing.TB, name string) gorgonia.BLAS {
	im, _, err := open(name)
	if err != nil {
		t.Skip(err)
	}
	return im
}

// forEach runs the test under every implementation that is available.
func forEach(t *testing.T, test func(t *testing.T, im gorgonia.BLAS)) {
	for _, name := range Names()[1:] {
		t.Run(name, func(t *testing.T) { test(t, available(t, name)) })
	}
}

func normals(rng *rand.Rand, n int) []float64 {
	v := make([]float64, n)
	for i := range v {
		v[i] = float64(float32(rng.NormFloat64())) // the same value in both precisions
	}
	return v
}

// spaced has n elements inc apart, and no element after them: gonum's Sgemv clears those too where beta = 0.
func spaced(rng *rand.Rand, n, inc int) []float64 {
	return normals(rng, (n-1)*max(inc, -inc)+1)
}

func single(x []float64) []float32 {
	v := make([]float32, len(x))
	for i := range x {
		v[i] = float32(x[i])
	}
	return v
}

func double(x []float32) []float64 {
	v := make([]float64, len(x))
	for i := range x {
		v[i] = float64(x[i])
	}
	return v
}

func magnitudes(x []float64) []float64 {
	v := make([]float64, len(x))
	for i := range x {
		v[i] = math.Abs(x[i])
	}
	return v
}

// within checks |got - want| <= terms eps scale element by element, where scale is the same expression of the
// magnitudes: the bound on the rounding of a sum of that many terms in any order.
func within(t assert.TestingT, got, want, scale []float64, terms int, eps float64, what string) bool {
	for i := range want {
		if math.IsNaN(got[i]) || math.Abs(got[i]-want[i]) > float64(terms)*eps*scale[i] {
			return assert.Failf(t, "wrong product", "%s: element %d is %v, want %v (scale %v)", what, i, got[i], want[i],
				scale[i])
		}
	}
	return true
}

const (
	eps32 = 0x1p-23
	eps64 = 0x1p-52
)

var drawSize = rapid.OneOf(rapid.IntRange(1, 8), rapid.IntRange(1, 80),
	rapid.SampledFrom([]int{10, 31, 32, 33, 50, 63, 64, 65, 100, 128, 196, 225}))
var drawScalar = rapid.SampledFrom([]float64{0, 1, -1, 0.5, 2.75})

func TestGemm(t *testing.T) {
	forEach(t, func(t *testing.T, im gorgonia.BLAS) {
		rapid.Check(t, func(t *rapid.T) {
			m, n := drawSize.Draw(t, "m"), drawSize.Draw(t, "n")
			k := drawSize.Draw(t, "k")
			tA, tB := rapid.SampledFrom(everyTranspose).Draw(t, "tA"), rapid.SampledFrom(everyTranspose).Draw(t, "tB")
			alpha, beta := drawScalar.Draw(t, "alpha"), drawScalar.Draw(t, "beta")
			gap := rapid.SampledFrom([]int{0, 0, 1, 7})
			rowsA, lda := m, k
			rowsB, ldb := k, n
			if transposed(tA) {
				rowsA, lda = k, m
			}
			if transposed(tB) {
				rowsB, ldb = n, k
			}
			lda, ldb = lda+gap.Draw(t, "gapA"), ldb+gap.Draw(t, "gapB")
			ldc := n + gap.Draw(t, "gapC")
			rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
			a, b := normals(rng, rowsA*lda), normals(rng, rowsB*ldb)
			c := normals(rng, m*ldc)

			want, scale := slices.Clone(c), magnitudes(c)
			gonum.Implementation{}.Dgemm(tA, tB, m, n, k, alpha, a, lda, b, ldb, beta, want, ldc)
			gonum.Implementation{}.Dgemm(tA, tB, m, n, k, math.Abs(alpha), magnitudes(a), lda, magnitudes(b), ldb,
				math.Abs(beta), scale, ldc)
			for i := range scale { // beyond the rows of C nothing may change
				if i%ldc >= n {
					scale[i] = 0
				}
			}

			got32 := single(c)
			im.Sgemm(tA, tB, m, n, k, float32(alpha), single(a), lda, single(b), ldb, float32(beta), got32, ldc)
			within(t, double(got32), want, scale, k+3, eps32, "Sgemm")
			got64 := slices.Clone(c)
			im.Dgemm(tA, tB, m, n, k, alpha, a, lda, b, ldb, beta, got64, ldc)
			within(t, got64, want, scale, 2*(k+3), eps64, "Dgemm")
		})
	})
}

func TestGemv(t *testing.T) {
	forEach(t, func(t *testing.T, im gorgonia.BLAS) {
		rapid.Check(t, func(t *rapid.T) {
			m, n := drawSize.Draw(t, "m"), drawSize.Draw(t, "n")
			tA := rapid.SampledFrom(everyTranspose).Draw(t, "tA")
			alpha, beta := drawScalar.Draw(t, "alpha"), drawScalar.Draw(t, "beta")
			lda := n + rapid.SampledFrom([]int{0, 0, 1, 7}).Draw(t, "gap")
			inc := rapid.SampledFrom([]int{1, 1, 2, -1})
			incX, incY := inc.Draw(t, "incX"), inc.Draw(t, "incY")
			nx, ny := n, m
			if transposed(tA) {
				nx, ny = m, n
			}
			rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
			a, x := normals(rng, m*lda), spaced(rng, nx, incX)
			y := spaced(rng, ny, incY)

			want, scale := slices.Clone(y), magnitudes(y)
			gonum.Implementation{}.Dgemv(tA, m, n, alpha, a, lda, x, incX, beta, want, incY)
			gonum.Implementation{}.Dgemv(tA, m, n, math.Abs(alpha), magnitudes(a), lda, magnitudes(x), incX, math.Abs(beta),
				scale, incY)

			got32 := single(y)
			im.Sgemv(tA, m, n, float32(alpha), single(a), lda, single(x), incX, float32(beta), got32, incY)
			within(t, double(got32), want, scale, nx+3, eps32, "Sgemv")
			got64 := slices.Clone(y)
			im.Dgemv(tA, m, n, alpha, a, lda, x, incX, beta, got64, incY)
			within(t, got64, want, scale, 2*(nx+3), eps64, "Dgemv")
		})
	})
}

// A NaN in C must not survive beta = 0: Gorgonia hands over memory that was used before.
func TestZeroBetaOverwrites(t *testing.T) {
	forEach(t, func(t *testing.T, im gorgonia.BLAS) {
		rng := rand.New(rand.NewPCG(1, 2))
		for _, s := range [][3]int{{50, 128, 196}, {50, 50, 50}, {100, 10, 300}, {64, 300, 10}} {
			m, n := s[0], s[1]
			k := s[2]
			for _, tB := range everyTranspose[:2] {
				ldb := n
				if transposed(tB) {
					ldb = k
				}
				for _, alpha := range []float32{1, 0.5} {
					c := make([]float32, m*n)
					for i := range c {
						c[i] = float32(math.NaN())
					}
					im.Sgemm(blas.NoTrans, tB, m, n, k, alpha, single(normals(rng, m*k)), k, single(normals(rng, k*n)), ldb, 0, c, n)
					require.False(t, slices.ContainsFunc(c, func(v float32) bool { return v != v }), "%v: a NaN survived", s)
				}
			}
		}
	})
}

// Every call that gonum refuses is refused with the same words before any C or assembly runs.
func TestShapesPanicAsGonum(t *testing.T) {
	refusal := func(f func()) (msg any) {
		defer func() { msg = recover() }()
		f()
		return nil
	}
	const (
		m = 64
		n = 96
		k = 80
	)
	type gemmCall struct {
		tA, tB                          blas.Transpose
		m, n, k, a, lda, b, ldb, c, ldc int
	}
	var calls []gemmCall
	for _, tA := range everyTranspose[:2] {
		for _, tB := range everyTranspose[:2] {
			lda, ldb := k, n
			if transposed(tA) {
				lda = m
			}
			if transposed(tB) {
				ldb = k
			}
			good := gemmCall{tA, tB, m, n, k, m * k, lda, k * n, ldb, m * n, n}
			for _, spoil := range []func(*gemmCall){
				func(g *gemmCall) { g.a-- }, func(g *gemmCall) { g.b-- }, func(g *gemmCall) { g.c-- },
				func(g *gemmCall) { g.lda-- }, func(g *gemmCall) { g.ldb-- }, func(g *gemmCall) { g.ldc-- },
				func(g *gemmCall) { g.lda++ }, func(g *gemmCall) { g.ldb++ }, func(g *gemmCall) { g.ldc++ },
				func(g *gemmCall) { g.m++ }, func(g *gemmCall) { g.n++ }, func(g *gemmCall) { g.k++ },
				func(g *gemmCall) { g.m = -1 }, func(g *gemmCall) { g.n = -1 }, func(g *gemmCall) { g.k = -1 },
				func(g *gemmCall) { g.lda = 0 }, func(g *gemmCall) { g.a = 0 }, func(g *gemmCall) { g.tA = 'x' },
			} {
				bad := good
				spoil(&bad)
				calls = append(calls, bad)
			}
		}
	}
	forEach(t, func(t *testing.T, im gorgonia.BLAS) {
		for _, g := range calls {
			gemm := func(im gorgonia.BLAS) any {
				return refusal(func() {
					im.Sgemm(g.tA, g.tB, g.m, g.n, g.k, 1, make([]float32, g.a), g.lda, make([]float32, g.b), g.ldb, 0,
						make([]float32, g.c), g.ldc)
				})
			}
			want := gemm(gonum.Implementation{})
			require.NotNil(t, want, "%+v", g)
			assert.Equal(t, want, gemm(im), "%+v", g)
		}
		x, y := make([]float64, 100), make([]float64, 90)
		a := make([]float64, 90*100)
		for i, f := range []func(im gorgonia.BLAS){
			func(im gorgonia.BLAS) { im.Dgemv(blas.NoTrans, 90, 100, 1, a, 100, x[1:], 1, 0, y, 1) },
			func(im gorgonia.BLAS) { im.Dgemv(blas.NoTrans, 90, 100, 1, a, 100, x, 1, 0, y[1:], 1) },
			func(im gorgonia.BLAS) { im.Dgemv(blas.Trans, 90, 100, 1, a, 100, x, 1, 0, y, 1) },
			func(im gorgonia.BLAS) { im.Dgemv(blas.NoTrans, 90, 100, 1, a[1:], 100, x, 1, 0, y, 1) },
			func(im gorgonia.BLAS) { im.Dgemv(blas.NoTrans, 90, 100, 1, a, 99, x, 1, 0, y, 1) },
			func(im gorgonia.BLAS) { im.Dgemv(blas.NoTrans, 90, 100, 1, a, 100, x, 2, 0, y, 1) },
		} {
			want := refusal(func() { f(gonum.Implementation{}) })
			require.NotNil(t, want, "call %d", i)
			assert.Equal(t, want, refusal(func() { f(im) }), "call %d", i)
		}
	})
}

// gemmShape is one product of the networks this project trains: op(A) is m x k, op(B) is k x n.
type gemmShape struct {
	tA, tB  blas.Transpose
	m, n, k int
}

func (s gemmShape) String() string {
	mark := func(t blas.Transpose) string {
		if transposed(t) {
			return "ᵀ"
		}
		return ""
	}
	return fmt.Sprintf("(%dx%d)%s(%dx%d)%s", s.m, s.k, mark(s.tA), s.k, s.n, mark(s.tB))
}

func (s gemmShape) ld() (lda, ldb int) {
	lda, ldb = s.k, s.n
	if transposed(s.tA) {
		lda = s.m
	}
	if transposed(s.tB) {
		ldb = s.k
	}
	return lda, ldb
}

func (s gemmShape) run(im gorgonia.BLAS, a, b, c []float32) {
	lda, ldb := s.ld()
	im.Sgemm(s.tA, s.tB, s.m, s.n, s.k, 1, a, lda, b, ldb, 0, c, s.n)
}

const (
	no  = blas.NoTrans
	yes = blas.Trans
)

var workload = []gemmShape{
	{tA: no, tB: no, m: 50, n: 128, k: 196}, {tA: no, tB: no, m: 50, n: 196, k: 128},
	{tA: yes, tB: no, m: 196, n: 128, k: 50}, {tA: yes, tB: no, m: 128, n: 196, k: 50},
	{tA: no, tB: yes, m: 50, n: 128, k: 196},
	{tA: no, tB: no, m: 100, n: 300, k: 784}, {tA: no, tB: no, m: 100, n: 10, k: 300},
	{tA: yes, tB: no, m: 784, n: 300, k: 100}, {tA: yes, tB: no, m: 300, n: 10, k: 100},
	{tA: no, tB: yes, m: 100, n: 300, k: 10},
	{tA: no, tB: no, m: 64, n: 128, k: 196}, {tA: no, tB: no, m: 256, n: 128, k: 196},
	{tA: no, tB: no, m: 256, n: 196, k: 128},
}

// The same call gives the same bits at any GOMAXPROCS, from any goroutine, whatever the others do, and wherever
// the memory lies; but gonum's sums for A Bᵀ start at a boundary of 16 bytes, and change if B is moved from one.
func TestConcurrentBits(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	forEach(t, func(t *testing.T, im gorgonia.BLAS) {
		rng := rand.New(rand.NewPCG(3, 4))
		a, b := make([][]float32, len(workload)), make([][]float32, len(workload))
		want := make([][]float32, len(workload))
		for i, s := range workload {
			a[i], b[i] = single(normals(rng, s.m*s.k)), single(normals(rng, s.k*s.n))
			want[i] = make([]float32, s.m*s.n)
			s.run(im, a[i], b[i], want[i])
		}
		for _, procs := range []int{1, 2, 5} {
			if testing.Short() && procs != 2 {
				continue
			}
			runtime.GOMAXPROCS(procs)
			var wg sync.WaitGroup
			for g := range 4 {
				wg.Go(func() {
					for i := range workload {
						i = (i + 3*g) % len(workload)
						offset := g
						if im == (gonum.Implementation{}) && transposed(workload[i].tB) {
							offset = 0
						}
						c := moved(make([]float32, len(want[i])), offset)
						workload[i].run(im, moved(a[i], offset), moved(b[i], offset), c)
						if !slices.Equal(c, want[i]) {
							t.Errorf("%v: GOMAXPROCS %d, goroutine %d: other bits", workload[i], procs, g)
						}
					}
				})
			}
			wg.Wait()
		}
	})
}

// moved returns a copy of x that begins that many elements after the start of an allocation.
func moved(x []float32, offset int) []float32 {
	return append(make([]float32, offset, offset+len(x)), x...)[offset:]
}
