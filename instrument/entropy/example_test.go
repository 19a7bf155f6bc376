package entropy_test

import (
	"fmt"
	"math"
	"math/rand/v2"

	"calorimeter/instrument/entropy"
)

// Sixteen training sets, four replicas each, of a model with two weights. Halving the spread of the weights changes
// S(Theta) by -2 ln 2, whatever their unit.
func ExampleCloud_Entropy() {
	rng := rand.New(rand.NewPCG(1, 1))
	wide := &entropy.Cloud{Groups: 16, PerGroup: 4}
	narrow := &entropy.Cloud{Groups: 16, PerGroup: 4}
	for range 16 {
		a, b := rng.NormFloat64(), rng.NormFloat64()
		for range 4 {
			x, y := a+0.5*rng.NormFloat64(), b+0.5*rng.NormFloat64()
			wide.Rows = append(wide.Rows, []float64{x, y})
			narrow.Rows = append(narrow.Rows, []float64{x / 2, y / 2})
		}
	}
	s := wide.Entropy()
	truth := math.Log(2 * math.Pi * math.E * 1.25)
	fmt.Println("the interval holds the truth:", s.Covers(truth))
	fmt.Printf("change of S: %.4f nats\n", narrow.Entropy().Value-s.Value)
	// Output:
	// the interval holds the truth: true
	// change of S: -1.3863 nats
}

// At a shared start all replicas are one point: there is no entropy, and the estimate says why.
func ExampleShrinkage_sharedStart() {
	start := make([]float64, 1000)
	e := entropy.Shrinkage([][]float64{start, start, start}, 0)
	fmt.Println(e, e.Warnings[0])
	// Output:
	// ~ all replicas still share their start: S(Theta) = -inf
}
