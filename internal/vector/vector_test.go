package vector

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// Deliberate error -> what caught it:
//
//	a coefficient of a polynomial changed in its fifth digit             -> TestErrors
//	the second part of ln 2 left out                                     -> TestErrors
//	two operands of a maximum exchanged in the kernel (NaN and -0)       -> TestSameBits
//	the tail of a sum added to part 0                                    -> TestSameBits
//	a kernel that ends eight numbers early                               -> TestSameBits

// ulps is the distance of a result from the exact one, in units of the last place of the exact one.
func ulps(got float32, exact float64) float64 {
	_, exponent := math.Frexp(exact)
	return math.Abs(float64(got)-exact) / math.Ldexp(1, max(exponent-24, -149))
}

// every calls f with float32 numbers of all sizes, one in 2,053 of all there are.
func every(f func(x float32)) {
	for b := uint64(0); b < 1<<32; b += 2053 {
		f(math.Float32frombits(uint32(b)))
	}
}

// Largest errors against double precision, over numbers of all sizes: those of the package's documentation.
func TestErrors(t *testing.T) {
	var exponential, sigmoid, softplus float64
	one := make([]float32, 1)
	every(func(x float32) {
		one[0] = x
		sum := SoftplusSum(one, []float32{0})
		if x != x {
			require.True(t, logistic(x) != logistic(x) && sum != sum)
			return
		}
		a, z := math.Abs(float64(x)), float64(x)
		e := math.Exp(-a)
		got := expNegative(absolute(x))
		if a > 87 {
			require.Zero(t, got)
			require.Equal(t, max(z, 0), sum)
			require.Contains(t, []float32{0, 1}, logistic(x))
			return
		}
		above := 1.
		if z < 0 {
			above = e
		}
		exponential, sigmoid = max(exponential, ulps(got, e)), max(sigmoid, ulps(logistic(x), above/(1+e)))
		exact := max(z, 0) + math.Log1p(e)
		softplus = max(softplus, math.Abs(sum-exact)/max(1, exact))
	})
	t.Logf("exponential %.3f ulp, sigmoid %.3f ulp, softplus %.3g", exponential, sigmoid, softplus)
	require.Less(t, exponential, 0.92)
	require.Less(t, sigmoid, 2.1)
	require.Less(t, softplus, 1.2e-7)
}

// Sums of many, of as many as there is a logarithm of, and of one more, against double precision.
func TestSums(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for _, n := range []int{0, 1, 7, 8, 9, 196, 512, 513, 5000} {
		a, b := make([]float32, n), make([]float32, n)
		var nll, sum float64
		var dot, distance float64
		for i := range a {
			a[i], b[i] = float32(3*rng.NormFloat64()), float32(rng.IntN(2))
			l, x := float64(a[i]), float64(b[i])
			nll += max(l, 0) + math.Log1p(math.Exp(-math.Abs(l))) - x*l
			sum += max(l+x, 0) + math.Log1p(math.Exp(-math.Abs(l+x)))
			dot, distance = dot+l*x, distance+(l-x)*(l-x)
		}
		require.InDelta(t, nll, BernoulliNLL(a, b), 1e-7*float64(n+1))
		require.InDelta(t, sum, SoftplusSum(a, b), 1e-7*float64(n+1))
		require.InDelta(t, dot, Dot(a, b), 1e-12*float64(n+1))
		require.InDelta(t, distance, Distance2(a, b), 1e-12*float64(n+1))
	}
}

