package report_test

import (
	"fmt"
	"log"
	"os"
	"path/filepath"

	"calorimeter/instrument/estimate"
	"calorimeter/instrument/record"
	"calorimeter/instrument/report"
)

// A record written by hand, as another program might, and the page made from it. What could not be measured says why.
func Example() {
	dir, err := os.MkdirTemp("", "run")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)

	loss := record.Info{Name: "test_nll", Title: "test loss", Unit: "nats", Rank: 1, Headline: true}
	norm := record.Info{Name: "my_norm", Symbol: "|θ|", Doc: "Euclidean norm of the weights.", Rank: 2}
	history := record.NewHistory([]record.Info{loss, norm})
	for i, step := range []int{0, 100, 1000} {
		readings := []record.Named{
			{Info: loss, Reading: estimate.FromSE(135.9-40*float64(i), 0.3, 7)},
			{Info: norm, Reading: estimate.Point(float64(i+1), "one network alone")},
		}
		if step == 0 {
			readings[1].Reading = estimate.Unknown("the weights are not drawn yet")
		}
		event := record.Event{Step: step, Columns: history.Infos(), Readings: readings}
		if err := history.Record(event); err != nil {
			log.Fatal(err)
		}
	}
	run := &record.Run{
		Program: "mine", Command: []string{"mine", "--fast"}, Model: "made", Data: "mnist-sample", Status: record.Done,
		Setup: "8 training sets, 1,000 steps", Units: record.Units{Name: "training set", Count: 8},
		Quantities: history.Infos(),
	}
	if err := history.Save(dir); err != nil {
		log.Fatal(err)
	}
	if err := run.Save(dir); err != nil {
		log.Fatal(err)
	}

	// Years later.
	run, history, err = record.Load(dir)
	if err != nil {
		log.Fatal(err)
	}
	if err := report.WriteHTML(dir, run, history); err != nil {
		log.Fatal(err)
	}
	if _, err := report.Figures(dir, run, history); err != nil {
		log.Fatal(err)
	}
	if err := report.Table(os.Stdout, run, history, 0); err != nil {
		log.Fatal(err)
	}
	files, _ := filepath.Glob(filepath.Join(dir, "*"))
	for _, f := range files {
		fmt.Println(filepath.Base(f))
	}
	// Output:
	// step     test loss    |θ|
	//    0  135.90 ±0.30      ~
	//  100   95.90 ±0.30  2.000
	// 1000   55.90 ±0.30  3.000
	// ± one standard error over 8 training sets; ~ not known.
	// Units: nats: test loss.
	// curves.csv
	// my_norm.pdf
	// my_norm.png
	// my_norm.svg
	// readings.jsonl
	// report.html
	// run.json
	// test_nll.pdf
	// test_nll.png
	// test_nll.svg
}
