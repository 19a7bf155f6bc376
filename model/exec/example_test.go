package exec_test

import (
	"fmt"
	"log"

	"calorimeter/model/exec"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// A line through three points by gradient descent, in a loop as Gorgonia's users write it.
func Example() {
	g := gorgonia.NewGraph()
	column := func(name string, values ...float64) *gorgonia.Node {
		v := tensor.New(tensor.WithShape(len(values), 1), tensor.WithBacking(values))
		return gorgonia.NewMatrix(g, tensor.Float64, gorgonia.WithShape(len(values), 1), gorgonia.WithName(name),
			gorgonia.WithValue(v))
	}
	x, y := column("x", 1, 2, 3), column("y", 2, 4, 6)
	w := column("w", 0)
	wrong := gorgonia.Must(gorgonia.Sub(gorgonia.Must(gorgonia.Mul(x, w)), y))
	cost := gorgonia.Must(gorgonia.Mean(gorgonia.Must(gorgonia.Square(wrong))))
	if _, err := gorgonia.Grad(cost, w); err != nil {
		log.Fatal(err)
	}
	vm, err := exec.New(gorgonia.Nodes{cost}, gorgonia.Nodes{w})
	if err != nil {
		log.Fatal(err)
	}
	defer vm.Close()
	solver := gorgonia.NewVanillaSolver(gorgonia.WithLearnRate(0.1))
	for range 20 {
		if err := vm.RunAll(); err != nil {
			log.Fatal(err)
		}
		if err := solver.Step(gorgonia.NodesToValueGrads(gorgonia.Nodes{w})); err != nil {
			log.Fatal(err)
		}
		vm.Reset()
	}
	fmt.Printf("y = %.3f x\n", w.Value().Data())
	// Output:
	// y = [2.000] x
}
