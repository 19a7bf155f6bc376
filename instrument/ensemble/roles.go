package ensemble

import "calorimeter/model"

// Roles says what kind of model was trained: which quantities apply to it.
type Roles struct {
	Unnormalised bool // ln Z has to be estimated, or summed
	Markov       bool // the kernel draws a state that depends on the one before
	Rejects      bool // the kernel rejects a part of its proposals
	Labels       int  // of a conditional model p(y|u, theta); 0 for others
	Silent       bool // there is no way to draw samples
	Foreign      bool // trained by a solver that is not the ensemble's own
	Lag          bool // chains are measured before they move too

	LabelEntropy float64 // H(Y), nats, of labels that were drawn without regard to the inputs; 0 for others
	Projected    bool    // M-info is measured in a projection of the weights, or they are so few that it is all of them
}

func rolesOf(m model.PPM) Roles {
	r := Roles{Markov: !m.Kernel().Exact}
	_, r.Unnormalised = m.(model.Annealer)
	_, r.Rejects = m.(model.Metropolis)
	if c, ok := m.(model.Classifier); ok {
		r.Labels = c.Labels()
	}
	return r
}
