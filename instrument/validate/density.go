package validate

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

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

// Densities returns the names that [DifferentialEntropy] knows: normal, uniform, exponential.
func Densities() []string {
	var names []string
	for _, d := range densities {
		names = append(names, d.name)
	}
	return names
}

// DifferentialEntropy poses the entropy of n independent points of dim independent columns of a named density, each of
// unit scale, to the nearest-neighbour estimator with k neighbours: dim times 1/2 ln(2 pi e) for the
// normal, 0 for the uniform, 1 for the exponential. The normal is posed to the plug-in estimator too.
func DifferentialEntropy(name string, dim, n, k int) (*System, error) {
	if err := enough(n, k); err != nil {
		return nil, err
	}
	if dim < 1 {
		return nil, fmt.Errorf("validate: %d columns: need 1 or more", dim)
	}
	for _, d := range densities {
		if d.name != name {
			continue
		}
		truth := float64(dim) * d.entropy
		s := &System{
			Name:       "entropy",
			Parameters: parameters("density", name, "dim", dim, "samples", n, "neighbours", k),
			Simulate: func(_ context.Context, rng *rand.Rand, _ int) (any, error) {
				rows := make([][]float64, n)
				for i := range rows {
					rows[i] = make([]float64, dim)
					for j := range rows[i] {
						rows[i][j] = d.draw(rng)
					}
				}
				return rows, nil
			},
			Cases: []Case{
				{Quantity: "entropy", Estimator: "KozachenkoLeonenko", Truth: truth,
					Estimate: on(func(rows [][]float64, _ *rand.Rand) estimate.Estimate {
						return entropy.KozachenkoLeonenko(rows, k)
					})},
			},
		}
		if name == "normal" {
			s.Cases = append(s.Cases, Case{Quantity: "entropy", Estimator: "PlugIn", Truth: truth,
				Estimate: on(func(rows [][]float64, _ *rand.Rand) estimate.Estimate { return entropy.PlugIn(rows, 0) })})
		}
		return s, nil
	}
	return nil, fmt.Errorf("validate: unknown density %q: known are %v", name, Densities())
}
