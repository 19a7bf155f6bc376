package datasets

import "fmt"

const forNormal = 1 // index of the streams of Normal, beside those of the other synthetic sets

// Normal returns a split of train and test examples whose dim coordinates are independent draws of N(0, sigma^2):
// the data of the exactly solvable Gaussian model. The same seed gives the same data, bit for bit. It panics on a
// dimension below 1 or a negative count.
func Normal(dim int, sigma float64, train, test int, seed uint64) *Split {
	if dim < 1 || train < 0 || test < 0 {
		panic(fmt.Sprintf("datasets: Normal of dimension %d with %d and %d examples", dim, train, test))
	}
	draw := func(n int, p purpose) *Dataset {
		rng := stream(seed, p, forNormal)
		x := make([]float32, n*dim)
		for i := range x {
			x[i] = float32(sigma * rng.NormFloat64())
		}
		return &Dataset{Name: "normal", Rows: dim, Cols: 1, X: x, Origin: "synthetic: independent normal coordinates"}
	}
	return &Split{Train: draw(train, forTraining), Test: draw(test, forTesting)}
}
