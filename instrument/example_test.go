package instrument_test

import (
	"fmt"
	"math"
	"os"

	"calorimeter/instrument"
	"calorimeter/instrument/estimate"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// A plain Gorgonia loop, a straight line through four points, with a meter on its solver.
func Example() {
	g := gorgonia.NewGraph()
	matrix := func(name string, rows int, values ...float64) *gorgonia.Node {
		shape := []int{rows, len(values) / rows}
		v := tensor.New(tensor.WithShape(shape...), tensor.WithBacking(values))
		return gorgonia.NewMatrix(g, tensor.Float64,
			gorgonia.WithShape(shape...), gorgonia.WithName(name), gorgonia.WithValue(v))
	}
	x, y := matrix("x", 4, 0, 1, 1, 1, 2, 1, 3, 1), matrix("y", 4, 1, 3, 5, 7)
	w := matrix("w", 2, 0, 0) // slope and offset
	misfit := gorgonia.Must(gorgonia.Sub(gorgonia.Must(gorgonia.Mul(x, w)), y))
	cost := gorgonia.Must(gorgonia.Mean(gorgonia.Must(gorgonia.Square(misfit))))
	params := gorgonia.Nodes{w}
	if _, err := gorgonia.Grad(cost, params...); err != nil {
		fmt.Println(err)
		return
	}
	vm := gorgonia.NewTapeMachine(g, gorgonia.BindDualValues(params...))
	defer vm.Close()

	meter := instrument.New(cost, instrument.NewTable(os.Stdout))
	defer meter.Close()
	meter.Track(instrument.Loss(), instrument.Every(25))
	meter.Track(instrument.GradientNorm(), instrument.Every(25))
	meter.Track(instrument.WeightDisplacement(), instrument.Every(50))
	solver := meter.Wrap(gorgonia.NewVanillaSolver(gorgonia.WithLearnRate(0.1))) // the changed line

	for range 101 {
		if err := vm.RunAll(); err != nil {
			fmt.Println(err)
			return
		}
		if err := solver.Step(gorgonia.NodesToValueGrads(params)); err != nil {
			fmt.Println(err)
			return
		}
		vm.Reset()
	}
	fmt.Printf("slope and offset: %.3f\n", w.Value().Data())
	// Output:
	// step        loss    grad_norm  weight_displacement
	//               cost  cost/weight               weight
	//      0          21        18.79                    0
	//     25   4.546e-05     0.007354
	//     50   2.118e-06     0.001587                2.236
	//     75   9.864e-08    0.0003426
	//    100   4.595e-09    7.394e-05                2.236
	// slope and offset: [2.000 1.000]
}

// weightNorm is a quantity of one's own: the Euclidean norm of all weights.
type weightNorm struct{}

func (weightNorm) Info() instrument.Info {
	return instrument.Info{
		Name: "weight_norm", Symbol: "|theta|", Unit: "weight", Doc: "norm of all weights", Cost: "O(d) time",
	}
}

func (weightNorm) Measure(s *instrument.Step) (instrument.Reading, error) {
	params, err := s.Params()
	if err != nil {
		return instrument.Reading{}, err
	}
	var sum float64
	for _, p := range params {
		for _, w := range p.AppendWeights(nil) {
			sum += w * w
		}
	}
	return estimate.Exact(math.Sqrt(sum)), nil
}

func ExampleQuantity() {
	g := gorgonia.NewGraph()
	a := gorgonia.NewScalar(g, tensor.Float32, gorgonia.WithName("a"), gorgonia.WithValue(float32(3)))
	cost := gorgonia.Must(gorgonia.Square(a))
	if _, err := gorgonia.Grad(cost, a); err != nil {
		fmt.Println(err)
		return
	}
	vm := gorgonia.NewTapeMachine(g, gorgonia.BindDualValues(a))
	defer vm.Close()

	meter := instrument.New(cost, instrument.NewCSV(os.Stdout))
	meter.Track(weightNorm{}, instrument.At(0, 2))
	solver := meter.Wrap(instrument.NewSGD(0.25)) // a halves in each step
	for range 3 {
		vm.RunAll()
		solver.Step(gorgonia.NodesToValueGrads(gorgonia.Nodes{a}))
		vm.Reset()
	}
	if err := meter.Close(); err != nil {
		fmt.Println(err)
	}
	// Output:
	// step,part,weight_norm,weight_norm_se,weight_norm_lo,weight_norm_hi,warnings
	// 0,0,3,0,3,3,
	// 2,0,0.75,0,0.75,0.75,
}
