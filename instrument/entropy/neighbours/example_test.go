package neighbours_test

import (
	"fmt"
	"log"

	"calorimeter/instrument/entropy/neighbours"
)

// Each point's nearest neighbour, and how many others lie strictly within a distance of 2 of it.
func Example() {
	points := []float64{ // four points in the plane
		0, 0,
		1, 0,
		1, 1.5,
		9, 9,
	}
	index, err := neighbours.New(points, 2, neighbours.Chebyshev)
	if err != nil {
		log.Fatal(err)
	}
	idx, dist := make([]int, 4), make([]float64, 4)
	index.NearestAll(1, idx, dist)

	radii, counts := []float64{2, 2, 2, 2}, make([]int, 4)
	index.CountAll(radii, false, counts)
	for i := range 4 {
		fmt.Printf("point %d: nearest is %d at %.1f, %d within 2\n", i, idx[i], dist[i], counts[i])
	}
	// Output:
	// point 0: nearest is 1 at 1.0, 2 within 2
	// point 1: nearest is 0 at 1.0, 2 within 2
	// point 2: nearest is 0 at 1.5, 2 within 2
	// point 3: nearest is 2 at 8.0, 0 within 2
}
