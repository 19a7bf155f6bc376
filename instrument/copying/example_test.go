package copying_test

import (
	"fmt"

	"calorimeter/instrument/copying"
)

// Three samples, two of them copies of training examples, beside three held-out examples.
func Example() {
	training := copying.NewExamples([]float32{0, 0, 1, 1, 5, 5}, 2)
	samples := training.Nearest([]float32{0, 0, 5, 5.1, 3, 3})
	heldOut := training.Nearest([]float32{0, 1, 4, 4, 2, 2})
	for _, n := range samples {
		fmt.Printf("%.1f from example %d\n", n.Distance, n.Index)
	}
	test := copying.Compare(copying.Distances(samples), copying.Distances(heldOut))
	fmt.Printf("nearer than a held-out example: %.2f\n", test.Nearer)
	// Output:
	// 0.0 from example 0
	// 0.1 from example 2
	// 2.8 from example 1
	// nearer than a held-out example: 0.67
}
