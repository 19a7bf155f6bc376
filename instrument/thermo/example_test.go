package thermo_test

import (
	"fmt"
	"math"
	"strings"

	"calorimeter/instrument/thermo"
)

// Two observer chains of a normalised model (F = 0), followed through two observations.
func ExampleLedger() {
	var books thermo.Ledger
	if err := books.Start([]float64{4, 5}, 0); err != nil {
		fmt.Println(err)
		return
	}
	observations := []struct{ moved, relaxed []float64 }{
		{moved: []float64{4.5, 6}, relaxed: []float64{4, 4.5}},
		{moved: []float64{4.25, 5}, relaxed: []float64{3.5, 4}},
	}
	for _, o := range observations {
		if err := books.Record(o.moved, o.relaxed, 0); err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println("work", books.Interval().Work.Value, "heat", books.Interval().Heat.Value)
	}
	absolute, _ := books.Residual([]float64{3.5, 4})
	fmt.Println("total work", books.TotalWork, "total heat", books.TotalHeat, "first law off by", absolute)
	// Output:
	// work 0.75 heat -1
	// work 0.375 heat -0.875
	// total work [0.75 1.5] total heat [-1.25 -2.5] first law off by 0
}

func ExampleBAR() {
	forward := []float64{2.1, 1.2, 0.4, 3.0, 1.7, 0.9}
	reverse := []float64{0.6, -0.8, 1.1, -0.3, 0.2, -1.0}
	dF := thermo.BAR(forward, reverse, nil)
	fmt.Printf("dF = %v, overlap %.2f\n", dF.DeltaF, dF.Overlap)
	// No error can be had where nothing overlaps; the second law still brackets dF.
	lost := thermo.BAR([]float64{90, 95}, []float64{80, 83}, nil)
	why, _, _ := strings.Cut(lost.DeltaF.Warnings[0], ":")
	fmt.Printf("%.0f to %.0f: %s\n", lost.DeltaF.Lo, lost.DeltaF.Hi, why)
	// Output:
	// dF = 0.7776 [0.03174, 1.523], overlap 0.80
	// -101 to 124: forward and reverse work do not overlap
}

// A softmax of two labels, p = (3/4, 1/4), is told that the second is right, and a step halves the gap of its energies.
func ExampleCycleLedger() {
	books := thermo.NewCycleLedger(2)
	energy, newEnergy := []float64{0, math.Log(3)}, []float64{0, math.Log(3) / 2}
	target := []float64{0, 1}
	if err := books.Record(energy, target, newEnergy); err != nil {
		fmt.Println(err)
		return
	}
	c := books.Last
	fmt.Printf("heat in %.4f, work %.4f, heat out %.4f\n", c.QIn, c.Work, c.QOut)
	fmt.Printf("bought %.4f, extracted %.4f, efficiency %.1f %%\n", c.KLBefore, c.Extracted(), 100*c.Efficiency())
	// Output:
	// heat in 0.8240, work -0.5493, heat out -0.3482
	// bought 1.3863, extracted 0.3812, efficiency 27.5 %
}