// The kernels of the processor give the bits of the functions in Go, for any length and numbers of any size.
func TestSameBits(t *testing.T) {
	if !accelerated {
		t.Skip("this processor has no AVX2, so that there is nothing to compare")
	}
	functions := map[string]func(a, b, c []float32) []float64{
		"sigmoid": func(a, _, _ []float32) []float64 { return filled(a, func(out []float32) { Sigmoid(out, a) }) },
		"nll":     func(a, b, _ []float32) []float64 { return []float64{BernoulliNLL(a, b)} },
		"nll gradient": func(a, b, _ []float32) []float64 {
			return filled(a, func(out []float32) { BernoulliNLLGrad(out, a, b, 0.7) })
		},
		"softplus": func(a, b, _ []float32) []float64 { return []float64{SoftplusSum(a, b)} },
		"rectifier": func(a, b, _ []float32) []float64 {
			return filled(a, func(out []float32) { AddMax(out, a, b, 0) })
		},
		"bias": func(a, b, _ []float32) []float64 {
			return filled(a, func(out []float32) { AddMax(out, a, b, float32(math.Inf(-1))) })
		},
		"gate": func(a, b, c []float32) []float64 { return filled(a, func(out []float32) { Gate(out, a, b, c) }) },
		"accumulate": func(a, b, _ []float32) []float64 {
			sums := make([]float64, len(a))
			Accumulate(sums, a)
			Accumulate(sums, b)
			return sums
		},
		"mul": func(a, b, _ []float32) []float64 { return filled(a, func(out []float32) { Mul(out, a, b) }) },
		"add": func(a, b, _ []float32) []float64 { return filled(a, func(out []float32) { Add(out, a, b) }) },
		"dot": func(a, b, _ []float32) []float64 { return []float64{Dot(a, b)} },
		"gradient": func(a, b, _ []float32) []float64 {
			norm2, finite := Gradient(a, b)
			if finite {
				return []float64{norm2, 1}
			}
			return []float64{norm2, 0}
		},
		"distance": func(a, b, _ []float32) []float64 { return []float64{Distance2(a, b)} },
		"descend": func(a, b, _ []float32) []float64 {
			g := append([]float32{}, b...)
			w := filled(a, func(out []float32) { copy(out, a); Descend(out, g, 0.3) })
			return append(w, filled(g, func(out []float32) { copy(out, g) })...)
		},
	}
	step := &Adam{Scale: 0.7, Decay: 0.01, Keep: [2]float64{0.9, 0.99}, Add: [2]float64{0.1, 0.01},
		Correct: [2]float64{0.3, 0.2}, Rate: 0.05, Least: 1e-8}
	functions["adam"] = func(a, b, c []float32) []float64 {
		v := doubled(c)
		for i := range v {
			v[i] = math.Abs(v[i])
		}
		u, m := slices.Clone(v), doubled(b)
		w32, w64 := slices.Clone(a), doubled(a)
		AdamStep(w32, b, m, v, step)
		AdamStep(w64, doubled(c), slices.Clone(m), u, step)
		return slices.Concat(doubled(w32), w64, m, v, u)
	}
	functions["exp"] = func(a, _, _ []float32) []float64 {
		if len(a) == 0 {
			return nil
		}
		first, second := make([]float64, len(a)), make([]float64, len(a))
		top := slices.Max(a)
		sums := []float64{Exp(first, a, top), Exp(second, doubled(a), float64(top))}
		return slices.Concat(sums, first, second)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	some := func(n int) []float32 {
		x := make([]float32, n)
		for i := range x {
			switch rng.IntN(4) {
			case 0:
				x[i] = math.Float32frombits(rng.Uint32()) // of any size, and NaN
			case 1:
				x[i] = float32(rng.IntN(3) - 1)
			default:
				x[i] = float32(10 * rng.NormFloat64())
			}
			if rng.IntN(8) == 0 {
				x[i] = float32(math.Copysign(0, -1))
			}
		}
		return x
	}
	for name, f := range functions {
		t.Run(name, func(t *testing.T) {
			for range 200 {
				n := rng.IntN(100)
				a, b := some(n), some(n)
				c := some(n)
				ours := f(a, b, c)
				accelerated = false
				theirs := f(a, b, c)
				accelerated = true
				require.Equal(t, bitsOf(theirs), bitsOf(ours))
			}
		})
	}
}

// The exponential in double precision is within two units of the last place of that of package math.
func TestExp(t *testing.T) {
	var worst float64
	x, e := make([]float64, 1<<16), make([]float64, 1<<16)
	for _, least := range []float64{-1e-9, -1, -40, -708} {
		for i := range x {
			x[i] = least * float64(i) / float64(len(x))
		}
		var want float64
		sum := Exp(e, x, 0)
		for i, z := range x {
			exact := math.Exp(z)
			_, exponent := math.Frexp(exact)
			worst = max(worst, math.Abs(e[i]-exact)/math.Ldexp(1, exponent-53))
			want += exact
		}
		require.InEpsilon(t, want, sum, 1e-13)
	}
	t.Logf("%.2f ulp", worst)
	require.LessOrEqual(t, worst, 2.0)
	inf := math.Inf(-1)
	sum := Exp(e[:5], []float64{inf, -709, 0, -1e300, 0}, 0)
	require.Equal(t, []float64{0, 0, 1, 0, 1, 2}, append(e[:5], sum))
	require.True(t, math.IsNaN(Exp(e[:9], []float64{0, 0, 0, math.NaN(), 0, 0, 0, 0, 0}, 0)))
}

// Finite finds what is not, wherever it stands, and takes nothing else for it.
func TestFinite(t *testing.T) {
	defer func(has bool) { accelerated = has }(accelerated)
	inf := float32(math.Inf(1))
	for _, kernels := range []bool{accelerated, false} {
		accelerated = kernels
		for n := range 70 {
			x := make([]float32, n)
			for i := range x {
				x[i] = []float32{math.MaxFloat32, -math.MaxFloat32, 0, math.SmallestNonzeroFloat32}[i%4]
			}
			require.True(t, Finite(x))
			good := slices.Clone(x)
			_, finite := Gradient(good, x)
			require.True(t, finite)
			for i, kept := range x {
				for _, bad := range []float32{inf, -inf, float32(math.NaN()), -float32(math.NaN())} {
					x[i] = bad
					require.False(t, Finite(x), "%v in place %d of %d", bad, i, n)
					norm2, finite := Gradient(good, x)
					require.False(t, finite, "%v in place %d of %d", bad, i, n)
					require.Equal(t, Dot(good, good), norm2)
				}
				x[i] = kept
			}
		}
	}
}

func filled(like []float32, f func(out []float32)) []float64 {
	out := make([]float32, len(like))
	f(out)
	return doubled(out)
}

func doubled(x []float32) []float64 {
	doubles := make([]float64, len(x))
	for i, v := range x {
		doubles[i] = float64(v)
	}
	return doubles
}

// bitsOf tells -0 from 0; any NaN is the same.
func bitsOf(x []float64) []uint64 {
	bits := make([]uint64, len(x))
	for i, v := range x {
		if v == v {
			bits[i] = math.Float64bits(v)
		}
	}
	return bits
}

// A row of MADE's output and of its hidden layer: a number in, nanoseconds.
func Benchmark(b *testing.B) {
	x, y := make([]float32, 196), make([]float32, 196)
	out, sums := make([]float32, 196), make([]float64, 196)
	for i := range x {
		x[i], y[i] = float32(i-98)/20, float32(i&1)
	}
	for _, c := range []struct {
		name string
		do   func()
	}{
		{"nll", func() { BernoulliNLL(x, y) }},
		{"nll-gradient", func() { BernoulliNLLGrad(out, x, y, 1) }},
		{"sigmoid", func() { Sigmoid(out, x) }},
		{"bias", func() { AddMax(out, x, y, 0) }},
		{"gate", func() { Gate(out, x, y, y) }},
		{"accumulate", func() { Accumulate(sums, x) }},
		{"descend", func() { Descend(x, out, 0) }},
		{"dot", func() { Dot(x, y) }},
		{"gradient", func() { Gradient(x, y) }},
		{"finite", func() { Finite(x) }},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				c.do()
			}
			b.ReportMetric(float64(b.Elapsed())/float64(b.N)/196, "ns/number")
		})
	}
}
