package selfsupervised_test

import (
	"context"
	"fmt"
	"log"
	"math/rand/v2"

	"calorimeter/instrument/selfsupervised"
	"calorimeter/instrument/solver"
	"calorimeter/model"
	"calorimeter/model/ssl"
)

// bars draws n pictures of side x side pixels: a row (class 0) or a column (class 1) at a random place.
func bars(n, side int, rng *rand.Rand) *selfsupervised.Images {
	im := &selfsupervised.Images{Rows: side, Cols: side}
	for range n {
		x := make([]float32, side*side)
		at, class := rng.IntN(side), rng.IntN(2)
		for i := range side {
			x[[]int{at*side + i, i*side + at}[class]] = 1
		}
		im.X, im.Labels = append(im.X, x...), append(im.Labels, uint8(class))
	}
	return im
}

// Three encoders learn from pictures without labels. The runner enters every step in a ledger, as a cycle of
// measurement, expansion and thermalisation, and checks what each must obey.
func Example() {
	rng := rand.New(rand.NewPCG(1, 0))
	train, test := bars(200, 6, rng), bars(100, 6, rng)
	factory := func() (*ssl.Model, error) {
		return ssl.New(ssl.Settings{
			Algorithm: ssl.SwAV, Pixels: 36, Hidden: []int{24}, Representation: 10, Head: []int{12}, Projection: 8,
			Labels: 6, Batch: 16, Temperature: 0.2, Epsilon: 0.1, Precision: model.Float64,
		})
	}
	runner, err := selfsupervised.New(selfsupervised.Config{
		Seed: 1, Replicas: 3, Observe: []int{0, 100, 300}, Views: ssl.Augmentation{Shift: 0.5, Noise: 0.1},
		Solver: solver.Settings{Algorithm: solver.Adam, Rate: 0.005},
	}, factory, []*selfsupervised.Images{train}, test)
	if err != nil {
		log.Fatal(err)
	}
	defer runner.Close()

	var all []*selfsupervised.Observation
	if err := runner.Run(context.Background(), func(o *selfsupervised.Observation) error {
		all = append(all, o)
		return nil
	}); err != nil {
		log.Fatal(err)
	}

	last := all[len(all)-1]
	for i, c := range last.Mean {
		fmt.Printf("replica %d, a mean step: measured %.2f nats, extracted %.3f\n", i, c.KLBefore, c.Extracted())
	}
	for _, b := range selfsupervised.Books(all) {
		fmt.Printf("%s: %v\n", b.Name, b.Verdict)
	}
	told, ceiling := last.ClassInformation()
	fmt.Printf("a self-label tells %.2f of %.2f nats about the class, which no encoder has seen\n", told.Value, ceiling)
	// Output:
	// replica 0, a mean step: measured 0.31 nats, extracted 0.007
	// replica 1, a mean step: measured 0.31 nats, extracted 0.010
	// replica 2, a mean step: measured 0.31 nats, extracted 0.008
	// first law: pass
	// W - dF = loss change: pass
	// efficiency <= 1: pass
	// generalised Gibbs ensemble: pass
	// learning: cannot tell
	// a self-label tells 0.24 of 0.69 nats about the class, which no encoder has seen
}
