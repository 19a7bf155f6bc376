package testsystems

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distmv"
	"gonum.org/v1/gonum/stat/distuv"
	"pgregory.net/rapid"
)

func TestMIFigures(t *testing.T) {
	for _, c := range []struct {
		task MITask
		want float64
		tol  float64
	}{
		{task: DenseNormal{Dim: 1, Rho: 0.75}, want: 0.413339, tol: 5e-7},
		{task: DenseNormal{Dim: 2, Rho: 0.5}, want: 0.293893, tol: 5e-7},
		{task: DenseNormal{Dim: 3, Rho: 0.5}, want: 0.413339, tol: 5e-7},
		{task: DenseNormal{Dim: 5, Rho: 0.5}, want: 0.592812, tol: 5e-7},
		{task: DenseNormal{Dim: 25, Rho: 0.5}, want: 1.29218, tol: 5e-6},
		{task: SparseNormal{Dim: 2, Pairs: 2, Rho: 0.8}, want: 1.021651, tol: 5e-7},
		{task: StudentT{Dim: 1, DOF: 1}, want: 0.22417, tol: 5e-6},
		{task: StudentT{Dim: 2, DOF: 1}, want: 0.43195, tol: 5e-6},
		{task: StudentT{Dim: 2, DOF: 2}, want: 0.19315, tol: 5e-6},
		{task: StudentT{Dim: 3, DOF: 3}, want: 0.17871, tol: 5e-6},
		{task: StudentT{Dim: 5, DOF: 2}, want: 0.44815, tol: 5e-6},
		{task: UniformNoise{Epsilon: 0.1}, want: 1.709438, tol: 5e-7},
		{task: UniformNoise{Epsilon: 0.75}, want: 1.0 / 3, tol: 1e-12},
	} {
		assert.InDelta(t, c.want, c.task.MI(), c.tol, c.task.Name())
	}
}

func denseCovariance(d DenseNormal) *mat.SymDense {
	c := mat.NewSymDense(2*d.Dim, nil)
	for i := range 2 * d.Dim {
		c.SetSym(i, i, 1)
		for j := range i {
			c.SetSym(i, j, d.Rho)
		}
	}
	return c
}

func sparseCovariance(s SparseNormal) *mat.SymDense {
	c := mat.NewSymDense(2*s.Dim, nil)
	for i := range 2 * s.Dim {
		c.SetSym(i, i, 1)
	}
	for j := range s.Pairs {
		c.SetSym(j, s.Dim+j, s.Rho)
	}
	return c
}

func TestNormalMIAgainstDeterminants(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		dim := rapid.IntRange(1, 12).Draw(r, "dim")
		dense := DenseNormal{Dim: dim, Rho: rapid.Float64Range(-0.95/float64(2*dim-1), 0.98).Draw(r, "rho")}
		require.NoError(r, dense.Validate())
		assert.InDelta(r, gaussianMI(denseCovariance(dense), dim), dense.MI(), 1e-9)
		pairs, rho := rapid.IntRange(0, dim).Draw(r, "pairs"), rapid.Float64Range(-0.98, 0.98).Draw(r, "rho")
		sparse := SparseNormal{Dim: dim, Pairs: pairs, Rho: rho}
		require.NoError(r, sparse.Validate())
		assert.InDelta(r, gaussianMI(sparseCovariance(sparse), dim), sparse.MI(), 1e-9)
	})
}

// The entropy of a t in k dimensions by quadrature. With |x|^2/nu = tan^2(phi), phi has a density proportional to
// sin^{k-1}(phi) cos^{nu-1}(phi), and ln p(x) = ln p(0) + (nu+k) ln cos(phi).
func studentEntropy(k int, nu float64) float64 {
	d := float64(k)
	n := 20000
	// phi = pi/2 (1 - u^4) smooths the logarithm at phi = pi/2.
	weigh := func(f func(phi float64) float64) float64 {
		return integrate(0, 1, n, func(u float64) float64 {
			phi := math.Pi / 2 * (1 - u*u*u*u)
			return f(phi) * math.Pow(math.Sin(phi), d-1) * math.Pow(math.Cos(phi), nu-1) * 2 * math.Pi * u * u * u
		})
	}
	norm := weigh(func(float64) float64 { return 1 })
	lnCos := weigh(func(phi float64) float64 { return math.Log(math.Cos(phi)) }) / norm
	zeros := make([]float64, k)
	identity := mat.NewSymDense(k, nil)
	for i := range k {
		identity.SetSym(i, i, 1)
	}
	dist, _ := distmv.NewStudentsT(zeros, identity, nu, nil)
	return -dist.LogProb(zeros) - (nu+d)*lnCos
}

