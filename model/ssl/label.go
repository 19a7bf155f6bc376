package ssl

import (
	"calorimeter/model/internal/graph"
	"calorimeter/model/op"

	"gonum.org/v1/gonum/floats"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// selfLabels is the node of the self-labels that the logits in training give themselves, held: made in the graph, they
// cost no pass of their own. What they came of is in m.made or m.unmade.
func (m *Model) selfLabels() *G.Node {
	o := &op.Operation{
		Name: "SelfLabels", Ranks: []int{2, 2},
		Of32: func(q []float32, in [][]float32, _ tensor.Shape) { labelInGraph(m, q, in[0]) },
		Of64: func(q []float64, in [][]float64, _ tensor.Shape) { labelInGraph(m, q, in[0]) },
	}
	return o.Apply(m.logits)
}

func labelInGraph[T float32 | float64](m *Model, q, logits []T) {
	for i, l := range logits {
		m.energies[i] = -float64(l)
	}
	m.made, m.unmade = m.label(m.at, m.labels)
	for i, v := range m.labels {
		q[i] = T(v)
	}
}

// label fills q with the self-labels of each view, made from the other view of its image: by the student's energies
// in m.energies, or the teacher's in m.target.
func (m *Model) label(st *State, q []float64) (*Target, error) {
	s := &m.settings
	switch {
	case s.Algorithm == SwAV && s.NoBalancing:
		return m.bare(q), nil
	case s.Algorithm == SwAV:
		return m.balance(q)
	case s.Algorithm == DINO:
		return m.taught(st, q), nil
	}
	clear(q)
	for i := range m.Samples() {
		q[i*s.Batch+i%s.Batch] = 1
	}
	return nil, nil
}

// evaluate fills dst with the student's logits of the views in the graph, times a factor, under the given weights.
func (m *Model) evaluate(dst []float64, theta [][]float64, factor float64) error {
	m.load(theta)
	if err := m.scores.Run(); err != nil {
		return err
	}
	graph.Get(dst, m.logits, factor)
	return nil
}

// balance makes SwAV's labels: Sinkhorn's balanced assignment of all views, exchanged between the views of an image.
func (m *Model) balance(q []float64) (*Target, error) {
	s := &m.settings
	scores := m.target
	for i, e := range m.energies {
		scores[i] = -e * s.Temperature
	}
	b, err := Sinkhorn(q, scores, s.Labels, s.Epsilon, s.SinkhornRounds)
	if err != nil {
		return nil, err
	}
	for i, v := range scores {
		scores[i] = -v
	}
	exchange(q)
	exchange(m.target)
	return &Target{Energies: m.target, Temperature: s.Epsilon, Field: b.Field, Balance: &b}, nil
}

// bare makes SwAV's labels without balance: the softmax of the scores of the other view at temperature eps.
func (m *Model) bare(q []float64) *Target {
	s := &m.settings
	floats.ScaleTo(m.target, s.Temperature, m.energies)
	exchange(m.target)
	t := &Target{Energies: m.target, Temperature: s.Epsilon, Field: make([]float64, s.Labels)}
	t.fill(q)
	return t
}

// teach fills m.target with the teacher's energies of the views in the graph.
func (m *Model) teach(st *State) error {
	return m.evaluate(m.target, st.Teacher, -m.settings.Temperature)
}

// taught makes DINO's labels: the teacher's centred and sharpened softmax of the other view,
// q_i = softmax((score_i - centre)/tau_teacher).
func (m *Model) taught(st *State, q []float64) *Target {
	t := &Target{Energies: m.target, Temperature: m.settings.TeacherTau, Field: m.centring(st)}
	exchange(m.target)
	t.fill(q)
	return t
}

// centring is the field of DINO's labels: minus the centre over the teacher's temperature.
func (m *Model) centring(st *State) []float64 {
	field := make([]float64, m.settings.Labels)
	for k, c := range st.Centre {
		field[k] = -c / m.settings.TeacherTau
	}
	return field
}

// fill fills q with the self-labels that the target describes.
func (t *Target) fill(q []float64) {
	for at, k := 0, len(t.Field); at < len(q); at += k {
		gibbs(q[at:at+k], t.Energies[at:at+k], t.Temperature, t.Field)
	}
}

// gibbs fills q with exp(-e/T + field), normalised.
func gibbs(q, e []float64, temperature float64, field []float64) {
	for k := range q {
		q[k] = field[k] - e[k]/temperature
	}
	op.Softmax(q)
}

// follow moves the teacher's weights towards the student's, and the centre towards the mean of the teacher's scores.
func (m *Model) follow(st *State, t *Target) {
	s := &m.settings
	for i, p := range st.Teacher {
		for j, w := range st.Theta[i] {
			p[j] = s.TeacherMomentum*p[j] + (1-s.TeacherMomentum)*w
		}
	}
	if s.NoCentring {
		return
	}
	mean := make([]float64, s.Labels)
	for i, e := range t.Energies {
		mean[i%s.Labels] -= e / float64(m.Samples())
	}
	for k, v := range mean {
		st.Centre[k] = s.CentreMomentum*st.Centre[k] + (1-s.CentreMomentum)*v
	}
}

// exchange swaps the first half of x with the second.
func exchange(x []float64) {
	half := len(x) / 2
	for i := range half {
		x[i], x[half+i] = x[half+i], x[i]
	}
}
