package instrument

import (
	"fmt"
	"unsafe"

	"calorimeter/instrument/estimate"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Step is what a [Quantity] sees of one training step. It shows the live memory of the network: nothing is
// copied. It is valid during the call it is handed to, and no longer.
type Step struct {
	Number int // number of updates made before this one: 0 is the first step
	// Part tells the parts of the model that are trained apart, 0 for the first that was stepped. A part is
	// what a wrapped solver is given at once; most programs have a single one. Two solvers with some of the
	// nodes each make two parts, as does one solver that serves two graphs.
	Part int

	model     []gorgonia.ValueGrad
	names     []identity
	loss      float64
	noLoss    string // why there is no loss; empty if there is one
	lastGood  int
	params    []Param
	after     bool
	viewed    bool
	nonFinite *NonFiniteError
}

// Param is a view of one parameter, its live weights and gradient flattened in row-major order. Either the
// 32-bit or the 64-bit pair of slices is set, and never both. The slices must not be written to.
type Param struct {
	Index    int          // its place among the nodes given to the solver
	Name     string       // the name of its node
	Shape    tensor.Shape // must not be modified; empty for a scalar
	Weight32 []float32
	Grad32   []float32 // nil after the update
	Weight64 []float64
	Grad64   []float64 // nil after the update
	square   float64   // of the norm of Grad32, from the check that all are finite
}

// Len returns the number of weights of the parameter.
func (p *Param) Len() int { return len(p.Weight32) + len(p.Weight64) }

// AppendWeights appends the weights to dst as float64 and returns it.
func (p *Param) AppendWeights(dst []float64) []float64 {
	return appendFloat64(append(dst, p.Weight64...), p.Weight32)
}

// AppendGrad appends the gradient to dst as float64 and returns it. After the update it appends nothing.
func (p *Param) AppendGrad(dst []float64) []float64 {
	return appendFloat64(append(dst, p.Grad64...), p.Grad32)
}

func appendFloat64(dst []float64, src []float32) []float64 {
	for _, x := range src {
		dst = append(dst, float64(x))
	}
	return dst
}

// Loss returns the value of the cost node at theta_n: exact as far as the graph's arithmetic goes, unknown where
// there is no cost node or it holds no value.
func (s *Step) Loss() Reading {
	if s.noLoss != "" {
		return estimate.Unknown("%s", s.noLoss)
	}
	return estimate.Exact(s.loss)
}

// Params returns views of all parameters of this part, in the order in which the solver was given them. The
// first call on either side of the update checks that all weights and gradients are finite: one pass over both.
// The error is a [*NonFiniteError], or says which parameter cannot be viewed; return it as it is.
func (s *Step) Params() ([]Param, error) {
	if s.viewed {
		return s.params, nil
	}
	s.params = s.params[:0]
	for i, vg := range s.model {
		p, err := view(vg, !s.after)
		if err != nil {
			return nil, fmt.Errorf("parameter %d %q: %w", i, s.names[i].name, err)
		}
		p.Index, p.Name = i, s.names[i].name
		s.params = append(s.params, p)
	}
	s.nonFinite = firstNonFinite(s.params)
	if bad := s.nonFinite; bad != nil {
		bad.Step, bad.Part = s.Number, s.Part
		bad.LastGood, bad.After = s.lastGood, s.after
		return nil, bad
	}
	s.viewed = true
	return s.params, nil
}

// turn makes the step show the other side of the update.
func (s *Step) turn() { s.after, s.viewed = true, false }

// View returns the live memory of a parameter and of its gradient, without a copy, for solvers: they may write to it.
// Index is not set. An error says why the parameter cannot be updated; Name is set even then.
func View(vg gorgonia.ValueGrad) (Param, error) {
	p, err := view(vg, true)
	p.Name = identify(vg).name
	return p, err
}

// view returns the live memory behind vg without a copy, and the gradient only if asked to.
func view(vg gorgonia.ValueGrad, gradient bool) (p Param, err error) {
	value := vg.Value()
	p.Weight32, p.Weight64, err = Floats(value)
	if err != nil {
		return p, fmt.Errorf("weights: %w", err)
	}
	weights, dense := value.(*tensor.Dense)
	if dense {
		p.Shape = weights.Shape()
	}
	if !gradient {
		return p, nil
	}
	grad, err := gradientOf(vg)
	if err != nil {
		return p, err
	}
	p.Grad32, p.Grad64, err = Floats(grad)
	if err != nil {
		return p, fmt.Errorf("gradient: %w", err)
	}
	if len(p.Weight32) != len(p.Grad32) || len(p.Weight64) != len(p.Grad64) {
		return p, fmt.Errorf("weights %v of %v and gradient %v of %v do not match",
			value.Shape(), value.Dtype(), grad.Shape(), grad.Dtype())
	}
	if g, ok := grad.(*tensor.Dense); ok && dense && p.Len() > 1 &&
		g.DataOrder().IsColMajor() != weights.DataOrder().IsColMajor() {
		return p, fmt.Errorf("weights and gradient are laid out in different orders")
	}
	return p, nil
}

// gradientOf returns the gradient of vg, or an error that says how to get one.
func gradientOf(vg gorgonia.ValueGrad) (gorgonia.Value, error) {
	grad, err := vg.Grad()
	if err != nil {
		return nil, err
	}
	if grad == nil {
		return nil, fmt.Errorf("no gradient yet: " +
			"call RunAll on the machine before Step, and take the gradient with gorgonia.Grad")
	}
	return grad, nil
}

// floats returns the memory of a dense tensor or of a scalar: one slice, of the value's type.
func Floats(v gorgonia.Value) ([]float32, []float64, error) {
	switch v := v.(type) {
	case *tensor.Dense:
		if v.RequiresIterator() {
			return nil, nil, fmt.Errorf("a view of a larger tensor cannot be measured: use a contiguous one")
		}
		switch v.Dtype() {
		case tensor.Float32:
			return v.Float32s(), nil, nil
		case tensor.Float64:
			return nil, v.Float64s(), nil
		}
		return nil, nil, fmt.Errorf("a tensor of %v cannot be measured: use float32 or float64", v.Dtype())
	case *gorgonia.F32:
		return unsafe.Slice((*float32)(v), 1), nil, nil
	case *gorgonia.F64:
		return nil, unsafe.Slice((*float64)(v), 1), nil
	case nil:
		return nil, nil, fmt.Errorf("no value: give the node one with gorgonia.WithValue or gorgonia.Let")
	}
	return nil, nil, fmt.Errorf("a value of type %T cannot be measured", v)
}
