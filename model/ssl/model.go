package ssl

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"calorimeter/model"
	"calorimeter/model/internal/graph"
	"calorimeter/model/op"

	G "gorgonia.org/gorgonia"
)

// Algorithm is where the self-labels of a [Model] come from.
type Algorithm string

const (
	SimCLR Algorithm = "simclr" // the label is which image of the batch a view was made of
	SwAV   Algorithm = "swav"   // balanced assignments of the other view to prototypes
	DINO   Algorithm = "dino"   // a momentum teacher's softmax of the other view
)

// Settings describe a [Model]. Zero fields take the default named with them, where one is.
type Settings struct {
	Algorithm      Algorithm
	Pixels         int   // of an image
	Hidden         []int // widths of the encoder's hidden layers
	Representation int   // width of the encoder's output, which probes read
	Head           []int // widths of the projection head's hidden layers
	Projection     int   // width of the head's output, which is scaled to unit length
	Labels         int   // K, prototypes of SwAV and DINO; SimCLR has one label for each image of the batch
	Batch          int   // B, images of a step; two views of each are made
	EncodeBatch    int   // images encoded at once (256)

	Temperature     float64 // tau of the student's softmax
	Epsilon         float64 // eps of Sinkhorn's labels (SwAV)
	SinkhornRounds  int     // most rounds of Sinkhorn's iteration (10,000)
	NoBalancing     bool    // leave the fields at 0: nothing then keeps all images from few labels (SwAV)
	TeacherTau      float64 // temperature of the teacher's softmax; below tau it sharpens (DINO)
	TeacherMomentum float64 // the teacher keeps this part of its weights at a step (DINO)
	CentreMomentum  float64 // the centre keeps this part of itself at a step (DINO)
	NoCentring      bool    // leave the centre at 0: nothing then keeps all images from one label (DINO)
	NoSharpening    bool    // give the teacher the student's temperature: nothing then keeps labels from spreading (DINO)

	Precision model.Precision
}

// Validate returns an error that names the setting for what [New] refuses.
func (s Settings) Validate() error {
	if !slices.Contains([]Algorithm{SimCLR, SwAV, DINO}, s.Algorithm) {
		return fmt.Errorf("ssl: unknown algorithm %q: known are simclr, swav, dino", s.Algorithm)
	}
	var err error
	check := func(ok bool, format string, args ...any) {
		if err == nil && !ok {
			err = fmt.Errorf("ssl: "+format, args...)
		}
	}
	atLeast := func(name string, least int, values ...int) {
		for _, v := range values {
			check(v >= least, "%s is %d; it must be %d or more", name, v, least)
		}
	}
	positive := func(name string, v float64) {
		check(v > 0 && !math.IsInf(v, 0), "%s is %v; it must be positive and finite", name, v)
	}
	part := func(name string, v float64) {
		check(v >= 0 && v < 1, "%s is %v; it must be 0 or more and below 1", name, v)
	}
	atLeast("Pixels", 1, s.Pixels)
	atLeast("each width of Hidden", 1, s.Hidden...)
	atLeast("Representation", 1, s.Representation)
	atLeast("each width of Head", 1, s.Head...)
	atLeast("Projection", 1, s.Projection)
	atLeast("Batch", 2, s.Batch)
	atLeast("EncodeBatch", 0, s.EncodeBatch)
	positive("Temperature", s.Temperature)
	if s.Algorithm != SimCLR {
		atLeast("Labels", 2, s.Labels)
	}
	switch s.Algorithm {
	case SwAV:
		atLeast("SinkhornRounds", 0, s.SinkhornRounds)
		positive("Epsilon", s.Epsilon)
	case DINO:
		positive("TeacherTau", s.TeacherTau)
		part("TeacherMomentum", s.TeacherMomentum)
		part("CentreMomentum", s.CentreMomentum)
	}
	return err
}

// Model is an encoder with a projection head, trained by self-supervision: Gorgonia graphs for the cross-entropy
// between self-labels q and the softmax of the scores of two views, its gradient by autodiff, and a forward pass.
// Everything that changes in training is in a [State]: a Model keeps nothing between calls, and serves one caller at a
// time.
type Model struct {
	settings Settings
	network  network

	x, q            *G.Node // views 2B x pixels, labels 2B x K
	logits          *G.Node // scores/tau, 2B x K
	loss, trained   *G.Node // their mean cross-entropy to q, and to the self-labels, which the gradient is of
	params          G.Nodes
	masters         []*master     // params in float64
	solved          []G.ValueGrad // masters, as solvers take them
	train, forward  *graph.Program
	scores          *graph.Program // logits alone; nil for SimCLR, where nothing asks for them
	units           *G.Node        // rows of unit length after the head
	embed           *graph.Program // of SimCLR, whose scores compare them; nil otherwise
	images          *G.Node        // the encoder's own graph
	representation  *G.Node
	encoderParams   G.Nodes
	encode          *graph.Program
	energies, after []float64
	labels, target  []float64
	at              *State // of the step at work
	made            *Target
	unmade          error // why its labels could not be made
}

