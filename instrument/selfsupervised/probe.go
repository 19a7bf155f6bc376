package selfsupervised

import (
	"fmt"
	"math"
	"slices"

	"calorimeter/internal/vector"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/optimize"
	"gonum.org/v1/gonum/stat"
)

// Features are the representations of labelled examples under a frozen encoder.
type Features struct {
	X      []float64 // rows of Width, row-major
	Width  int
	Labels []uint8 // the class of every row, which no encoder has seen
}

func (f *Features) check(what string) error {
	if f.Width < 1 || len(f.Labels) == 0 || len(f.X) != len(f.Labels)*f.Width {
		return fmt.Errorf("selfsupervised: %s: %d values are not rows of %d for %d labels",
			what, len(f.X), f.Width, len(f.Labels))
	}
	for i, v := range f.X {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("selfsupervised: %s: component %d of row %d is %v", what, i%f.Width, i/f.Width, v)
		}
	}
	return nil
}

// checkPair rejects features that are no rows of numbers, or of two encoders.
func checkPair(train, test *Features) error {
	if err := train.check("training features"); err != nil {
		return err
	}
	if err := test.check("test features"); err != nil {
		return err
	}
	if train.Width != test.Width {
		return fmt.Errorf("selfsupervised: training features have %d components, test features %d", train.Width, test.Width)
	}
	return nil
}

// probePenalty is the linear probe's L2 penalty for features of unit variance.
const probePenalty = 1e-4

// Where the fit of the linear probe ends: at a gradient with no component above the first, or after so many iterations.
const (
	probeGradient   = 3e-4
	probeIterations = 300
)

// LinearProbe returns the accuracy on the test features of a linear classifier that was fitted to the training
// features: multinomial logistic regression,
//
//	minimise  -mean_i ln softmax(W x_i + b)_label(i) + 1e-4/2 |W|^2
//
// on features scaled to zero mean and unit variance over the training rows (constant ones are left out), by L-BFGS from
// 0 until no component of the gradient is above 3e-4, 300 iterations at most. The problem is convex and nothing is
// drawn: the same features give the same accuracy.
//
// Linear readout of a frozen representation is how self-supervised encoders are compared (Alain & Bengio 2016,
// arXiv:1610.01644; Chen et al. 2020, arXiv:2002.05709). A wide random encoder is a strong rival: compare with one of
// the same shape.
func LinearProbe(train, test *Features) (accuracy float64, err error) {
	if err := checkPair(train, test); err != nil {
		return math.NaN(), err
	}
	centre, scale := standard(train)
	classes := 1 + int(max(largest(train.Labels), largest(test.Labels)))
	p := newLogistic(standardised(train, centre, scale), train.Labels, classes)
	problem := optimize.Problem{Func: p.loss, Grad: p.gradient}
	settings := &optimize.Settings{GradientThreshold: probeGradient, MajorIterations: probeIterations}
	// A failed line search within rounding of the minimum is no failure of the fit: its best point is kept.
	result, err := optimize.Minimize(problem, make([]float64, len(p.at)), settings, &optimize.LBFGS{})
	if result == nil {
		return math.NaN(), fmt.Errorf("selfsupervised: fitting the linear probe: %w", err)
	}
	return newLogistic(standardised(test, centre, scale), test.Labels, p.classes).accuracy(result.X), nil
}

func largest(labels []uint8) (top uint8) {
	for _, l := range labels {
		top = max(top, l)
	}
	return top
}

// standard returns the mean of every component, and 1 over its standard deviation (0 where it is constant).
func standard(f *Features) (centre, scale []float64) {
	centre, scale = make([]float64, f.Width), make([]float64, f.Width)
	column := make([]float64, len(f.Labels))
	for j := range centre {
		for i := range column {
			column[i] = f.X[i*f.Width+j]
		}
		mean, sd := stat.PopMeanStdDev(column, nil)
		centre[j] = mean
		if sd > 1e-9*math.Abs(mean) {
			scale[j] = 1 / sd
		}
	}
	return centre, scale
}

