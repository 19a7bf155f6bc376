package information

import (
	"fmt"
	"math"

	"calorimeter/instrument/entropy"

	"gonum.org/v1/gonum/mat"
)

// whitened is a grouped cloud in few dimensions, in coordinates where the pooled covariance within groups is 1.
type whitened struct {
	sets, replicas, k int
	spread            []float64  // eigenvalues of Sw^-1 Cb, Cb the covariance of the group means
	means             *mat.Dense // sets x k
}

func whiten(c *entropy.Cloud) (*whitened, error) {
	m, err := c.Moments()
	if err != nil {
		return nil, err
	}
	k := m.Within.SymmetricDim()
	w := &whitened{sets: c.Groups, replicas: c.PerGroup, k: k, means: mat.NewDense(c.Groups, k, nil)}
	scale := make([]float64, k)
	for i := range k {
		scale[i] = 1 / math.Sqrt(m.Within.At(i, i))
		if math.IsInf(scale[i], 0) {
			if m.Between.At(i, i) == 0 {
				return nil, fmt.Errorf("column %d is identical in all replicas: do they still share their start?", i)
			}
			return nil, fmt.Errorf("column %d does not vary within any data set: training without noise, M-info is infinite", i)
		}
	}
	for i := range k {
		for j := i; j < k; j++ {
			m.Within.SetSym(i, j, scale[i]*scale[j]*m.Within.At(i, j))
			m.Between.SetSym(i, j, scale[i]*scale[j]*m.Between.At(i, j))
		}
	}
	var chol mat.Cholesky
	if !chol.Factorize(m.Within) || chol.Cond() > 1e13 {
		return nil, fmt.Errorf("the columns are linearly dependent within data sets")
	}
	var lower mat.TriDense
	chol.LTo(&lower)
	var inverse mat.TriDense
	if err := inverse.InverseTri(&lower); err != nil {
		return nil, fmt.Errorf("the columns are linearly dependent within data sets")
	}
	for d := range c.Groups {
		mean := mat.NewVecDense(k, nil)
		for i := range k {
			mean.SetVec(i, scale[i]*m.Means.At(d, i))
		}
		row := mat.NewVecDense(k, w.means.RawRowView(d))
		row.MulVec(&inverse, mean)
	}
	var half, full mat.Dense
	half.Mul(&inverse, m.Between)
	full.Mul(&half, inverse.T())
	sym := mat.NewSymDense(k, nil)
	for i := range k {
		for j := i; j < k; j++ {
			sym.SetSym(i, j, (full.At(i, j)+full.At(j, i))/2)
		}
	}
	var eig mat.EigenSym
	if !eig.Factorize(sym, false) {
		return nil, fmt.Errorf("the eigenvalues of the spread between data sets did not converge")
	}
	w.spread = eig.Values(nil)
	return w, nil
}

// memorized returns 1/2 [ln det T - ln det Sw], each log-determinant less its Wishart bias.
func (w *whitened) memorized() float64 {
	D, R := float64(w.sets), float64(w.replicas)
	var value, between, between2, within, within2 float64
	for _, s := range w.spread {
		total := s + 1 - 1/R
		value += math.Log(total) / 2
		a := s / total
		between, between2 = between+a, between2+a*a
		within, within2 = within+(1-a), within2+(1-a)*(1-a)
	}
	dofBetween, dofWithin := D-1, D*(R-1)
	terms := (between*between+between2)/dofBetween + (within*within+within2)/dofWithin
	k := float64(w.k)
	return value - entropy.LogDetBias(w.k, k*(k+1)/terms) + entropy.LogDetBias(w.k, dofWithin)
}
