package testsystems

import "math/rand/v2"

// MITask is a pair of random vectors whose mutual information is known.
type MITask interface {
	// Name tells the task and its parameters.
	Name() string
	// Dims returns the numbers of components of X and of Y.
	Dims() (x, y int)
	// MI returns I(X;Y), in nats.
	MI() float64
	// Sample draws n independent pairs, rows of as many components as Dims says.
	Sample(n int, rng *rand.Rand) (x, y [][]float64)
}

// MITasks returns tasks to run an estimator of mutual information over: normal pairs of low and high dimension, long
// tails, bounded support, and some of them again behind invertible maps that leave the information as it is.
func MITasks() []MITask {
	bivariate := DenseNormal{Dim: 1, Rho: 0.75}
	sparse := SparseNormal{Dim: 3, Pairs: 2, Rho: 0.8}
	return []MITask{
		DenseNormal{Dim: 1, Rho: 0},
		bivariate,
		DenseNormal{Dim: 2, Rho: 0.5},
		DenseNormal{Dim: 3, Rho: 0.5},
		DenseNormal{Dim: 5, Rho: 0.5},
		DenseNormal{Dim: 25, Rho: 0.5},
		SparseNormal{Dim: 2, Pairs: 2, Rho: 0.8},
		sparse,
		StudentT{Dim: 1, DOF: 1},
		StudentT{Dim: 2, DOF: 1},
		StudentT{Dim: 2, DOF: 2},
		StudentT{Dim: 3, DOF: 3},
		StudentT{Dim: 5, DOF: 2},
		UniformNoise{Epsilon: 0.1},
		UniformNoise{Epsilon: 0.75},
		Transformed{Base: bivariate, X: HalfCube, Y: HalfCube},
		Transformed{Base: bivariate, X: NormalCDF, Y: NormalCDF},
		Transformed{Base: bivariate, X: SwissRoll, Y: NormalCDF},
		Transformed{Base: sparse, X: Spiral, Y: Spiral},
		Transformed{Base: StudentT{Dim: 1, DOF: 1}, X: Asinh, Y: Asinh},
		Transformed{Base: StudentT{Dim: 2, DOF: 1}, X: Asinh, Y: Asinh},
	}
}
