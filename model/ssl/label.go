package ssl

import (
	"calorimeter/model/internal/graph"
	"calorimeter/model/op"

	"gonum.org/v1/gonum/floats"
)

// label evaluates the student's energies on the views in the graph, and fills q with the self-labels of each view, made
// from the other view of its image.
func (m *Model) label(st *State, q []float64) (*Target, error) {
	s := &m.settings
	if err := m.evaluate(m.energies, st.Theta, -1); err != nil {
		return nil, err
	}
	switch s.Algorithm {
	case SwAV:
		if s.NoBalancing {
			return m.bare(q), nil
		}
		return m.balance(q)
	case DINO:
		return m.teach(st, q)
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
	if err := m.forward.Run(); err != nil {
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

// teach makes DINO's labels: the teacher's centred and sharpened softmax of the other view,
// q_i = softmax((score_i - centre)/tau_teacher).
func (m *Model) teach(st *State, q []float64) (*Target, error) {
	s := &m.settings
	if err := m.evaluate(m.target, st.Teacher, -s.Temperature); err != nil {
		return nil, err
	}
	t := &Target{Energies: m.target, Temperature: s.TeacherTau, Field: m.centring(st)}
	exchange(m.target)
	t.fill(q)
	return t, nil
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
