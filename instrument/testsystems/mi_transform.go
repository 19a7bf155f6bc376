package testsystems

import (
	"math"
	"math/rand/v2"
)

// Map is an invertible map of a random vector. Mutual information does not change when X or Y is mapped invertibly;
// most estimators of it do.
type Map struct {
	Name  string
	Out   func(in int) int         // number of components of the image
	Apply func(dst, src []float64) // writes the image of src into dst, len(dst) = Out(len(src))
}

// Transformed is a task whose X and Y are images of those of another task, with the same mutual information. A map
// without Apply (the zero Map) is the identity.
type Transformed struct {
	Base MITask
	X, Y Map
}

// Name implements [MITask].
func (t Transformed) Name() string {
	name := t.Base.Name()
	if t.X.Apply != nil {
		name += ", x by " + t.X.Name
	}
	if t.Y.Apply != nil {
		name += ", y by " + t.Y.Name
	}
	return name
}

// Dims implements [MITask].
func (t Transformed) Dims() (x, y int) {
	x, y = t.Base.Dims()
	return t.X.out(x), t.Y.out(y)
}

// MI returns that of the base task, in nats.
func (t Transformed) MI() float64 { return t.Base.MI() }

// Sample implements [MITask].
func (t Transformed) Sample(n int, rng *rand.Rand) (x, y [][]float64) {
	x, y = t.Base.Sample(n, rng)
	return t.X.rows(x), t.Y.rows(y)
}

func (m Map) out(in int) int {
	if m.Apply == nil {
		return in
	}
	return m.Out(in)
}

func (m Map) rows(src [][]float64) [][]float64 {
	if m.Apply == nil || len(src) == 0 {
		return src
	}
	dst := newRows(len(src), m.Out(len(src[0])))
	for i := range src {
		m.Apply(dst[i], src[i])
	}
	return dst
}

// HalfCube maps each component x to sign(x) |x|^{3/2}: longer tails.
var HalfCube = componentwise("half-cube", func(x float64) float64 { return x * math.Sqrt(math.Abs(x)) })

// Asinh maps each component x to asinh x = ln(x + sqrt(x^2+1)): shorter tails.
var Asinh = componentwise("asinh", math.Asinh)

// NormalCDF maps each component to its standard normal distribution function, Phi(x) = erfc(-x/sqrt 2)/2. Standard
// normal components become uniform on (0,1).
var NormalCDF = componentwise("normal cdf", func(x float64) float64 { return math.Erfc(-x/math.Sqrt2) / 2 })

// SwissRoll maps each component x to two, the point of angle phi = (3 pi/2)(1 + 2 Phi(x)) on the spiral of
// Archimedes, phi (cos phi, sin phi)/21. Its radius grows with phi, so the curve does not meet itself.
var SwissRoll = Map{
	Name: "swiss roll",
	Out:  func(in int) int { return 2 * in },
	Apply: func(dst, src []float64) {
		for i, x := range src {
			phi := 1.5 * math.Pi * (1 + math.Erfc(-x/math.Sqrt2))
			sin, cos := math.Sincos(phi)
			dst[2*i], dst[2*i+1] = phi*cos/21, phi*sin/21
		}
	},
}

// Spiral turns the first two components about the origin by the angle |x|^2/3, where |x| is the norm of all
// components. The norm does not change, so the turn can be taken back. It needs two components or more.
var Spiral = Map{
	Name: "spiral",
	Out:  func(in int) int { return in },
	Apply: func(dst, src []float64) {
		if len(src) < 2 {
			panic("testsystems: Spiral needs two components or more")
		}
		var square float64
		for _, x := range src {
			square += x * x
		}
		sin, cos := math.Sincos(square / 3)
		copy(dst, src)
		dst[0], dst[1] = cos*src[0]-sin*src[1], sin*src[0]+cos*src[1]
	},
}

func componentwise(name string, f func(float64) float64) Map {
	return Map{
		Name: name,
		Out:  func(in int) int { return in },
		Apply: func(dst, src []float64) {
			for i, x := range src {
				dst[i] = f(x)
			}
		},
	}
}
