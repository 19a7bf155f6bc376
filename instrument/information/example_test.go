package information_test

import (
	"fmt"
	"math"
	"math/rand/v2"

	"calorimeter/instrument/entropy"
	"calorimeter/instrument/information"
)

// An ensemble of 16 training sets with 4 replicas each, of a model N(theta, 1) with one weight. The training set moves
// theta with variance 2, training noise with variance 0.1; each replica draws 32 samples.
func Example() {
	const sets, replicas, chains = 16, 4, 32
	rng := rand.New(rand.NewPCG(1, 2))
	cloud := &entropy.Cloud{Groups: sets, PerGroup: replicas}
	var theta, samples []float64
	for range sets {
		learned := math.Sqrt(2) * rng.NormFloat64()
		for range replicas {
			th := learned + math.Sqrt(0.1)*rng.NormFloat64()
			theta = append(theta, th)
			cloud.Rows = append(cloud.Rows, []float64{th})
			for range chains {
				samples = append(samples, th+rng.NormFloat64())
			}
		}
	}
	var l []float64
	for _, th := range theta {
		for _, x := range samples {
			l = append(l, -(x-th)*(x-th)/2-math.Log(2*math.Pi)/2)
		}
	}
	cross, err := information.NewCrossLogLikelihood(sets, replicas, chains, l)
	if err != nil {
		fmt.Println(err)
		return
	}
	learned := cross.Bounds().Learned
	memorized := information.Memorized(cloud, 1)
	fmt.Println("L-info is under its ceiling ln 16:", learned.Lower.Value < learned.Ceiling)
	fmt.Println("L-info 0.518 is held:", learned.Lower.Lo < 0.518 && 0.518 < learned.Upper.Hi)
	fmt.Println("M-info 1.522 is held:", memorized.Gaussian.Covers(math.Log(21)/2))
	fmt.Println("L-info is less than M-info:", learned.Upper.Value < memorized.Gaussian.Value)
	// Output:
	// L-info is under its ceiling ln 16: true
	// L-info 0.518 is held: true
	// M-info 1.522 is held: true
	// L-info is less than M-info: true
}
