package ssl_test

import (
	"fmt"
	"log"
	"math/rand/v2"

	"calorimeter/model"
	"calorimeter/model/ssl"

	"gorgonia.org/gorgonia"
)

// One step of SwAV, by hand: two views of a batch, the self-labels that balance them over the prototypes, and what the
// step did to the loss on the same views.
func Example() {
	const batch, side = 16, 6
	m, err := ssl.New(ssl.Settings{
		Algorithm: ssl.SwAV, Pixels: side * side, Hidden: []int{24}, Representation: 10, Head: []int{12}, Projection: 8,
		Labels: 4, Batch: batch, Temperature: 0.1, Epsilon: 0.05, Precision: model.Float64,
	})
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()

	// Bars: image i has row i mod 6 lit.
	images := make([]float32, batch*side*side)
	for i := range batch {
		for col := range side {
			images[i*side*side+i%side*side+col] = 1
		}
	}
	rng := rand.New(rand.NewPCG(1, 0))
	st := m.NewState(rng)
	views := make([]float32, 2*len(images))
	ssl.Augmentation{Shift: 0.3, Noise: 0.1}.Views(views, images, side, side, rng)
	step, err := m.Step(st, views, gorgonia.NewAdamSolver(gorgonia.WithLearnRate(1e-2)))
	if err != nil {
		log.Fatal(err)
	}

	share := make([]float64, m.Labels())
	for i, q := range step.Labels {
		share[i%m.Labels()] += q / float64(m.Samples())
	}
	fmt.Println(m.Samples(), "views of", batch, "images")
	fmt.Printf("each label holds %.4f of the views\n", share)
	fmt.Println("the step lowered its loss:", step.LossAfter < step.Loss)
	// Output:
	// 32 views of 16 images
	// each label holds [0.2500 0.2500 0.2500 0.2500] of the views
	// the step lowered its loss: true
}

// One picture, seen twice.
func ExampleAugmentation() {
	bar := []float32{
		0, 0, 1, 0, 0,
		0, 0, 1, 0, 0,
		0, 0, 1, 0, 0,
		0, 0, 1, 0, 0,
		0, 0, 1, 0, 0,
	}
	rng := rand.New(rand.NewPCG(1, 0))
	views := make([]float32, 2*len(bar))
	ssl.Augmentation{Shift: 1, Rotation: 0.5}.Views(views, bar, 5, 5, rng)
	for row := range 5 {
		fmt.Printf("%.1f   %.1f   %.1f\n", bar[5*row:5*row+5], views[5*row:5*row+5], views[25+5*row:25+5*row+5])
	}
	// Output:
	// [0.0 0.0 1.0 0.0 0.0]   [0.0 0.5 0.5 0.0 0.0]   [0.0 0.6 0.4 0.0 0.0]
	// [0.0 0.0 1.0 0.0 0.0]   [0.0 0.5 0.5 0.0 0.0]   [0.0 0.5 0.5 0.0 0.0]
	// [0.0 0.0 1.0 0.0 0.0]   [0.0 0.5 0.5 0.0 0.0]   [0.0 0.3 0.7 0.0 0.0]
	// [0.0 0.0 1.0 0.0 0.0]   [0.0 0.5 0.5 0.0 0.0]   [0.0 0.1 0.9 0.0 0.0]
	// [0.0 0.0 1.0 0.0 0.0]   [0.0 0.5 0.5 0.0 0.0]   [0.0 0.0 0.2 0.0 0.0]
}

// Scores that all favour the first label, and labels balanced all the same: a field holds the first label back.
func ExampleSinkhorn() {
	scores := []float64{
		1.0, 0.2,
		1.0, 0.6,
		1.0, 0.9,
		1.0, 0.4,
	}
	q := make([]float64, len(scores))
	balance, err := ssl.Sinkhorn(q, scores, 2, 0.1, 1000)
	if err != nil {
		log.Fatal(err)
	}
	for i := 0; i < len(q); i += 2 {
		fmt.Printf("scores %.1f  labels %.2f\n", scores[i:i+2], q[i:i+2])
	}
	fmt.Printf("fields %+.1f, converged: %v\n", balance.Field, balance.Converged)
	// Output:
	// scores [1.0 0.2]  labels [0.96 0.04]
	// scores [1.0 0.6]  labels [0.28 0.72]
	// scores [1.0 0.9]  labels [0.02 0.98]
	// scores [1.0 0.4]  labels [0.74 0.26]
	// fields [-2.5 +2.5], converged: true
}
