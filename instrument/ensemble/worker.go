package ensemble

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"calorimeter/instrument"
	"calorimeter/model"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// worker owns one model, its graphs and machines, and serves one replica at a time.
type worker struct {
	config *Config
	model  model.PPM
	params []G.ValueGrad
	batch  []float32
	centre [][]float64 // held-out gradient, one slice a parameter
	energy []float64
}

func newWorker(c *Config, m model.PPM) *worker {
	return &worker{
		config: c, model: m,
		params: G.NodesToValueGrads(m.Params()),
		batch:  make([]float32, c.Batch*m.Dim()),
	}
}

func (w *worker) close() error { return w.model.Close() }

// DivergedError says that training broke down: the loss of a replica became NaN or infinite.
type DivergedError struct {
	Set, Replica int     // d and r
	Step         int     // the step whose loss is bad
	Loss         float64 // that loss
	LastLoss     float64 // the loss of the step before; NaN at the first step
}

// Error names the step, the replica and what to try.
func (e *DivergedError) Error() string {
	return fmt.Sprintf("the loss became %v at step %d (data set %d, replica %d; the step before had %.4g): try a smaller learning rate",
		e.Loss, e.Step, e.Set, e.Replica, e.LastLoss)
}

// advance trains r, in place, up to the given step, and adds its progress to done.
func (w *worker) advance(ctx context.Context, r *Replica, examples, heldOut []float32, step int, done func(steps int)) error {
	c := w.config
	r.load(w.model)
	solver := instrument.NewSGD(c.Rate)
	if c.Temperature > 0 {
		solver.WithTemperature(c.Temperature, rand.New(r.Noise))
	}
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
			w.innovation(r)
		}
		if err := solver.Step(w.params); err != nil {
			return fmt.Errorf("step %d of %s: %w", r.Step+1, r.name(), err)
		}
		r.Loss = loss
		r.Step++
		done(1)
	}
	r.store(w.model)
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

// innovation adds this step's r |g - c|^2 / (4T), for c = 0 and for the held-out gradient.
func (w *worker) innovation(r *Replica) {
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
	scale := w.config.Rate / (4 * w.config.Temperature)
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

// relax moves the observer chains of r at its present weights and enters work and heat in its ledger. It returns the
// mean training and test negative log-likelihood; NaN where ln Z is unknown.
func (w *worker) relax(r *Replica, examples, test []float32) (train, held float64, err error) {
	r.load(w.model)
	lnZ, known := w.model.LogZ()
	if !known {
		lnZ = math.NaN()
	}
	rng := rand.New(r.Observers)
	moved := make([]float64, w.config.Chains)
	relaxed := make([]float64, w.config.Chains)
	if r.Ledger.Energy == nil {
		if err := w.moves(r.Chains, w.config.BurnIn, rng); err != nil {
			return 0, 0, err
		}
		if err := w.model.Energies(relaxed, r.Chains); err != nil {
			return 0, 0, err
		}
		err = r.Ledger.Start(relaxed, -lnZ)
	} else {
		if err := w.model.Energies(moved, r.Chains); err != nil {
			return 0, 0, err
		}
		if err := w.moves(r.Chains, w.config.Moves, rng); err != nil {
			return 0, 0, err
		}
		if err := w.model.Energies(relaxed, r.Chains); err != nil {
			return 0, 0, err
		}
		err = r.Ledger.Record(moved, relaxed, -lnZ-r.Ledger.FreeEnergy)
	}
	if err != nil {
		return 0, 0, fmt.Errorf("%s at step %d: %w; try a smaller learning rate", r.name(), r.Step, err)
	}
	if train, err = w.meanEnergy(examples); err != nil {
		return 0, 0, err
	}
	if held, err = w.meanEnergy(test); err != nil {
		return 0, 0, err
	}
	return train + lnZ, held + lnZ, nil
}

func (w *worker) moves(x []float32, n int, rng *rand.Rand) error {
	for range n {
		if err := w.model.Move(x, rng); err != nil {
			return err
		}
	}
	return nil
}

func (w *worker) meanEnergy(x []float32) (float64, error) {
	rows := len(x) / w.model.Dim()
	if cap(w.energy) < rows {
		w.energy = make([]float64, rows)
	}
	phi := w.energy[:rows]
	if err := w.model.Energies(phi, x); err != nil {
		return 0, err
	}
	var sum float64
	for _, e := range phi {
		sum += e
	}
	return sum / float64(rows), nil
}

// judge writes ln p(x|theta) of all given samples under the weights of r into dst, and phi_theta of its own chains
// into own: a call of its own, because a matrix product may round a row by where it stands in the batch.
func (w *worker) judge(dst, own []float64, r *Replica, samples []float32) error {
	r.load(w.model)
	if err := w.model.Energies(own, r.Chains); err != nil {
		return err
	}
	lnZ, known := w.model.LogZ()
	if !known {
		lnZ = math.NaN()
	}
	if err := w.model.Energies(dst, samples); err != nil {
		return err
	}
	for i, phi := range dst {
		dst[i] = -phi - lnZ
	}
	return nil
}
