package main

import (
	"context"
	"fmt"
	"math"

	"calorimeter/datasets"
	"calorimeter/instrument"
	"calorimeter/instrument/ensemble"
	"calorimeter/instrument/solver"

	"github.com/alecthomas/kong"
)

const ensembleDescription = `Train an ensemble of neural networks and measure the work and heat of their samples,
entropy production, the entropy of their weights, and how much of the training data the weights hold (M-info) and a
sample expresses (L-info).

Without flags: 24 MADE networks (8 training sets of 500 MNIST digits, 3 replicas each), 1,200 steps.

Models: made (masked autoencoder, exact likelihood), rbm (restricted Boltzmann machine), ebm (deep energy-based model),
mlp and conv (classifiers p(y|u)), gaussian (exactly solvable); and, with flags of their own, simclr, swav and dino
(encoders by self-supervision; see train --model swav --help).

Other verbs, each with --help: "train validate" holds every estimator against exact systems; "train experiment" puts the
claims of the papers to the test; "train resume DIR" goes on with what was interrupted; "train sweep" runs the job for
every value of a flag; "train report DIR..." rebuilds reports.

Flags, and their defaults after =, are those of --model ${model}; "train --model NAME --help" shows another's.`

// recipe is an order of an ensemble: the flags of a model, and how it is made of them.
type recipe interface {
	order
	ensemble() *modelFlags
	config() ensemble.Config
	// open reads the data, raw.
	open(ctx context.Context, told progress) (*datasets.Split, error)
	// prepare rejects data that the model cannot learn from, and adds what it needs, such as labels. It returns examples
	// of the population of the training examples: the held-out ones, unless the training examples alone were changed.
	prepare(s *datasets.Split) (ghosts *datasets.Dataset, err error)
	// network returns the ensemble's factory for these examples. Its error is about the model's settings, whatever the
	// examples; those without a dimension are not known yet.
	network(ex *examples) (ensemble.Factory, error)
	// demand is what the run keeps in memory.
	demand(ex *examples) demand
}

// modelFlags are those of every model of an ensemble.
type modelFlags struct {
	runFlags
	Subset   int `group:"Data" least:"1" help:"Examples N in one training set."`
	TestSize int `group:"Data" default:"1000" least:"1" help:"Held-out examples at most."`

	Batch       int     `group:"Training" help:"Rows of a mini-batch; 0 is the whole training set."`
	Temperature float64 `group:"Training" help:"T of Langevin noise sqrt(2rT), for sgd; M-info has an upper bound then."`

	Datasets     int    `group:"Ensemble" least:"1" help:"Training sets D; the independent unit of every error bar."`
	Sets         string `group:"Ensemble" default:"disjoint" enum:"disjoint, halves" help:"${enum} of a pool of 2N."`
	Replicas     int    `group:"Ensemble" help:"Replicas R trained on each set."`
	Init         string `group:"Ensemble" default:"shared" enum:"shared, independent" help:"Initial weights: ${enum}."`
	Permutations int    `group:"Ensemble" least:"0" most:"1e5" help:"Permuted labels, the null of L- and M-info; 0: none."`

	Projected bool `group:"Ensemble" name:"m-info-gauss" help:"Measure M-info in a projection of the weights too."`

	Chains int `group:"Observer chains" help:"Observer chains K of a replica: its generated samples."`
	Follow int `group:"Observer chains" help:"Training steps between two updates; 0: updates at observations only."`
	commonFlags
}

func (f *modelFlags) ensemble() *modelFlags { return f }

func (f *modelFlags) description() string { return ensembleDescription }

// ensembleOf has the defaults that most models share.
func ensembleOf(model string) modelFlags {
	return modelFlags{
		runFlags: runFlags{Model: model, auto: "pool14,binarise", optimizerFlags: optimizerFlags{Optimizer: "sgd"}},
		Subset:   500, Datasets: 8, Replicas: 3, Permutations: 19, Batch: 50,
	}
}

// maxValues is how many numbers of a kind a run may hold: beyond, it would not fit in memory.
const maxValues = 1 << 30

