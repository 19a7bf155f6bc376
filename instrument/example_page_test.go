package instrument_test

import (
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"

	"calorimeter/instrument"
	"calorimeter/instrument/record"
	"calorimeter/instrument/report"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// A program of one's own gets a run folder with figures and a page of whatever it tracks: the folder is a recorder.
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

	tmp, err := os.MkdirTemp("", "parabola")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(tmp)
	folder, err := report.NewFolder(filepath.Join(tmp, "run"), record.Run{Model: "parabola", Steps: 21})
	if err != nil {
		log.Fatal(err)
	}
	meter := instrument.New(cost, folder)
	largest := instrument.Info{Name: "largest", Title: "largest weight", Doc: "largest of the weights"}
	meter.Track(instrument.Loss(), instrument.Every(5))
	meter.Track(instrument.GradientNorm(), instrument.Every(5))
	meter.Track(instrument.Scalar(largest, func() float64 { return w.Value().Data().([]float64)[0] }), instrument.Every(5))
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
	if err := meter.Close(); err != nil {
		log.Fatal(err)
	}

	files, err := filepath.Glob(filepath.Join(folder.Dir, "*"))
	if err != nil {
		log.Fatal(err)
	}
	for i, f := range files {
		files[i] = filepath.Base(f)
	}
	fmt.Println(strings.Join(files, "\n"))
	run, history, err := record.Load(folder.Dir)
	if err != nil {
		log.Fatal(err)
	}
	step, loss := history.Last("loss")
	fmt.Printf("%s: step %d, loss %.3f\n", run.Status, step, loss.Value)
	// Output:
	// curves.csv
	// grad_norm.pdf
	// grad_norm.png
	// grad_norm.svg
	// largest.pdf
	// largest.png
	// largest.svg
	// loss.pdf
	// loss.png
	// loss.svg
	// readings.jsonl
	// report.html
	// run.json
	// done: step 20, loss 0.207
}