func TestStudentMIAgainstQuadrature(t *testing.T) {
	for _, s := range []StudentT{{1, 1}, {2, 1}, {2, 2}, {3, 3}, {5, 2}, {4, 6.5}, {1, 30}} {
		want := 2*studentEntropy(s.Dim, s.DOF) - studentEntropy(2*s.Dim, s.DOF)
		assert.InDelta(t, want, s.MI(), 1e-6, s.Name())
	}
	assert.Less(t, StudentT{Dim: 2, DOF: 1e4}.MI(), 1e-4, "a t of many degrees of freedom is normal")
}

func trapezoid(eps, y float64) float64 { // density of U(0,1) + U(-eps,eps)
	return math.Max(0, math.Min(1, y+eps)-math.Max(0, y-eps)) / (2 * eps)
}

func TestUniformMIAgainstQuadrature(t *testing.T) {
	for _, eps := range []float64{0.05, 0.1, 0.4, 0.5, 0.6, 2} {
		u := UniformNoise{Epsilon: eps}
		h := integrate(-eps, 1+eps, 400000, func(y float64) float64 {
			if p := trapezoid(eps, y); p > 0 {
				return -p * math.Log(p)
			}
			return 0
		})
		assert.InDelta(t, h-math.Log(2*eps), u.MI(), 1e-8, u.Name())
	}
	assert.InDelta(t, UniformNoise{Epsilon: 0.5}.MI(), UniformNoise{Epsilon: 0.5 + 1e-12}.MI(), 1e-9,
		"the two branches meet")
}

// The average of ln p(x,y)/(p(x)p(y)) over drawn pairs, with densities of gonum: what is drawn is what is stated. The
// samples' second moments are checked through it too, because a wrong covariance shifts the average.
func TestMISamplesAgainstDensities(t *testing.T) {
	identity := func(k int) *mat.SymDense {
		c := mat.NewSymDense(k, nil)
		for i := range k {
			c.SetSym(i, i, 1)
		}
		return c
	}
	normal := func(c mat.Symmetric) func([]float64) float64 {
		d, ok := distmv.NewNormal(make([]float64, c.SymmetricDim()), c, nil)
		require.True(t, ok)
		return d.LogProb
	}
	student := func(k int, nu float64) func([]float64) float64 {
		d, ok := distmv.NewStudentsT(make([]float64, k), identity(k), nu, nil)
		require.True(t, ok)
		return d.LogProb
	}
	n := 200
	if testing.Short() {
		n = 30
	}
	for _, task := range append(MITasks(), DenseNormal{Dim: 2, Rho: -0.3}) {
		var joint, margin func([]float64) float64
		var pairMoment float64 // E x_1 y_1 of normal tasks
		switch task := task.(type) {
		case DenseNormal:
			c := denseCovariance(task)
			joint, margin = normal(c), normal(c.SliceSym(0, task.Dim))
			pairMoment = task.Rho
		case SparseNormal:
			joint, margin = normal(sparseCovariance(task)), normal(identity(task.Dim))
			pairMoment = task.Rho
		case StudentT:
			joint, margin = student(2*task.Dim, task.DOF), student(task.Dim, task.DOF)
		case UniformNoise:
			joint = func(xy []float64) float64 {
				if math.Abs(xy[1]-xy[0]) > task.Epsilon || xy[0] < 0 || xy[0] > 1 {
					return math.Inf(-1)
				}
				return -math.Log(2 * task.Epsilon)
			}
			margin = nil
		case Transformed:
			continue
		}
		names, truths := []string{task.Name()}, []float64{task.MI()}
		_, isStudent := task.(StudentT)
		if task.MI() == 0 { // the density ratio is 1: the moments alone can tell
			names, truths = nil, nil
		}
		if margin != nil && !isStudent {
			names, truths = append(names, "E xy", "E xx"), append(truths, pairMoment, 1)
		}
		zScores(t, n, names, truths, func(rng *rand.Rand) []float64 {
			const pairs = 200
			x, y := task.Sample(pairs, rng)
			out := make([]float64, 3)
			for i := range x {
				out[1] += x[i][0] * y[i][0] / pairs
				out[2] += x[i][0] * x[i][0] / pairs
				xy := append(append([]float64(nil), x[i]...), y[i]...)
				if margin == nil {
					out[0] += (joint(xy) - math.Log(trapezoid(task.(UniformNoise).Epsilon, y[i][0]))) / pairs
				} else {
					out[0] += (joint(xy) - margin(x[i]) - margin(y[i])) / pairs
				}
			}
			if task.MI() == 0 {
				return out[1:]
			}
			return out[:len(truths)]
		})
	}
}

