package ensemble_test

import (
	"context"
	"fmt"
	"math/rand/v2"

	"calorimeter/instrument"
	"calorimeter/instrument/ensemble"
	"calorimeter/model"
)

// Sixteen training sets of the exactly solvable model, four replicas of each: what the samples tell of their training
// set lies between two bounds, under what the weights hold of it.
func Example() {
	rng := rand.New(rand.NewPCG(1, 2))
	draw := func(n int) []float32 {
		x := make([]float32, n)
		for i := range x {
			x[i] = float32(rng.NormFloat64())
		}
		return x
	}
	var sets [][]float32
	for range 16 {
		sets = append(sets, draw(4))
	}
	factory := func() (model.PPM, error) {
		return model.NewGaussian(model.GaussianSettings{Dim: 1, Sigma: 1, InitVar: 0.01, Batch: 4, Precision: model.Float64})
	}
	e, err := ensemble.New(ensemble.Config{
		Seed: 1, Replicas: 4, Chains: 16, Batch: 4, Rate: 0.1, Temperature: 0.02, Independent: true,
		Observe: instrument.LogSteps(1, 40, 5),
	}, factory, sets, draw(50))
	if err != nil {
		panic(err)
	}
	defer e.Close()

	var rows []*ensemble.Row
	err = e.Run(context.Background(), func(o *ensemble.Observation) error {
		rows = append(rows, o.Row())
		return nil
	})
	if err != nil {
		panic(err)
	}
	last := rows[len(rows)-1]
	fmt.Println("step", last.Step)
	fmt.Println("bounds in order:", last.LInfo.Lower.Value <= last.LInfo.Upper.Value)
	fmt.Println("the weights hold more:", last.LInfo.Upper.Value < last.MInfoGauss.Value)
	fmt.Println("M-info, whose truth is 1.264, is in its interval:", last.MInfoGauss.Covers(1.264))
	for _, check := range ensemble.Books(rows)[1:2] {
		fmt.Println(check.Name, check.Verdict)
	}
	// Output:
	// step 40
	// bounds in order: true
	// the weights hold more: true
	// M-info, whose truth is 1.264, is in its interval: true
	// first law pass
}
