package entropy

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
)

// Deliberate errors, and the tests that caught them:
//
//	gram.go      mean not subtracted              TestPCAAgainstDense
//	project.go   scale 1 in place of 1/sqrt(k)    TestProjectKeepsLength
//	project.go   variance with n in place of n-1  TestPCAAgainstDense
//	project.go   coordinates not about the fitted mean  TestPCAAgainstDense
//	project.go   a sum begun anew at each block         TestProjectionsAreSummedInOrder

func TestProjectKeepsLength(t *testing.T) {
	rng := stream(10)
	const n, d, k = 3, projectBlock + 100, 4
	rows := gaussianRows(rng, n, append(make([]float64, d-50), slicesOfOne(50)...))
	var ratio []float64
	for seed := range uint64(400) {
		y, err := Project(rows, k, stream(seed))
		require.NoError(t, err)
		for i := range y {
			ratio = append(ratio, dot(y[i], y[i])/dot(rows[i], rows[i]))
		}
	}
	mean, sd := stat.MeanStdDev(ratio, nil)
	assert.Less(t, math.Abs(mean-1)/(sd/math.Sqrt(400)), 3.0)
	assert.InDelta(t, math.Sqrt(2.0/k), sd, 0.1) // chi^2_k / k

	// one row or many, the seed alone decides the directions
	all, _ := Project(rows, k, stream(1))
	one, _ := Project(rows[1:2], k, stream(1))
	assert.Equal(t, all[1], one[0])
}

// Several directions at a time, block by block, give the bits of one sum after the other.
func TestProjectionsAreSummedInOrder(t *testing.T) {
	const n, d, k = 3, 2*projectBlock + 100, 7
	rows := gaussianRows(stream(12), n, slicesOfOne(d))
	p := &PCA{Directions: gaussianRows(stream(14), k, slicesOfOne(d))}
	p.Mean = gaussianRows(stream(13), 1, slicesOfOne(d))[0]
	principal, err := p.Apply(rows)
	require.NoError(t, err)
	random, err := Project(rows, k, stream(15))
	require.NoError(t, err)
	rng := stream(15)
	sum, want := newRows(n, k), newRows(n, k)
	for j := range d {
		for q := range k {
			direction := 1 / math.Sqrt(k) * rng.NormFloat64()
			for i, row := range rows {
				sum[i][q] += row[j] * direction
			}
		}
		if (j+1)%projectBlock == 0 || j == d-1 { // each block has a sum of its own
			for i := range rows {
				for q := range k {
					want[i][q] += sum[i][q]
				}
				clear(sum[i])
			}
		}
	}
	assert.Equal(t, want, random)
	for i, row := range rows {
		for q, direction := range p.Directions {
			sum := 0.0
			for j, x := range row {
				sum += (x - p.Mean[j]) * direction[j]
			}
			assert.Equal(t, sum, principal[i][q])
		}
	}
}

func TestPCAAgainstDense(t *testing.T) {
	rng := stream(11)
	const n, d, k = 9, 14, 3
	scale := make([]float64, d)
	for j := range scale {
		scale[j] = math.Pow(0.7, float64(j))
	}
	rows := gaussianRows(rng, n, scale)
	p, err := FitPCA(rows, k)
	require.NoError(t, err)
	points, _, err := pack(rows)
	require.NoError(t, err)
	cov := mat.NewSymDense(d, nil)
	stat.CovarianceMatrix(cov, points, nil)
	var eig mat.EigenSym
	eig.Factorize(cov, false)
	for q := range k {
		v := mat.NewVecDense(d, p.Directions[q])
		var cv mat.VecDense
		cv.MulVec(cov, v)
		cv.AddScaledVec(&cv, -eig.Values(nil)[d-1-q], v)
		assert.Less(t, mat.Norm(&cv, 2), 1e-10, "an eigenvector of the covariance, with its eigenvalue")
		assert.InDelta(t, 1, mat.Norm(v, 2), 1e-12)
	}
	fresh := gaussianRows(rng, 2, scale)
	y, err := p.Apply(fresh)
	require.NoError(t, err)
	var want float64
	for j := range d {
		want += (fresh[1][j] - p.Mean[j]) * p.Directions[2][j]
	}
	assert.InDelta(t, want, y[1][2], 1e-12)
	_, err = FitPCA(rows, n)
	assert.ErrorContains(t, err, "ask for fewer")
	_, err = p.Apply([][]float64{{1, 2}})
	assert.ErrorContains(t, err, "rows of 2 columns")
}
