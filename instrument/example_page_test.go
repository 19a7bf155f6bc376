package instrument_test

import (
	"fmt"
	"log"
	"os"
	"path/filepath"

	"calorimeter/instrument"
	"calorimeter/instrument/record"
	"calorimeter/instrument/report"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// A program of one's own gets the page too: what its meter kept in memory is what a run folder holds and a page shows.
func Example_page() {
	g := gorgonia.NewGraph()
	w := gorgonia.NewVector(g, tensor.Float64, gorgonia.WithName("w"), gorgonia.WithShape(3),
		gorgonia.WithValue(tensor.New(tensor.WithBacking([]float64{3, -2, 1}))))
	cost := gorgonia.Must(gorgonia.Sum(gorgonia.Must(gorgonia.Square(w))))
	if _, err := gorgonia.Grad(cost, w); err != nil {
		log.Fatal(err)
	}
	vm := gorgonia.NewTapeMachine(g, gorgonia.BindDualValues(w))
	defer vm.Close()

	memory := instrument.NewMemory()
	meter := instrument.New(cost, memory)
	meter.Track(instrument.Loss(), instrument.Every(5))
	meter.Track(instrument.GradientNorm(), instrument.Every(5))
	solver := meter.Wrap(gorgonia.NewVanillaSolver(gorgonia.WithLearnRate(0.05)))
	for range 21 {
		if err := vm.RunAll(); err != nil {
			log.Fatal(err)
		}
		if err := solver.Step(gorgonia.NodesToValueGrads(gorgonia.Nodes{w})); err != nil {
			log.Fatal(err)
		}
		vm.Reset()
	}

	dir, err := os.MkdirTemp("", "parabola")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	run := &record.Run{Program: "parabola", Model: "parabola", Status: record.Done, Steps: 21, Quantities: memory.Infos()}
	run.Warnings, run.Reasons = memory.Warnings()
	for _, write := range []func() error{
		func() error { return memory.Save(dir) }, // readings.jsonl and curves.csv
		func() error { return run.Save(dir) },    // run.json
		func() error { return report.WriteHTML(dir, run, memory) },
	} {
		if err := write(); err != nil {
			log.Fatal(err)
		}
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		log.Fatal(err)
	}
	for _, f := range files {
		fmt.Println(filepath.Base(f))
	}
	step, loss := memory.Last("loss")
	fmt.Printf("step %d: loss %.3f\n", step, loss.Value)
	// Output:
	// curves.csv
	// readings.jsonl
	// report.html
	// run.json
	// step 20: loss 0.207
}
