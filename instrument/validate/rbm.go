package validate

import (
	"context"
	"fmt"
	"math/rand/v2"

	"calorimeter/instrument/estimate"
	"calorimeter/instrument/testsystems"
)

const (
	rbmStages   = 8   // of the path from independent units to the machine
	rbmBiasSD   = 0.5 // of the machine's biases
	rbmWeightSD = 0.8 // and of its weights
)

// RBM is a small restricted Boltzmann machine, drawn at random.
type RBM struct {
	Visible int    `default:"8" help:"Visible units."`
	Hidden  int    `default:"4" help:"Hidden units."`
	Machine uint64 `default:"1" help:"Seed of the machine's weights."`
	Samples int    `default:"1000" help:"Realisations each way."`
}

// Pose poses the free energy of the machine less that of the same machine without weights: the weights are switched on
// in eight equal stages, and each chain is drawn exactly and afresh at every stage. Its entropy S(V) is the mean energy
// plus ln Z.
func (p RBM) Pose() (*System, error) {
	if p.Visible < 1 || p.Hidden < 1 {
		return nil, fmt.Errorf("validate: a machine of %d visible and %d hidden units: need 1 or more of each",
			p.Visible, p.Hidden)
	}
	rng := rand.New(rand.NewPCG(p.Machine, 0))
	machine := testsystems.RandomRBM(p.Visible, p.Hidden, rbmBiasSD, rbmWeightSD, rng)
	if err := machine.Validate(); err != nil {
		return nil, err
	}
	if err := atLeastTwo(p.Samples); err != nil {
		return nil, err
	}
	path := make([]testsystems.RBM, rbmStages+1)
	for j := range path {
		path[j] = machine
		path[j].Weights = make([]float64, len(machine.Weights))
		for i, w := range machine.Weights {
			path[j].Weights[i] = w * float64(j) / rbmStages
		}
	}
	logZ := machine.LogZ()
	s := &System{
		Name: "rbm", Parameters: p, Cases: freeEnergyCases(testsystems.FreeEnergyDifference(path[0], machine)),
		Simulate: func(_ context.Context, rng *rand.Rand, _ int) (any, error) {
			return switchWeights(path, p.Samples, rng), nil
		},
	}
	if truth, err := machine.Entropy(); err == nil { // few enough visible units
		s.Cases = append(s.Cases, of("entropy", "mean energy + ln Z", Value, truth, func(w *works) estimate.Estimate {
			entropies := make([]float64, len(w.energies))
			for i, e := range w.energies {
				entropies[i] = e + logZ
			}
			return estimate.Mean(entropies)
		}))
	}
	return s, nil
}

// switchWeights draws n works along the path of machines, n along its reverse, and n energies of the last.
func switchWeights(path []testsystems.RBM, n int, rng *rand.Rand) *works {
	last := len(path) - 1
	w := &works{forward: make([]float64, n), reverse: make([]float64, n), energies: make([]float64, n)}
	for j := range last {
		for i, v := range path[j].Sample(n, rng) {
			w.forward[i] += path[j+1].Energy(v) - path[j].Energy(v)
		}
		for i, v := range path[j+1].Sample(n, rng) {
			w.reverse[i] += path[j].Energy(v) - path[j+1].Energy(v)
		}
	}
	for i, v := range path[last].Sample(n, rng) {
		w.energies[i] = path[last].Energy(v)
	}
	return w
}