// Each map has an inverse, and what a transformed task draws is the image of what its base draws: its information is
// therefore the same.
func TestMapsAreInvertible(t *testing.T) {
	each := func(f func(float64) float64) func([]float64) []float64 {
		return func(y []float64) []float64 {
			x := make([]float64, len(y))
			for i := range y {
				x[i] = f(y[i])
			}
			return x
		}
	}
	inverses := map[string]func([]float64) []float64{
		HalfCube.Name:  each(func(y float64) float64 { return math.Copysign(math.Pow(math.Abs(y), 2.0/3), y) }),
		Asinh.Name:     each(math.Sinh),
		NormalCDF.Name: each(distuv.UnitNormal.Quantile),
		SwissRoll.Name: func(y []float64) []float64 {
			x := make([]float64, len(y)/2)
			for i := range x {
				phi := 21 * math.Hypot(y[2*i], y[2*i+1])
				assert.InDelta(t, math.Cos(phi), 21*y[2*i]/phi, 1e-9, "on the spiral")
				assert.InDelta(t, math.Sin(phi), 21*y[2*i+1]/phi, 1e-9, "on the spiral")
				x[i] = distuv.UnitNormal.Quantile((phi/(1.5*math.Pi) - 1) / 2)
			}
			return x
		},
		Spiral.Name: func(y []float64) []float64 {
			x := append([]float64(nil), y...)
			sin, cos := math.Sincos(-dot(y, y) / 3)
			x[0], x[1] = cos*y[0]-sin*y[1], sin*y[0]+cos*y[1]
			return x
		},
	}
	seen := map[string]bool{}
	for _, task := range MITasks() {
		tr, ok := task.(Transformed)
		if !ok {
			continue
		}
		assert.Equal(t, tr.Base.MI(), tr.MI())
		x, y := tr.Sample(300, seeded(11))
		bx, by := tr.Base.Sample(300, seeded(11))
		for i := range x {
			for _, side := range []struct {
				m           Map
				image, base []float64
			}{{m: tr.X, image: x[i], base: bx[i]}, {m: tr.Y, image: y[i], base: by[i]}} {
				seen[side.m.Name] = true
				back := inverses[side.m.Name](side.image)
				require.Len(t, back, len(side.base))
				for j := range back {
					assert.InDelta(t, side.base[j], back[j], 1e-7*(1+math.Abs(side.base[j])), tr.Name())
				}
				assert.NotEqual(t, side.base, side.image, "%s is not the identity", side.m.Name)
			}
		}
	}
	assert.Len(t, seen, len(inverses), "every map is in a task")
	half := Transformed{Base: DenseNormal{Dim: 1, Rho: 0.5}, Y: Asinh}
	x, _ := half.Sample(5, seeded(2))
	bx, _ := half.Base.Sample(5, seeded(2))
	assert.Equal(t, bx, x, "the zero Map is the identity")
	dx, dy := half.Dims()
	assert.Equal(t, [2]int{1, 1}, [2]int{dx, dy})
	assert.Panics(t, func() {
		Transformed{Base: half.Base, X: Spiral}.Sample(1, seeded(1))
	})
}

func TestMITasksShapes(t *testing.T) {
	names := map[string]bool{}
	for _, task := range MITasks() {
		assert.False(t, names[task.Name()], "%s twice", task.Name())
		names[task.Name()] = true
		assert.Equal(t, strings.TrimSpace(task.Name()), task.Name())
		x, y := task.Sample(4, seeded(1))
		require.Len(t, x, 4)
		require.Len(t, y, 4)
		dx, dy := task.Dims()
		for i := range x {
			assert.Len(t, x[i], dx, task.Name())
			assert.Len(t, y[i], dy, task.Name())
		}
		x2, y2 := task.Sample(4, seeded(1))
		assert.Equal(t, [][][]float64{x, y}, [][][]float64{x2, y2}, "one seed, one answer")
		x, y = task.Sample(0, seeded(1))
		assert.Empty(t, x)
		assert.Empty(t, y)
	}
}
