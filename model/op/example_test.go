package op_test

import (
	"fmt"
	"log"
	"math"

	"calorimeter/model/op"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// logCosh is an operation of one's own: y = ln cosh x, with the derivative tanh x dL/dy, in one pass and without
// overflow.
func logCosh(x *gorgonia.Node) *gorgonia.Node {
	derivative := &op.Operation{
		Name: "LogCoshGrad", Ranks: []int{2, 2, 2},
		Of64: func(dx []float64, in [][]float64, _ tensor.Shape) {
			for i, v := range in[0] {
				dx[i] = math.Tanh(v) * in[1][i]
			}
		},
	}
	o := &op.Operation{
		Name: "LogCosh", Ranks: []int{2, 2},
		Of64: func(y []float64, in [][]float64, _ tensor.Shape) {
			for i, v := range in[0] {
				y[i] = math.Abs(v) + math.Log1p(math.Exp(-2*math.Abs(v))) - math.Ln2
			}
		},
		Diff: func(in gorgonia.Nodes, _, dy *gorgonia.Node) gorgonia.Nodes {
			return gorgonia.Nodes{derivative.Apply(in[0], dy)}
		},
	}
	return o.Apply(x)
}

func Example() {
	g := gorgonia.NewGraph()
	x := gorgonia.NewMatrix(g, tensor.Float64, gorgonia.WithShape(1, 3), gorgonia.WithName("x"),
		gorgonia.WithValue(tensor.New(tensor.WithShape(1, 3), tensor.WithBacking([]float64{-1000, 0, 1}))))
	loss := gorgonia.Must(gorgonia.Sum(logCosh(x)))
	if _, err := gorgonia.Grad(loss, x); err != nil {
		log.Fatal(err)
	}
	machine := gorgonia.NewTapeMachine(g, gorgonia.BindDualValues(x))
	defer machine.Close()
	if err := machine.RunAll(); err != nil {
		log.Fatal(err)
	}
	gradient, err := x.Grad()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%.4f %.4f\n", loss.Value().Data(), gradient.Data())
	// Output:
	// 999.7406 [-1.0000 0.0000 0.7616]
}
