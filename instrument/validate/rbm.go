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

// rbmWorks are works along the path of machines, and the energies of draws from the last.
type rbmWorks struct {
	works
	energies []float64
}

// RBM poses the free energy of a small restricted Boltzmann machine, drawn at random from seed, less that of the same
// machine without weights: the weights are switched on in eight equal stages, and each of n chains is drawn exactly and
// afresh at every stage. Its entropy S(V) is the mean energy plus ln Z.
func RBM(visible, hidden int, seed uint64, n int) (*System, error) {
	if visible < 1 || hidden < 1 {
		return nil, fmt.Errorf("validate: a machine of %d visible and %d hidden units: need 1 or more of each",
			visible, hidden)
	}
	machine := testsystems.RandomRBM(visible, hidden, rbmBiasSD, rbmWeightSD, rand.New(rand.NewPCG(seed, 0)))
	if err := machine.Validate(); err != nil {
		return nil, err
	}
	if n < 2 {
		return nil, fmt.Errorf("validate: %d samples: need 2 or more", n)
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
		Name:       "rbm",
		Parameters: parameters("visible", visible, "hidden", hidden, "machine", seed, "samples", n),
		Simulate: func(_ context.Context, rng *rand.Rand, _ int) (any, error) {
			return switchWeights(path, n, rng), nil
		},
	}
	for _, c := range freeEnergyCases(testsystems.FreeEnergyDifference(path[0], machine)) {
		inner := c.Estimate
		c.Estimate = on(func(w *rbmWorks, rng *rand.Rand) estimate.Estimate { return inner(&w.works, rng) })
		s.Cases = append(s.Cases, c)
	}
	if truth, err := machine.Entropy(); err == nil { // few enough visible units
		s.Cases = append(s.Cases, Case{Quantity: "entropy", Estimator: "mean energy + ln Z", Truth: truth,
			Estimate: on(func(w *rbmWorks, _ *rand.Rand) estimate.Estimate {
				entropies := make([]float64, len(w.energies))
				for i, e := range w.energies {
					entropies[i] = e + logZ
				}
				return estimate.Mean(entropies)
			})})
	}
	return s, nil
}

// switchWeights draws n works along the path, and n along its reverse.
func switchWeights(path []testsystems.RBM, n int, rng *rand.Rand) *rbmWorks {
	last := len(path) - 1
	w := &rbmWorks{works: works{make([]float64, n), make([]float64, n)}, energies: make([]float64, n)}
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
