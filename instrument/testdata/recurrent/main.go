// Recurrent trains recurrent networks, which read 14 x 14 digits row by row and foretell the next, with Adam: a plain
// Gorgonia program, but for the marked lines. Those make of its one training eight, on four training sets, and a page
// that says what they memorize and what of it their samples show.
//
//	go run . -out runs/recurrent
//	go run . -bare           the first of the eight, without the meter: the same weights to the bit
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"math/rand/v2"
	"os" // calorimeter
	"time"

	"calorimeter/datasets"
	"calorimeter/instrument"          // calorimeter
	"calorimeter/instrument/ensemble" // calorimeter

	"gorgonia.org/gorgonia"
)

var (
	out      = flag.String("out", "recurrent-run", "folder of the readings and of the page")
	sets     = flag.Int("sets", 4, "training sets")
	replicas = flag.Int("replicas", 2, "trainings on each")
	subset   = flag.Int("subset", 50, "examples of a training set")
	steps    = flag.Int("steps", 200, "steps of a training")
	rate     = flag.Float64("rate", 0.005, "learning rate of Adam")
	bare     = flag.Bool("bare", false, "make the first training alone, without the meter")
)

const side, pixels, hidden, batch = 14, side * side, 64, 25

func main() {
	flag.Parse()
	log.SetFlags(0)
	split, err := datasets.Open(context.Background(), "mnist-sample", nil)
	fatal(err)
	pool, heldOut := images(split.Train), images(split.Test)[:100*pixels]

	lab, err := ensemble.NewLab(*out, ensemble.LabSettings{ // calorimeter
		Datasets: *sets, Replicas: *replicas, Subset: *subset, Dim: pixels, Seed: 1, // calorimeter
		Observe: instrument.LogSpaced(4), Steps: *steps, Picture: [2]int{14, 14}, // calorimeter
		Model: "recurrent", Data: "digits", Log: os.Stderr, // calorimeter
	}, pool, heldOut) // calorimeter
	fatal(err)       // calorimeter
	for lab.Next() { // calorimeter
		t := lab.Training() // calorimeter
		net := newReader(1) // all begin with the same weights: what they differ in is what they have learned
		solver := gorgonia.Solver(gorgonia.NewAdamSolver(gorgonia.WithLearnRate(*rate)))
		if !*bare {
			solver = t.Meter(net.cost, ensemble.Network{ // calorimeter
				Params: net.params, Energies: net.energies, Move: net.sample, Exact: true, // calorimeter
			}).Wrap(solver) // calorimeter
		}
		start := time.Now()
		fatal(net.fit(solver, t.Examples, *steps, rand.New(rand.NewPCG(t.Seed, 2))))
		fmt.Printf("trained in %.3f s, cost of the last batch %.4f, fingerprint %016x\n", time.Since(start).Seconds(),
			net.cost.Value().Data(), fingerprint(net.params))
		test := make([]float64, len(heldOut)/pixels)
		fatal(net.energies(test, heldOut))
		fmt.Printf("held-out loss %.2f nats\n", mean(test))
		if *bare {
			x := make([]float32, pixels)
			fatal(net.sample(x, rand.New(rand.NewPCG(t.Seed, 3))))
			fmt.Print(picture(x))
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

// images are the digits, 14 x 14 and black and white.
func images(d *datasets.Dataset) []float32 {
	d, err := datasets.Preprocess(d, "pool14,binarise")
	fatal(err)
	return d.X
}

// picture shows an image in text.
func picture(x []float32) string {
	var s []byte
	for i, v := range x {
		s = append(s, " #"[int(v)], " #"[int(v)])
		if i%side == side-1 {
			s = append(s, '\n')
		}
	}
	return string(s)
}

func mean(x []float64) (m float64) {
	for _, v := range x {
		m += v / float64(len(x))
	}
	return m
}

func fatal(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
