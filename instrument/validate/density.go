package validate

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"calorimeter/instrument/entropy"
	"calorimeter/instrument/estimate"
)

// density is that of one column, with its entropy in nats.
type density struct {
	name    string
	entropy float64
	draw    func(*rand.Rand) float64
}

var densities = []density{
	{name: "normal", entropy: math.Log(2*math.Pi*math.E) / 2, draw: (*rand.Rand).NormFloat64},
	{name: "uniform", entropy: 0, draw: (*rand.Rand).Float64},
	{name: "exponential", entropy: 1, draw: (*rand.Rand).ExpFloat64},
}

// Densities returns the names that [DifferentialEntropy] knows.
func Densities() []string {
	var names []string
	for _, d := range densities {
		names = append(names, d.name)
	}
	return names
}

// DifferentialEntropy is a cloud of independent points.
type DifferentialEntropy struct {
	Density    string `default:"normal" help:"Density of every column: normal, uniform or exponential, of unit scale."`
	Dim        int    `default:"3" help:"Independent columns."`
	Samples    int    `default:"1000" help:"Points."`
	Neighbours int    `default:"3" help:"Neighbours k."`
}

// Pose poses the entropy to the nearest-neighbour estimator: Dim times 1/2 ln(2 pi e) for the normal, 0 for the
// uniform, 1 for the exponential. The normal is posed to the plug-in estimator too.
func (p DifferentialEntropy) Pose() (*System, error) {
	if err := enough(p.Samples, p.Neighbours); err != nil {
		return nil, err
	}
	if p.Dim < 1 {
		return nil, fmt.Errorf("validate: %d columns: need 1 or more", p.Dim)
	}
	i := slices.Index(Densities(), p.Density)
	if i < 0 {
		return nil, fmt.Errorf("validate: unknown density %q: known are %v", p.Density, Densities())
	}
	d := densities[i]
	truth := float64(p.Dim) * d.entropy
	s := &System{
		Name: "entropy", Parameters: p,
		Simulate: func(_ context.Context, rng *rand.Rand, _ int) (any, error) {
			rows := make([][]float64, p.Samples)
			for i := range rows {
				rows[i] = make([]float64, p.Dim)
				for j := range rows[i] {
					rows[i][j] = d.draw(rng)
				}
			}
			return rows, nil
		},
		Cases: []Case{nearest("entropy", truth, p.Neighbours, func(rows [][]float64) [][]float64 { return rows })},
	}
	if p.Density == "normal" {
		s.Cases = append(s.Cases, plugIn("entropy", truth, func(rows [][]float64) [][]float64 { return rows }))
	}
	return s, nil
}

// nearest is the nearest-neighbour entropy of rows of a sample, with k neighbours.
func nearest[T any](quantity string, truth float64, k int, rows func(sample T) [][]float64) Case {
	return of(quantity, "KozachenkoLeonenko", Value, truth,
		func(s T) estimate.Estimate { return entropy.KozachenkoLeonenko(rows(s), k) })
}

// plugIn is the plug-in entropy of rows of a sample.
func plugIn[T any](quantity string, truth float64, rows func(sample T) [][]float64) Case {
	return of(quantity, "PlugIn", Value, truth, func(s T) estimate.Estimate { return entropy.PlugIn(rows(s), 0) })
}
