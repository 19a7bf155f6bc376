package neighbours_test

import (
	"fmt"

	"calorimeter/instrument/entropy/neighbours"
)

// Each point's distance to its nearest other, and how many others lie strictly within a distance of 2 of it.
func Example() {
	points := []float64{ // four points in the plane
		0, 0,
		1, 0,
		1, 1.5,
		9, 9,
	}
	dist := neighbours.Distances(points, 2, 1)
	counts := make([]int, 4)
	neighbours.NewCounter(points, 2).Count([]float64{2, 2, 2, 2}, counts)
	for i := range 4 {
		fmt.Printf("point %d: nearest at %.1f, %d within 2\n", i, dist[i], counts[i])
	}
	// Output:
	// point 0: nearest at 1.0, 2 within 2
	// point 1: nearest at 1.0, 2 within 2
	// point 2: nearest at 1.5, 2 within 2
	// point 3: nearest at 8.0, 0 within 2
}
