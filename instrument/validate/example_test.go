package validate_test

import (
	"context"
	"fmt"
	"log"

	"calorimeter/instrument/validate"
)

// A case that nobody tuned for: the free energy of a spring that is suddenly 1.7 times as stiff, found from the work of
// 2,000 switches each way. The truth is ln(1.7)/2 = 0.2653.
func Example() {
	system, err := validate.Oscillator{Stiffness: 1, Ratio: 1.7, Samples: 2000}.Pose()
	if err != nil {
		log.Fatal(err)
	}
	rows, err := system.Run(context.Background(), 1, 2) // seed 1, two workers
	if err != nil {
		log.Fatal(err)
	}
	for _, r := range rows {
		fmt.Printf("%-12s  %-18s  exact %.3f  found %.3f ± %.3f  %v\n",
			r.Quantity, r.Estimator, r.Truth, r.Estimate.Value, r.Estimate.SE, r.Outcome())
	}
	verdict := validate.Judge(rows)
	fmt.Printf("pass: %v, of %d rows judged and %d that warn of themselves\n",
		verdict.Pass, verdict.Judged, verdict.Warned)
	// Output:
	// delta_f       Jarzynski           exact 0.265  found 0.273 ± 0.007  agrees
	// delta_f       Jarzynski, reverse  exact 0.265  found 0.279 ± 0.014  agrees
	// delta_f       BAR                 exact 0.265  found 0.275 ± 0.006  agrees
	// delta_f       Crooks              exact 0.265  found 0.276 ± 0.006  agrees
	// crooks_slope  Crooks              exact 1.000  found 0.961 ± 0.092  agrees
	// delta_f       GaussianWork        exact 0.265  found 0.235 ± 0.012  warned
	// ift           FluctuationAverage  exact 1.000  found 0.993 ± 0.007  agrees
	// work          mean                exact 0.350  found 0.361 ± 0.011  agrees
	// pass: true, of 7 rows judged and 1 that warn of themselves
}
