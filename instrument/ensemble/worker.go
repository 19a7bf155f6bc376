package ensemble

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"calorimeter/instrument/solver"
	"calorimeter/model"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// worker owns one model, its graphs and machines, and serves one replica at a time.
type worker struct {
	observer
	model  model.PPM
	params []G.ValueGrad
	batch  []float32
	centre [][]float64 // held-out gradient, one slice a parameter
}

func newWorker(e *Ensemble, m model.PPM) *worker {
	return &worker{
		observer: newObserver(e, m), model: m,
		params: G.NodesToValueGrads(m.Params()),
		batch:  make([]float32, e.config.Batch*m.Dim()),
	}
}

// Close implements [Worker].
func (w *worker) Close() error { return w.model.Close() }

// Train implements [Worker].
func (w *worker) Train(ctx context.Context, s State, step int, done func(steps int)) error {
	r := s.(*Replica)
	r.load(w.model)
	err := w.train(ctx, r, w.ensemble.sets[r.Set], w.ensemble.test, step, done)
	r.Theta = weights(r.Theta, w.model.Params())
	return err
}

// Measure implements [Worker].
func (w *worker) Measure(s, last State) (any, error) {
	r := s.(*Replica)
	return w.measure(r, last.(*Replica), w.ensemble.sets[r.Set], w.ensemble.test)
}

// DivergedError says that training broke down: the loss of a replica became NaN or infinite.
type DivergedError struct {
	Set, Replica int     // d and r
	Step         int     // the step whose loss is bad
	Loss         float64 // that loss
	LastLoss     float64 // the loss of the step before; NaN at the first step
}

// Error names the step, the replica and what to try.
func (e *DivergedError) Error() string {
	return fmt.Sprintf("the loss became %v at step %d (training set %d, replica %d; the step before had %.4g): try a "+
		"smaller learning rate", e.Loss, e.Step, e.Set, e.Replica, e.LastLoss)
}

// train trains r, in place, up to the given step, and adds its progress to done. The model has its weights.
func (w *worker) train(
	ctx context.Context, r *Replica, examples, heldOut []float32, step int, done func(steps int),
) error {
	c := w.config
	s := solver.New(c.descent())
	s.Use(&r.Solver, rand.New(r.Noise))
	for r.Step < step {
		if err := ctx.Err(); err != nil {
			return err
		}
		if c.Temperature > 0 {
			if err := w.heldOutGradient(r, heldOut); err != nil {
				return err
			}
		}
		r.nextBatch(w.batch, examples, w.model.Dim())
		loss, err := w.model.Loss(w.batch)
		if err != nil {
			return fmt.Errorf("step %d of %s: %w", r.Step+1, r.name(), err)
		}
		if math.IsNaN(loss) || math.IsInf(loss, 0) {
			return &DivergedError{Set: r.Set, Replica: r.Index, Step: r.Step + 1, Loss: loss, LastLoss: r.Loss}
		}
		if c.Temperature > 0 {
			w.innovation(r, s.Rate())
		}
		if err := s.Step(w.params); err != nil {
			return fmt.Errorf("step %d of %s: %w", r.Step+1, r.name(), err)
		}
		r.Loss = loss
		r.Step++
		if c.Follow > 0 && r.Step%c.Follow == 0 && r.Step < step && r.Opened() {
			if err := w.bath.Follow(&r.Gas); err != nil {
				return fmt.Errorf("%s at step %d: %w", r.name(), r.Step, err)
			}
		}
		done(1)
	}
	return nil
}

// heldOutGradient leaves in w.centre the gradient at the present weights on a random batch of held-out examples: the
// centre c of the noise bound, which knows nothing of the training set.
func (w *worker) heldOutGradient(r *Replica, heldOut []float32) error {
	dim := w.model.Dim()
	rng := rand.New(r.HeldOut)
	for i := range w.config.Batch {
		e := rng.IntN(len(heldOut) / dim)
		copy(w.batch[i*dim:(i+1)*dim], heldOut[e*dim:(e+1)*dim])
	}
	if t, ok := w.model.(model.ChainTrained); ok { // the gradient at held-out examples must not train the chains
		t.Use(cloneTraining(r.Training))
		defer t.Use(r.Training)
	}
	if _, err := w.model.Loss(w.batch); err != nil {
		return err
	}
	if w.centre == nil {
		for _, p := range w.model.Params() {
			w.centre = append(w.centre, make([]float64, p.Shape().TotalSize()))
		}
	}
	for i, p := range w.model.Params() {
		g, err := p.Grad()
		if err != nil {
			return err
		}
		dense := g.(*tensor.Dense)
		forEach(dense, func(j int, v float64) { w.centre[i][j] = v })
		dense.Zero()
	}
	return nil
}

// innovation adds this step's r |g - c|^2 / (4T), at its rate r, for c = 0 and for the held-out gradient.
func (w *worker) innovation(r *Replica, rate float64) {
	var plain, centred float64
	for i, p := range w.model.Params() {
		g, err := p.Grad()
		if err != nil {
			panic("ensemble: a gradient vanished: " + err.Error())
		}
		forEach(g.(*tensor.Dense), func(j int, v float64) {
			plain += v * v
			d := v - w.centre[i][j]
			centred += d * d
		})
	}
	scale := rate / (4 * w.config.Temperature)
	r.Innovation[0] += scale * plain
	r.Innovation[1] += scale * centred
}

func forEach(t *tensor.Dense, f func(i int, v float64)) {
	switch data := t.Data().(type) {
	case []float32:
		for i, v := range data {
			f(i, float64(v))
		}
	case []float64:
		for i, v := range data {
			f(i, v)
		}
	}
}
