package selfsupervised

import (
	"fmt"
	"math"
	"slices"

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
	p := &logistic{
		x: standardised(train, centre, scale), labels: train.Labels, width: train.Width,
		classes: 1 + int(max(largest(train.Labels), largest(test.Labels))),
	}
	p.logits = make([]float64, p.classes)
	p.at, p.slope = make([]float64, (p.width+1)*p.classes), make([]float64, (p.width+1)*p.classes)
	p.at[0] = math.NaN() // evaluated nowhere yet
	problem := optimize.Problem{Func: p.loss, Grad: p.gradient}
	settings := &optimize.Settings{GradientThreshold: probeGradient, MajorIterations: probeIterations}
	// A failed line search within rounding of the minimum is no failure of the fit: its best point is kept.
	result, err := optimize.Minimize(problem, make([]float64, (p.width+1)*p.classes), settings, &optimize.LBFGS{})
	if result == nil {
		return math.NaN(), fmt.Errorf("selfsupervised: fitting the linear probe: %w", err)
	}
	x := standardised(test, centre, scale)
	hits := 0
	for i, label := range test.Labels {
		p.score(x[i*p.width:(i+1)*p.width], result.X)
		best := 0
		for c, v := range p.logits {
			if v > p.logits[best] {
				best = c
			}
		}
		if best == int(label) {
			hits++
		}
	}
	return float64(hits) / float64(len(test.Labels)), nil
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

// logistic is the fit's objective. Parameters are W, width x classes row-major, then b.
type logistic struct {
	x              []float64
	labels         []uint8
	width, classes int
	logits         []float64 // of one row
	at, slope      []float64 // where loss was evaluated last, and the gradient there
}

// score sets p.logits to those of one row.
func (p *logistic) score(row, w []float64) {
	copy(p.logits, w[p.width*p.classes:])
	for j, v := range row {
		for c, u := range w[j*p.classes : (j+1)*p.classes] {
			p.logits[c] += v * u
		}
	}
}

// softmax replaces p.logits by probabilities and returns the log of their sum before.
func (p *logistic) softmax() (lse float64) {
	top := math.Inf(-1)
	for _, v := range p.logits {
		top = max(top, v)
	}
	var z float64
	for c, v := range p.logits {
		p.logits[c] = math.Exp(v - top)
		z += p.logits[c]
	}
	for c := range p.logits {
		p.logits[c] /= z
	}
	return top + math.Log(z)
}

// loss evaluates the objective at w and keeps its gradient, which the minimiser asks for next.
func (p *logistic) loss(w []float64) (loss float64) {
	copy(p.at, w)
	clear(p.slope)
	for i, label := range p.labels {
		row := p.x[i*p.width : (i+1)*p.width]
		p.score(row, w)
		own := p.logits[label]
		loss += p.softmax() - own
		p.logits[label]--
		for j, v := range row {
			g := p.slope[j*p.classes : (j+1)*p.classes]
			for c, d := range p.logits {
				g[c] += v * d
			}
		}
		for c, d := range p.logits {
			p.slope[p.width*p.classes+c] += d
		}
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