func standardised(f *Features, centre, scale []float64) []float64 {
	x := make([]float64, len(f.X))
	for i, v := range f.X {
		x[i] = (v - centre[i%f.Width]) * scale[i%f.Width]
	}
	return x
}

// logistic is the fit's objective. Parameters are W, width x classes row-major, then b. Sums over components run along
// rows of the same component, and sums over rows along components, so that each is a sum of long vectors.
type logistic struct {
	x, columns     []float64 // row by row, and component by component
	labels         []uint8
	width, classes int
	block          []float64 // logits of probeRows rows, class by class
	logits         []float64 // of one row
	at, slope      []float64 // where loss was evaluated last, and the gradient there
	sums           []float64 // of that gradient, class by class
}

// probeRows is how many rows are scored at once.
const probeRows = 256

func newLogistic(x []float64, labels []uint8, classes int) *logistic {
	width := len(x) / len(labels)
	p := &logistic{
		x: x, columns: make([]float64, len(x)), labels: labels, width: width, classes: classes,
		block: make([]float64, probeRows*classes), logits: make([]float64, classes),
		at: make([]float64, (width+1)*classes), slope: make([]float64, (width+1)*classes),
		sums: make([]float64, width*classes),
	}
	p.at[0] = math.NaN() // evaluated nowhere yet
	for i, v := range x {
		p.columns[i%width*len(labels)+i/width] = v
	}
	return p
}

// each calls f with every row, its logits at w in p.logits.
func (p *logistic) each(w []float64, f func(i int)) {
	rows, bias := len(p.labels), w[p.width*p.classes:]
	for first := 0; first < rows; first += probeRows {
		n := min(probeRows, rows-first)
		for c, b := range bias {
			of := p.block[c*n : (c+1)*n]
			for i := range of {
				of[i] = b
			}
			for j := range p.width {
				floats.AddScaled(of, w[j*p.classes+c], p.columns[j*rows+first:][:n])
			}
		}
		for i := range n {
			for c := range p.logits {
				p.logits[c] = p.block[c*n+i]
			}
			f(first + i)
		}
	}
}

// accuracy is the share of rows whose own label has the largest logit.
func (p *logistic) accuracy(w []float64) float64 {
	hits := 0
	p.each(w, func(i int) {
		if floats.MaxIdx(p.logits) == int(p.labels[i]) {
			hits++
		}
	})
	return float64(hits) / float64(len(p.labels))
}

// softmax replaces p.logits by probabilities and returns the log of their sum before.
func (p *logistic) softmax() (lse float64) {
	top := floats.Max(p.logits)
	z := vector.Exp(p.logits, p.logits, top)
	floats.Scale(1/z, p.logits)
	return top + math.Log(z)
}

// loss evaluates the objective at w and keeps its gradient, which the minimiser asks for next.
func (p *logistic) loss(w []float64) (loss float64) {
	copy(p.at, w)
	clear(p.slope)
	clear(p.sums)
	p.each(w, func(i int) {
		label := p.labels[i]
		own := p.logits[label]
		loss += p.softmax() - own
		p.logits[label]--
		for c, d := range p.logits {
			floats.AddScaled(p.sums[c*p.width:(c+1)*p.width], d, p.x[i*p.width:(i+1)*p.width])
			p.slope[p.width*p.classes+c] += d
		}
	})
	for i, v := range p.sums {
		p.slope[i%p.width*p.classes+i/p.width] = v
	}
	n := float64(len(p.labels))
	loss /= n
	for i := range p.slope {
		p.slope[i] /= n
	}
	for i, v := range w[:p.width*p.classes] {
		loss += probePenalty / 2 * v * v
		p.slope[i] += probePenalty * v
	}
	return loss
}

func (p *logistic) gradient(grad, w []float64) {
	if !slices.Equal(p.at, w) {
		p.loss(w)
	}
	copy(grad, p.slope)
}
