package main

import (
	"fmt"
	"math"
	"slices"

	"calorimeter/instrument/ensemble"
	"calorimeter/model"
)

type conv struct {
	classifierFlags
	Width []int `group:"Model" help:"Channels of the two convolutions, then the width of the hidden layer."`
}

func newConv() order {
	f := &conv{classifierFlags: classifierOf("conv"), Width: []int{8, 16, 128}}
	f.Steps, f.Observations = 600, 20
	return f
}

func (f *conv) demand(ex *examples) demand {
	return f.layered(slices.Concat([]int{ex.Dim}, f.Width, []int{ex.classes})...)
}

func (f *conv) network(ex *examples) (ensemble.Factory, error) {
	if len(f.Width) != 3 || slices.Min(f.Width) < 1 {
		return nil, fmt.Errorf("conv has two convolutions and a hidden layer: their widths are three numbers of 1 or more, "+
			"such as 8,16,64, not %v", f.Width)
	}
	inputs := max(ex.Dim-1, 0)
	side := int(math.Sqrt(float64(inputs)))
	if side*side != inputs {
		return nil, fmt.Errorf("conv sees square images, and %d values are none", inputs)
	}
	s := model.ConvSettings{
		Side: side, Channels: [2]int(f.Width[:2]), Hidden: f.Width[2], Labels: ex.classes, Batch: f.Batch,
	}
	return func() (model.PPM, error) { return model.NewConv(s) }, s.Validate()
}
