package estimate_test

import (
	"fmt"
	"math"

	"calorimeter/instrument/estimate"
)

// The mean of five independent runs with its interval; what one run cannot tell says so, and prints as "~", never as 0.
func Example() {
	runs := estimate.Mean([]float64{1.2, 0.9, 1.1, 1.4, 0.8})
	fmt.Println(runs)
	fmt.Printf("%.2f +- %.2f, holds 1: %v, z against 1.5: %.1f\n", runs.Value, runs.SE, runs.Covers(1), runs.Z(1.5))

	one := estimate.Mean([]float64{1.2})
	fmt.Println(one.HasInterval(), one.Warnings)

	none := estimate.Unknown("the window holds %d of 16 points", 3)
	fmt.Println(none, none.Known(), math.IsNaN(none.Value), none.Warnings)
	// Output:
	// 1.08 [0.7836, 1.376]
	// 1.08 +- 0.11, holds 1: true, z against 1.5: -3.9
	// false [one unit only: its error is unknown]
	// ~ false true [the window holds 3 of 16 points]
}
