package information

import (
	"math"

	"calorimeter/instrument/estimate"

	"gonum.org/v1/gonum/mat"
)

// Rates c at which a squared Mahalanobis distance enters the two bounds: two Gaussians of one covariance are
// delta^2/2 (Kullback-Leibler) and delta^2/8 (Bhattacharyya) apart.
const (
	kullbackLeibler = 1.0 / 2
	bhattacharyya   = 1.0 / 8
)

// finiteSets brackets I(d;theta) for d uniform on the drawn sets; the formulas stand at [Memorized].
func (w *whitened) finiteSets() Bracket {
	b := Bracket{
		Lower:   w.mixtureBound(bhattacharyya),
		Upper:   w.mixtureBound(kullbackLeibler),
		Ceiling: math.Log(float64(w.sets)),
	}
	if b.Saturated() {
		b.Lower = b.Lower.Warn("saturated: within 10 %% of its ceiling %.3f, which more data sets would raise", b.Ceiling)
	}
	return b
}

// mixtureBound returns -1/D sum_i ln[ 1/D sum_j e_ij ], e_ij the estimate of exp(-rate delta_ij^2), with its
// delta-method error: in whitened coordinates the set means u_i have covariance 1/R, and Sw has nu degrees of freedom,
//
//	Var f = sum_i |df/du_i|^2 / R + 2 tr Q^2 / nu,   Q = sum_ij df/d(delta_ij^2) (u_i - u_j)(u_i - u_j)^T.
func (w *whitened) mixtureBound(rate float64) estimate.Estimate {
	D, R := float64(w.sets), float64(w.replicas)
	k := float64(w.k)
	shrink := 1 - 4*rate/R
	if shrink <= 0 {
		return estimate.Point(math.Log(D), "two replicas per data set cannot tell this upper bound from its ceiling: use "+
			"three or more")
	}
	dof := D * (R - 1)
	sharp := rate / shrink * (dof - k - 1) / dof // E Sw^-1 = Sigma^-1 dof/(dof-k-1)
	front := math.Pow(shrink, -k/2)

	gradients := mat.NewDense(w.sets, w.k, nil)
	q := mat.NewSymDense(w.k, nil)
	diff := mat.NewVecDense(w.k, nil)
	overlap := make([]float64, w.sets)
	var value float64
	for i := range w.sets {
		var sum float64
		for j := range w.sets {
			diff.SubVec(w.means.RowView(i), w.means.RowView(j))
			overlap[j] = 1
			if j != i {
				overlap[j] = math.Min(1, front*math.Exp(-sharp*mat.Dot(diff, diff)))
			}
			sum += overlap[j]
		}
		value -= math.Log(sum/D) / D
		for j := range w.sets {
			slope := sharp / D * overlap[j] / sum
			diff.SubVec(w.means.RowView(i), w.means.RowView(j))
			q.SymRankOne(q, slope, diff)
			for c := range w.k {
				gradients.Set(i, c, gradients.At(i, c)+2*slope*diff.AtVec(c))
				gradients.Set(j, c, gradients.At(j, c)-2*slope*diff.AtVec(c))
			}
		}
	}
	g, s := mat.Norm(gradients, 2), mat.Norm(q, 2)
	return estimate.FromSE(value, math.Sqrt(g*g/R+2*s*s/dof), dof)
}