// New builds the graphs. It returns an error that names the setting for an algorithm it does not know, a width or a
// batch too small, a temperature that is not positive, and a momentum outside [0, 1).
func New(s Settings) (*Model, error) {
	if s.EncodeBatch == 0 {
		s.EncodeBatch = 256
	}
	if s.SinkhornRounds == 0 {
		s.SinkhornRounds = 10000
	}
	if s.NoSharpening {
		s.TeacherTau = s.Temperature
	}
	if err := s.Validate(); err != nil {
		return nil, err
	}
	m := &Model{settings: s}
	m.network.widths = slices.Concat([]int{s.Pixels}, s.Hidden, []int{s.Representation}, s.Head, []int{s.Projection})
	m.network.encoder = len(s.Hidden) + 1
	if s.Algorithm != SimCLR {
		m.network.prototypes = s.Labels
	}
	if err := m.buildTraining(); err != nil {
		return nil, err
	}
	if err := m.buildEncoder(); err != nil {
		return nil, errors.Join(err, m.train.Close(), m.forward.Close())
	}
	n := m.Samples() * m.Labels()
	m.energies, m.after = make([]float64, n), make([]float64, n)
	m.labels, m.target = make([]float64, n), make([]float64, n)
	return m, nil
}

func (m *Model) buildTraining() error {
	s, g := &m.settings, G.NewGraph()
	dtype := s.Precision.Dtype()
	m.x = input(g, "views", dtype, m.Samples(), s.Pixels)
	m.q = input(g, "labels", dtype, m.Samples(), m.Labels())
	m.params = m.network.nodes(g, dtype)
	for _, p := range m.params {
		m.masters = append(m.masters, newMaster(p))
		m.solved = append(m.solved, m.masters[len(m.masters)-1])
	}
	factor := G.NewConstant(float32(1 / s.Temperature))
	if s.Precision == model.Float64 {
		factor = G.NewConstant(1 / s.Temperature)
	}
	m.units = m.network.embedding(m.x, m.params)
	m.logits = G.Must(G.Mul(m.network.scores(m.units, m.params), factor))
	m.loss, m.trained = crossEntropy(m.logits, m.q), crossEntropy(m.logits, m.selfLabels())
	var err error
	m.train, err = graph.Compile(G.Nodes{m.trained, m.logits}, m.params)
	if err != nil {
		return err
	}
	m.forward, err = graph.Compile(G.Nodes{m.logits, m.loss}, nil)
	if err != nil {
		return err
	}
	if s.Algorithm == SimCLR {
		m.embed, err = graph.Compile(G.Nodes{m.units}, nil)
	} else {
		m.scores, err = graph.Compile(G.Nodes{m.logits}, nil)
	}
	return err
}

func (m *Model) buildEncoder() error {
	s, g := &m.settings, G.NewGraph()
	dtype := s.Precision.Dtype()
	m.images = input(g, "images", dtype, s.EncodeBatch, s.Pixels)
	m.encoderParams = m.network.nodes(g, dtype)[:2*m.network.encoder]
	m.representation = op.Perceptron(m.images, m.encoderParams)
	var err error
	m.encode, err = graph.Compile(G.Nodes{m.representation}, nil)
	return err
}

// Settings returns the settings with their defaults filled in.
func (m *Model) Settings() Settings { return m.settings }

// Samples is the number of samples of a step, 2B: every view is one.
func (m *Model) Samples() int { return 2 * m.settings.Batch }

// Labels is the number of labels: B for SimCLR, K otherwise.
func (m *Model) Labels() int {
	if m.settings.Algorithm == SimCLR {
		return m.settings.Batch
	}
	return m.settings.Labels
}

// Parameter describes one weight tensor.
type Parameter struct {
	Name       string
	Rows, Cols int
}

// Parameters lists the weights in the order of State.Theta.
func (m *Model) Parameters() []Parameter { return m.network.parameters() }

// Encode fills dst with the representations of images (rows of Pixels) under the weights of st: rows of
// Settings.Representation, the encoder's output before the projection head. It panics unless dst has one row an image.
func (m *Model) Encode(st *State, dst []float64, images []float32) error {
	pixels, width := m.settings.Pixels, m.settings.Representation
	if len(images)%pixels != 0 || len(dst) != len(images)/pixels*width {
		panic(fmt.Sprintf("ssl: representations of %d values, %d a row, into %d values", len(images), pixels, len(dst)))
	}
	for i, p := range m.encoderParams {
		graph.Put(p, st.Theta[i])
	}
	for len(images) > 0 {
		n := min(m.settings.EncodeBatch, len(images)/pixels)
		graph.Put(m.images, images[:n*pixels])
		if err := m.encode.Run(); err != nil {
			return err
		}
		graph.Get(dst[:n*width], m.representation, 1)
		images, dst = images[n*pixels:], dst[n*width:]
	}
	return nil
}

// Close releases the machines.
func (m *Model) Close() error {
	err := errors.Join(m.train.Close(), m.forward.Close(), m.encode.Close())
	if m.settings.Algorithm == SimCLR {
		return errors.Join(err, m.embed.Close())
	}
	return errors.Join(err, m.scores.Close())
}