// check implements order. The batch that is the default takes the whole of a smaller training set.
func (f *modelFlags) check(line *kong.Context) error {
	if err := f.checkOptimizer(line, solver.SGD); err != nil {
		return err
	}
	if f.Batch == 0 || f.Batch > f.Subset && !given(line, &f.Batch) {
		f.Batch = f.Subset
	}
	if f.Batch > f.Subset {
		return fmt.Errorf("--batch %d is larger than the training set: --subset %d", f.Batch, f.Subset)
	}
	if n := math.Pow(float64(f.Datasets)*float64(f.Replicas), 2) * float64(f.Chains); n > maxValues {
		return fmt.Errorf("%d x %d replicas judging each other's %d chains make %.3g numbers an observation, "+
			"more than fit in memory: use fewer", f.Datasets, f.Replicas, f.Chains, n)
	}
	return f.commonFlags.check(line)
}

func (f *modelFlags) config() ensemble.Config {
	return ensemble.Config{
		Seed: f.Seed, Replicas: f.Replicas, Chains: f.Chains, Batch: f.Batch,
		Rate: f.LR, Temperature: f.Temperature, Independent: f.Init == "independent",
		Observe: instrument.LogSteps(1, f.Steps, f.Observations), Workers: f.Workers, Projected: f.Projected,
		Solver: f.descent(), Follow: f.Follow, Train: f.share.train, Compare: f.share.compare,
	}
}

// open implements recipe: normal data is standard, in one dimension.
func (f *modelFlags) open(ctx context.Context, told progress) (*datasets.Split, error) {
	if f.Data == "normal" {
		return f.normal(1, 1)
	}
	return f.runFlags.open(ctx, told)
}

// normal draws normal data.
func (f *modelFlags) normal(dim int, sigma float64) (*datasets.Split, error) {
	if n := float64(f.Datasets) * float64(f.Subset) * float64(dim); n > maxValues {
		return nil, usagef("%d training sets of %d examples hold %.3g numbers, more than fit in memory",
			f.Datasets, f.Subset, n)
	}
	return datasets.Normal(dim, sigma, f.Datasets*f.Subset, f.TestSize, f.Seed), nil
}

// layered is the demand of a network of layers of these widths, inputs first.
func (f *modelFlags) layered(widths ...int) demand {
	return demand{
		widths: widths, rows: f.Batch, workers: f.Workers, replicas: float64(f.Datasets) * float64(f.Replicas),
		kept: float64(widths[0]) * float64(f.Chains),
	}
}

// prepare implements recipe, for a model that learns whatever it is given.
func (f *modelFlags) prepare(s *datasets.Split) (ghosts *datasets.Dataset, err error) {
	return s.Test, nil
}

// chainFlags are those of a model whose kernel is not exact and that trains with chains of its own.
type chainFlags struct {
	modelFlags
	Sweeps    int `group:"Model" least:"1" most:"1e6" help:"Kernel moves of the training chains before each gradient."`
	Particles int `group:"Model" least:"1" help:"Chains that train."`

	BurnIn      int  `group:"Observer chains" least:"1" most:"1e6" help:"Kernel moves before step 0."`
	Moves       int  `group:"Observer chains" least:"1" most:"1e6" help:"Kernel moves at an observation."`
	FollowMoves int  `group:"Observer chains" least:"1" most:"1e6" help:"Kernel moves at an update in between."`
	Lag         bool `group:"Observer chains" help:"Never resample the chains; measure their lag."`
	AISChains   int  `group:"Observer chains" name:"ais-chains" help:"Chains of annealing, for ln Z; 0 for none."`
	AISSteps    int  `group:"Observer chains" name:"ais-steps" most:"1e6" help:"Intermediate distributions of it."`
}

func (f *chainFlags) layered(widths ...int) demand {
	d := f.modelFlags.layered(widths...)
	d.rows = max(d.rows, f.AISChains)
	d.kept += float64(widths[0]) * float64(f.Particles)
	return d
}

func (f *chainFlags) config() ensemble.Config {
	c := f.modelFlags.config()
	c.BurnIn, c.Moves = f.BurnIn, f.Moves
	c.FollowMoves, c.Lag = f.FollowMoves, f.Lag
	c.Annealing = ensemble.Annealing{Chains: f.AISChains, Distributions: f.AISSteps}
	return c
}
