// Digits trains a multilayer perceptron on MNIST, a plain Gorgonia program. It knows nothing of calorimeter but the
// lines that are marked: take them out, and it is the program that it was, with the same weights at the end.
//
//	go run . -data FOLDER     four IDX files, gzip-compressed, of the usual names
package main

import (
	"flag"
	"fmt"
	"hash/fnv"
	"log"
	"math/rand/v2"
	"os" // calorimeter: for the table

	"calorimeter/instrument" // calorimeter

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

var (
	data   = flag.String("data", "mnist", "folder of the IDX files")
	epochs = flag.Int("epochs", 2, "number of epochs")
	batch  = flag.Int("batch", 50, "examples in a batch")
)

const pixels, hidden, classes = 28 * 28, 64, 10

type nn struct {
	g      *gorgonia.ExprGraph
	w0, w1 *gorgonia.Node
	out    *gorgonia.Node
}

func newNN(g *gorgonia.ExprGraph, rng *rand.Rand) *nn {
	weights := func(name string, rows, cols int) *gorgonia.Node {
		w := make([]float32, rows*cols)
		for i := range w {
			w[i] = float32(rng.NormFloat64() * 0.05)
		}
		v := tensor.New(tensor.WithShape(rows, cols), tensor.WithBacking(w))
		return gorgonia.NewMatrix(g, tensor.Float32,
			gorgonia.WithShape(rows, cols), gorgonia.WithName(name), gorgonia.WithValue(v))
	}
	return &nn{g: g, w0: weights("w0", pixels, hidden), w1: weights("w1", hidden, classes)}
}

func (m *nn) learnables() gorgonia.Nodes { return gorgonia.Nodes{m.w0, m.w1} }

func (m *nn) fwd(x *gorgonia.Node) error {
	h, err := gorgonia.Mul(x, m.w0)
	if err != nil {
		return err
	}
	h, err = gorgonia.Rectify(h)
	if err != nil {
		return err
	}
	h, err = gorgonia.Mul(h, m.w1)
	if err != nil {
		return err
	}
	m.out, err = gorgonia.SoftMax(h)
	return err
}

func main() {
	flag.Parse()
	log.SetFlags(0)
	images, labels, err := load(*data, "train")
	if err != nil {
		log.Fatal(err)
	}

	g := gorgonia.NewGraph()
	x := gorgonia.NewMatrix(g, tensor.Float32, gorgonia.WithShape(*batch, pixels), gorgonia.WithName("x"))
	y := gorgonia.NewMatrix(g, tensor.Float32, gorgonia.WithShape(*batch, classes), gorgonia.WithName("y"))
	m := newNN(g, rand.New(rand.NewPCG(1, 2)))
	if err := m.fwd(x); err != nil {
		log.Fatal(err)
	}
	// minus the probability that the network gives to the right label
	right := gorgonia.Must(gorgonia.Sum(gorgonia.Must(gorgonia.HadamardProd(m.out, y)), 1))
	cost := gorgonia.Must(gorgonia.Neg(gorgonia.Must(gorgonia.Mean(right))))
	if _, err := gorgonia.Grad(cost, m.learnables()...); err != nil {
		log.Fatal(err)
	}

	vm := gorgonia.NewTapeMachine(g, gorgonia.BindDualValues(m.learnables()...))
	defer vm.Close()

	meter := instrument.New(cost, instrument.NewTable(os.Stdout))                  // calorimeter
	defer meter.Close()                                                            // calorimeter
	meter.Track(instrument.Loss(), instrument.Every(40))                           // calorimeter
	meter.Track(instrument.GradientNorm(), instrument.Every(40))                   // calorimeter
	meter.Track(instrument.RelativeDisplacement(), instrument.Every(40))           // calorimeter
	solver := meter.Wrap(gorgonia.NewRMSPropSolver(gorgonia.WithLearnRate(0.001))) // calorimeter: the changed line
	// before: solver := gorgonia.NewRMSPropSolver(gorgonia.WithLearnRate(0.001))

	fmt.Println("loss is the cost of a batch, minus the probability of the right digit: -1 is the best") // calorimeter
	batches := len(labels) / *batch
	for range *epochs {
		for b := range batches {
			first, last := b**batch, (b+1)**batch
			if err := gorgonia.Let(x, rows(images[first*pixels:last*pixels], *batch, pixels)); err != nil {
				log.Fatal(err)
			}
			if err := gorgonia.Let(y, oneHot(labels[first:last])); err != nil {
				log.Fatal(err)
			}
			if err := vm.RunAll(); err != nil {
				log.Fatal(err)
			}
			solver.Step(gorgonia.NodesToValueGrads(m.learnables()))
			vm.Reset()
		}
	}

	fmt.Printf("cost on the last batch, minus the probability of the right digit: %.3f\n", cost.Value().Data())
	fmt.Printf("fingerprint of all weights, which changes with their last bit: %016x\n", fingerprint(m.learnables()))
}

func rows(x []float32, n, cols int) *tensor.Dense {
	return tensor.New(tensor.WithShape(n, cols), tensor.WithBacking(x))
}

func oneHot(labels []byte) *tensor.Dense {
	y := make([]float32, len(labels)*classes)
	for i, l := range labels {
		y[i*classes+int(l)] = 1
	}
	return rows(y, len(labels), classes)
}

// fingerprint is a hash of all weights, which changes with their last bit.
func fingerprint(params gorgonia.Nodes) uint64 {
	h := fnv.New64a()
	for _, p := range params {
		fmt.Fprintf(h, "%b", p.Value().Data())
	}
	return h.Sum64()
}
