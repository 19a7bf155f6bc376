// Classifier trains multilayer perceptrons on 14 x 14 digits with Adam: a plain Gorgonia program, but for the marked
// lines. Those make of its one training eight, on four training sets, and a page that says what they memorize.
//
//	go run . -out runs/classifier
//	go run . -bare                   the first of the eight, without the meter: the same weights to the bit
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"math"
	"math/rand/v2"
	"os" // calorimeter
	"time"

	"calorimeter/datasets"
	"calorimeter/instrument"          // calorimeter
	"calorimeter/instrument/ensemble" // calorimeter

	"gorgonia.org/gorgonia"
)

var (
	out      = flag.String("out", "classifier-run", "folder of the readings and of the page")
	sets     = flag.Int("sets", 4, "training sets")
	replicas = flag.Int("replicas", 2, "trainings on each")
	subset   = flag.Int("subset", 200, "examples of a training set")
	steps    = flag.Int("steps", 400, "steps of a training")
	rate     = flag.Float64("rate", 0.003, "learning rate of Adam")
	bare     = flag.Bool("bare", false, "make the first training alone, without the meter")
)

// A row is an image and its label.
const pixels, width, hidden, classes, batch = 196, pixels + 1, 64, 10, 50

func main() {
	flag.Parse()
	log.SetFlags(0)
	split, err := datasets.Open(context.Background(), "mnist-sample", nil)
	fatal(err)
	pool, heldOut := rows(split.Train), rows(split.Test)[:300*width]

	lab, err := ensemble.NewLab(*out, ensemble.LabSettings{ // calorimeter
		Datasets: *sets, Replicas: *replicas, Subset: *subset, Dim: width, Seed: 1, // calorimeter
		Observe: instrument.LogSpaced(4), Steps: *steps, Picture: [2]int{14, 14}, // calorimeter
		Model: "perceptron", Data: "digits", Log: os.Stderr, // calorimeter
	}, pool, heldOut) // calorimeter
	fatal(err)       // calorimeter
	for lab.Next() { // calorimeter
		t := lab.Training()     // calorimeter
		net := newPerceptron(1) // all begin with the same weights: what they differ in is what they have learned
		solver := gorgonia.Solver(gorgonia.NewAdamSolver(gorgonia.WithLearnRate(*rate)))
		if !*bare {
			solver = t.Meter(net.cost, ensemble.Network{ // calorimeter
				Params: net.params, Energies: net.energies, Move: net.label, Exact: true, Labels: classes, // calorimeter
			}).Wrap(solver) // calorimeter
		}
		start := time.Now()
		fatal(net.fit(solver, t.Examples, *steps, rand.New(rand.NewPCG(t.Seed, 2))))
		fmt.Printf("trained in %.3f s, cost of the last batch %.4f, fingerprint %016x\n", time.Since(start).Seconds(),
			net.cost.Value().Data(), fingerprint(net.params))
		right, err := net.accuracy(heldOut)
		fatal(err)
		fmt.Printf("%.1f %% of held-out digits are told\n", 100*right)
		if *bare {
			return
		}
		fatal(t.Done()) // calorimeter
		net.close()
	} // calorimeter
	run, err := lab.Finish()             // calorimeter
	fatal(err)                           // calorimeter
	for _, f := range run.Run.Findings { // calorimeter
		fmt.Printf("%s %s: %s\n", f.Question, f.Answer, f.Because) // calorimeter
	} // calorimeter
}

// energies writes -ln p(y|u) of each row (u, y) into dst.
func (p *perceptron) energies(dst []float64, x []float32) error { // calorimeter
	return p.guesses(x, func(row int, lnP []float64) { // calorimeter
		dst[row] = -lnP[int(x[row*width+pixels])] // calorimeter
	}) // calorimeter
} // calorimeter

// label draws the label of each row anew.
func (p *perceptron) label(x []float32, rng *rand.Rand) error { // calorimeter
	return p.guesses(x, func(row int, lnP []float64) { // calorimeter
		y, left := 0, rng.Float64()-math.Exp(lnP[0]) // calorimeter
		for left > 0 && y < classes-1 {              // calorimeter
			y++                      // calorimeter
			left -= math.Exp(lnP[y]) // calorimeter
		} // calorimeter
		x[row*width+pixels] = float32(y) // calorimeter
	}) // calorimeter
} // calorimeter

// rows are the images, 14 x 14 and black and white, each with its label.
func rows(d *datasets.Dataset) []float32 {
	d, err := datasets.Preprocess(d, "pool14,binarise")
	fatal(err)
	d, err = d.WithLabels()
	fatal(err)
	return d.X
}

func fatal(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
