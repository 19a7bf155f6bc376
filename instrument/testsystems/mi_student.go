package testsystems

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mathext"
	"gonum.org/v1/gonum/stat/distuv"
)

// StudentT is a pair of dimension d + d that is jointly Student-t with nu degrees of freedom and identity dispersion.
// No component is correlated with any other; they share their scale, x = z_x/sqrt(g/nu), y = z_y/sqrt(g/nu) with
// z normal and g chi-squared, and that is what X and Y know of each other.
//
// Both marginals are Student-t with the same nu. The entropy of a t in k dimensions,
//
//	h_k = ln( Gamma(nu/2) (pi nu)^{k/2}/Gamma((nu+k)/2) ) + (nu+k)/2 ( psi((nu+k)/2) - psi(nu/2) ),
//
// gives 2 h_d - h_2d, in which the powers of pi nu cancel (R. S. Calsaverini, R. Vicente, EPL 88, 68003 (2009);
// Czyz et al. 2023):
//
//	I(X;Y) = f(nu) + f(nu + 2d) - 2 f(nu + d),     f(t) = ln Gamma(t/2) - (t/2) psi(t/2).
//
// It tends to 0 as nu grows and the t becomes a normal.
type StudentT struct {
	Dim int     // d
	DOF float64 // nu > 0; 1 is Cauchy, 2 and below have no variance
}

// Validate returns an error that names the first parameter that is out of range.
func (s StudentT) Validate() error {
	return cmp.Or(
		demand(s.Dim >= 1, "StudentT.Dim", s.Dim, "need at least one component"),
		demand(positive(s.DOF), "StudentT.DOF", s.DOF, "must be finite and > 0"),
	)
}

// Name implements [MITask].
func (s StudentT) Name() string {
	return fmt.Sprintf("student-t %d+%d, %g degrees of freedom", s.Dim, s.Dim, s.DOF)
}

// Dims implements [MITask].
func (s StudentT) Dims() (x, y int) { return s.Dim, s.Dim }

// MI returns f(nu) + f(nu + 2d) - 2 f(nu + d), in nats.
func (s StudentT) MI() float64 {
	must(s.Validate())
	f := func(t float64) float64 {
		lnGamma, _ := math.Lgamma(t / 2)
		return lnGamma - t/2*mathext.Digamma(t/2)
	}
	d := float64(s.Dim)
	return f(s.DOF) + f(s.DOF+2*d) - 2*f(s.DOF+d)
}

// Sample implements [MITask].
func (s StudentT) Sample(n int, rng *rand.Rand) (x, y [][]float64) {
	must(s.Validate())
	x, y = normalRows(n, s.Dim, 1, rng), normalRows(n, s.Dim, 1, rng)
	chi2 := distuv.ChiSquared{K: s.DOF, Src: rng}
	for i := range x {
		scale := math.Sqrt(s.DOF / chi2.Rand())
		for j := range x[i] {
			x[i][j] *= scale
			y[i][j] *= scale
		}
	}
	return x, y
}
