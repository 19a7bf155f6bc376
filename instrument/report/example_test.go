package report_test

import (
	"fmt"
	"log"
	"math"
	"os"
	"path/filepath"

	"calorimeter/instrument/report"
)

// A record written by hand, as another program might, and the page made from it. What could not be measured is NaN, and a
// reason.
func Example() {
	dir, err := os.MkdirTemp("", "run")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)

	curves := &report.Curves{
		Columns: []string{"step", "train_nll", "test_nll", "work", "heat", "m_info"},
		Rows: [][]float64{
			{0, 135.9, 135.9, 0, 0, math.NaN()},
			{100, 80.2, 81.0, 12.5, -68.1, 2.4},
			{1000, 41.7, 52.3, 21.9, -115.2, 5.1},
		},
	}
	run := &report.Run{
		Program: "mine", Command: []string{"mine", "--fast"}, Model: "made", Data: "mnist-sample", Status: report.Done,
		Datasets: 8, Replicas: 3, Subset: 500, Steps: 1000,
		Reasons: map[string]string{"m_info": "all replicas begin with the same weights"},
	}
	if err := curves.Save(dir); err != nil {
		log.Fatal(err)
	}
	if err := run.Save(dir); err != nil {
		log.Fatal(err)
	}

	// Years later.
	run, curves, err = report.Load(dir)
	if err != nil {
		log.Fatal(err)
	}
	if err := report.WriteHTML(dir, run, curves); err != nil {
		log.Fatal(err)
	}
	nll, row := curves.Last("test_nll")
	fmt.Printf("%v nats at step %v\n", nll, curves.Rows[row][0])
	if err := report.Table(os.Stdout, run, curves, 0); err != nil {
		log.Fatal(err)
	}
	files, _ := filepath.Glob(filepath.Join(dir, "*"))
	for _, f := range files {
		fmt.Println(filepath.Base(f))
	}
	// Output:
	// 52.3 nats at step 1000
	// step  train loss  test loss  work W  heat out -Q  M-info
	//    0       135.9      135.9   0.000        0.000       ~
	//  100       80.20      81.00   12.50        68.10   2.400
	// 1000       41.70      52.30   21.90        115.2   5.100
	// Nats; ± one standard error over 8 training sets; [a, b] lower and upper bound; ~ not known.
	// curves.csv
	// report.html
	// run.json
}
