package ssl

import (
	"fmt"
	"math"

	"calorimeter/model/internal/graph"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Step is what one training step did to its batch. Arrays are 2B samples x K labels, row-major; sample i < B is view 1
// of image i, sample B+i its view 2. The student's state is the Gibbs state p_i = softmax(-E_i). All are owned by the
// model and hold until its next step.
type Step struct {
	Energies []float64 // E_ik = -score_ik/tau before the step
	Labels   []float64 // q_ik, the self-labels: rows sum to 1; held during the step
	After    []float64 // E'_ik, after the step, on the same views
	// Loss and LossAfter are the mean cross-entropy of q and softmax(-E), softmax(-E'), in nats, as the graph computed
	// them: the loss whose gradient the step followed, and what became of it.
	Loss, LossAfter float64
	Target          *Target // nil for SimCLR, whose labels are given, not inferred
}

// Target tells how the self-labels came about: q_ik = exp(-Energies_ik/Temperature + Field_k + nu_i).
type Target struct {
	Energies    []float64 // of the other view: -score of the student (SwAV), or of the teacher (DINO); as Step.Labels
	Temperature float64   // eps (SwAV) or the teacher's (DINO)
	Field       []float64 // lambda_k (SwAV; 0 without balance), up to a constant -centre_k/temperature (DINO)
	Balance     *Balance  // of Sinkhorn's iteration; nil for DINO, and without balance
}

// Step makes one training step of st on two views of each of B images (2B rows of pixels: first one view of every
// image, then the other), by the solver along the gradient of the cross-entropy with the self-labels held. The solver
// is given weights and gradient in float64 whatever the precision of the graph; its memory goes with st. Step returns
// an error, with st unchanged, if the loss is not finite. It panics on another number of values.
func (m *Model) Step(st *State, views []float32, solver G.Solver) (*Step, error) {
	m.mustHold(views)
	step := &Step{Energies: m.energies, Labels: m.labels, After: m.after}
	graph.Put(m.x, views)
	if m.settings.Algorithm == DINO {
		if err := m.teach(st); err != nil {
			return nil, err
		}
	}
	m.load(st.Theta)
	m.at = st
	if err := m.train.Run(); err != nil {
		return nil, err
	}
	step.Target, step.Loss = m.made, graph.Scalar(m.trained)
	graph.Put(m.q, m.labels)
	if err := m.descend(st, solver, step.Loss); err != nil {
		return nil, err
	}
	m.load(st.Theta)
	if err := m.forward.Run(); err != nil {
		return nil, err
	}
	graph.Get(m.after, m.logits, -1)
	step.LossAfter = graph.Scalar(m.loss)
	if m.settings.Algorithm == DINO {
		m.follow(st, step.Target)
	}
	return step, nil
}

// mustHold panics unless views are two of each of B images.
func (m *Model) mustHold(views []float32) {
	if want := m.Samples() * m.settings.Pixels; len(views) != want {
		panic(fmt.Sprintf("ssl: a batch of %d values; it takes 2 views of %d images of %d pixels, %d values",
			len(views), m.settings.Batch, m.settings.Pixels, want))
	}
}

// load writes weights into the training graph.
func (m *Model) load(theta [][]float64) {
	for i, p := range m.params {
		graph.Put(p, theta[i])
	}
}

// descend makes the update of the weights, unless there were no labels or the loss is not finite, and clears their
// gradients.
func (m *Model) descend(st *State, solver G.Solver, loss float64) error {
	for i, p := range m.params {
		grad, err := gradient(p)
		if err != nil {
			return err
		}
		m.masters[i].take(st.Theta[i], grad)
		grad.Zero()
	}
	if m.unmade != nil {
		return m.unmade
	}
	if math.IsNaN(loss) || math.IsInf(loss, 0) {
		return fmt.Errorf("ssl: the loss of step %d is %v: lower the learning rate", st.Steps+1, loss)
	}
	st.Steps++
	if err := solver.Step(m.solved); err != nil {
		return fmt.Errorf("ssl: step %d: %w", st.Steps, err)
	}
	return nil
}

// gradient returns the dual value of a bound parameter.
func gradient(n *G.Node) (*tensor.Dense, error) {
	g, err := n.Grad()
	if err != nil {
		return nil, fmt.Errorf("ssl: gradient of %s: %w", n.Name(), err)
	}
	return g.(*tensor.Dense), nil
}
