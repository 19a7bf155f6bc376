package selfsupervised

import (
	"context"
	"fmt"
	"math/rand/v2"

	"calorimeter/instrument/ensemble"
	"calorimeter/instrument/information"
	"calorimeter/instrument/solver"
	"calorimeter/instrument/thermo"
	"calorimeter/model/op"
	"calorimeter/model/ssl"
)

// worker owns one model and serves one replica at a time.
type worker struct {
	runner        *Runner
	config        *Config
	model         *ssl.Model
	images, views []float32
	batch         []int
}

func newWorker(r *Runner, m *ssl.Model) *worker {
	s := m.Settings()
	return &worker{
		runner: r, config: &r.config, model: m,
		images: make([]float32, s.Batch*s.Pixels), views: make([]float32, 2*s.Batch*s.Pixels), batch: make([]int, s.Batch),
	}
}

// Close implements [ensemble.Worker].
func (w *worker) Close() error { return w.model.Close() }

// Measure implements [ensemble.Worker]. The books of the next interval begin with it.
func (w *worker) Measure(s, _ ensemble.State) (any, error) {
	r := s.(*Replica)
	probe, neighbours, err := w.probe(r, w.runner.sets[r.Set], w.runner.test)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", r.name(), err)
	}
	if r.State.Steps == 0 {
		r.RandomProbe, r.RandomNeighbours = probe, neighbours
	}
	r.Worst.merge(r.Window)
	snapshot := r.snapshot(probe, neighbours)
	if w.runner.exam != nil {
		snapshot.Examples, snapshot.Ghosts, err = w.judge(r, w.runner.asked(r.State.Steps))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", r.name(), err)
		}
	}
	r.Window = Worst{}
	if r.Table != nil {
		r.Table = &information.Counts{Columns: r.Table.Columns, N: make([]int, len(r.Table.N))}
	}
	return snapshot, nil
}

// Train implements [ensemble.Worker]: it keeps the books of every step.
func (w *worker) Train(ctx context.Context, s ensemble.State, step int, done func(int)) error {
	r := s.(*Replica)
	train := w.runner.sets[r.Set]
	counted := min(countedSteps, len(train.Labels)/len(w.batch)) // so that hardly any image is counted twice
	size := train.Rows * train.Cols
	views := rand.New(r.Views)
	descent := solver.New(w.config.Solver)
	descent.Use(&r.Solver, nil)
	for r.State.Steps < step {
		if err := ctx.Err(); err != nil {
			return err
		}
		for i := range w.batch {
			e := r.next()
			w.batch[i] = e
			copy(w.images[i*size:(i+1)*size], train.X[e*size:])
		}
		w.config.Views.Views(w.views, w.images, train.Rows, train.Cols, views)
		s, err := w.model.Step(r.State, w.views, descent)
		if err != nil {
			return fmt.Errorf("%s: %w", r.name(), err)
		}
		if err := w.record(r, s); err != nil {
			return fmt.Errorf("step %d of %s: %w", r.State.Steps, r.name(), err)
		}
		if r.Table != nil && step-r.State.Steps < counted {
			w.count(r, s, train.Labels)
		}
		if r.State.Steps == step {
			if err := w.occupy(r, s); err != nil {
				return err
			}
		}
		done(1)
	}
	return nil
}

// record enters one step in the books.
func (w *worker) record(r *Replica, s *ssl.Step) error {
	if err := r.Ledger.Record(s.Energies, s.Labels, s.After); err != nil {
		return err
	}
	cycle := r.Ledger.Last
	worst := Worst{
		Steps: 1, FirstLaw: cycle.FirstLaw, Demon: cycle.Demon, Loss: cycle.LossResidual(s.Loss, s.LossAfter),
		Efficiency: cycle.Efficiency(),
	}
	if s.Target != nil {
		gge, err := gibbsFit(s, w.model.Labels())
		if err != nil {
			return err
		}
		r.Ensemble = &gge
		worst.Residual = gge.Residual
		if b := s.Target.Balance; b != nil {
			worst.Iterations, worst.MarginalError = b.Iterations, gge.MarginalError
			if !b.Converged {
				worst.Unconverged = 1
			}
		}
	}
	r.Window.merge(worst)
	return nil
}

// gibbsFit holds the self-labels against the generalised Gibbs ensemble with the fields that they were made with.
func gibbsFit(s *ssl.Step, labels int) (thermo.GGE, error) {
	return thermo.CheckGGE(s.Target.Energies, s.Labels, labels, s.Target.Temperature, s.Target.Field)
}

// count enters the self-label (the most probable) and the class of each image, by its first view: the two views of an
// image are not independent.
func (w *worker) count(r *Replica, s *ssl.Step, classes []uint8) {
	for i, e := range w.batch {
		row, best := s.Labels[i*w.model.Labels():(i+1)*w.model.Labels()], 0
		for k, q := range row {
			if q > row[best] {
				best = k
			}
		}
		r.Table.N[best*r.Table.Columns+int(classes[e])]++
	}
}

// occupy judges how labels are occupied: the self-labels, or where they are given (SimCLR) the network's own p'.
func (w *worker) occupy(r *Replica, s *ssl.Step) (err error) {
	distribution := s.Labels
	if s.Target == nil {
		distribution = make([]float64, len(s.After))
		for at := 0; at < len(distribution); at += w.model.Labels() {
			p := distribution[at : at+w.model.Labels()]
			for k, energy := range s.After[at : at+w.model.Labels()] {
				p[k] = -energy
			}
			op.Softmax(p)
		}
	}
	r.Occupations, err = thermo.Occupy(distribution, w.model.Labels())
	return err
}

// probe returns the accuracies of the linear probe and of nearest neighbours on the frozen representation.
func (w *worker) probe(r *Replica, train, test *Images) (linear, neighbours float64, err error) {
	fit, err := w.features(r, train.first(w.config.ProbeRows))
	if err != nil {
		return 0, 0, err
	}
	judge, err := w.features(r, test)
	if err != nil {
		return 0, 0, err
	}
	linear, err = LinearProbe(fit, judge)
	if err != nil {
		return 0, 0, err
	}
	n := min(w.config.NeighbourRows, len(fit.Labels))
	bank := &Features{X: fit.X[:n*fit.Width], Width: fit.Width, Labels: fit.Labels[:n]}
	neighbours, err = Neighbours(bank, judge, w.config.NeighbourK)
	return linear, neighbours, err
}

func (w *worker) features(r *Replica, im *Images) (*Features, error) {
	width := w.model.Settings().Representation
	f := &Features{X: make([]float64, len(im.Labels)*width), Width: width, Labels: im.Labels}
	return f, w.model.Encode(r.State, f.X, im.X)
}
