package selfsupervised

import (
	"testing"

	"calorimeter/instrument/ensemble"
	"calorimeter/instrument/estimate"
	"calorimeter/instrument/thermo"

	"github.com/stretchr/testify/assert"
)

// An observation prints for people, and says nothing of what was not measured.
func TestObservationString(t *testing.T) {
	o := &Observation{
		Step: 800, Sets: 1, PerSet: 2, Cycles: 100, Mean: []thermo.Cycle{{KLBefore: 2, KLAfter: 1}, {}},
		Probe: []float64{0.5, 0.5}, Neighbours: []float64{0.4, 0.4},
		RandomProbe: []float64{0.3, 0.3}, RandomNeighbours: []float64{0.2, 0.2}, TestImages: 1000,
	}
	text := o.String()
	assert.Contains(t, text, "step 800: 1 training set, 2 replicas on each\nlinear probe         0.5 [")
	assert.Regexp(t, `before training 0\.3 \[.*\n`, text)
	assert.Contains(t, text, "\nnearest neighbours   0.4 [")
	assert.Contains(t, text, "\ncycle, replica 0     bought 2, extracted 0, left 1 nats a sample")
	assert.NotContains(t, text, "M-info")
	o.TrainLoss = []float64{1, 1}
	o.Memorization = ensemble.Memorization{
		MInfo: estimate.Exact(3), CMI: estimate.Exact(2), Mem: estimate.Exact(1),
	}
	assert.Contains(t, o.String(), "\nM-info at least 3 [3, 3], CMI at least 2 [2, 2] nats; mem 1 [1, 1] nats an example")
}
