package ensemble

import (
	"cmp"
	"fmt"
	"math"
	"runtime"

	"calorimeter/instrument/solver"
	"calorimeter/instrument/thermo"
	"calorimeter/model"
)

// Factory builds one model with its graphs. Every call must give the same architecture; Run calls it once a worker,
// one call at a time, because Gorgonia's graphs must not be built in parallel.
type Factory func() (model.PPM, error)

// Config describes an ensemble of D x R replicas. Zero fields take the default named with them.
type Config struct {
	Seed        uint64
	Replicas    int     // R, replicas on each training set; at least 1
	Chains      int     // K, observer chains of a replica; at least 1
	Batch       int     // rows of a mini-batch, as the factory's models were built for
	Rate        float64 // r, learning rate
	Temperature float64 // T, of Langevin noise sqrt(2 r T) xi added to each step; 0 adds none
	Independent bool    // draw theta_0 for each replica; default: one theta_0 shared by all
	Observe     []int   // steps at which to observe, ascending; the last one ends the run
	BurnIn      int     // kernel moves before the first observation; default 1 for an exact kernel, else 1000
	Moves       int     // kernel moves at every later observation; default 1 for an exact kernel, else 100
	Follow      int     // SGD steps between two updates of the observer chains; default 0, at observations only
	FollowMoves int     // kernel moves at an update between observations; default 1
	// Lag leaves the observer chains as far behind the weights as their kernel does: they are never resampled, and what
	// they tell of the weights before they move is measured too, at the cost of judging samples twice.
	Lag       bool
	Annealing Annealing
	Examples  int // of each training set, judged by all replicas at an observation; all at the last one; default 32
	// Pool are the examples that training sets which share some were drawn from, each a random part of the same size, rows
	// like theirs, and Held[d] the rows of it that set d holds, in the order of the set; nil where sets are disjoint. As
	// many of them are judged as of all sets together otherwise.
	Pool []float32
	Held [][]int
	// Ghosts are examples of the population of the training sets that no replica is trained on, rows like theirs;
	// default: the held-out examples. They differ where the labels of the training sets were permuted.
	Ghosts []float32
	// LabelEntropy is H(Y) of the training labels of a classifier, nats, where they were drawn without regard to the
	// inputs: what the weights tell of them is then memorized, and a label code bounds it. 0: labels that mean something.
	LabelEntropy float64
	// Projected measures M-info in a projection of the weights too, where they are too many for it to hold what they do.
	Projected bool
	Workers   int // default: one a processor (GOMAXPROCS)
	// Train are the replicas d R + r that are trained here, ascending, where others are trained elsewhere; nil: all.
	Train []int
	// Compare are the training sets that observations compare, ascending, where not all were trained; nil: all.
	Compare []int
	// Solver is how weights follow the gradient: the zero value is plain SGD. Its Rate and Temperature are those above.
	Solver solver.Settings
}

// Annealing is the size of an annealed importance sampling run, which estimates ln Z at every observation of a model
// that does not know it. Zero chains leave it out; ln Z then comes from the work of the observer chains.
type Annealing struct {
	Chains, Distributions int
}

func (c *Config) setDefaults(kernel model.Kernel) {
	burnIn, moves := thermo.DefaultMoves(kernel.Exact)
	c.BurnIn, c.Moves = cmp.Or(c.BurnIn, burnIn), cmp.Or(c.Moves, moves)
	c.FollowMoves, c.Examples = cmp.Or(c.FollowMoves, 1), cmp.Or(c.Examples, 32)
	c.Workers = cmp.Or(c.Workers, runtime.GOMAXPROCS(0))
}

// Validate returns an error for what [New] refuses whatever the model and the data are.
func (c Config) Validate() error {
	switch {
	case c.Replicas < 1:
		return fmt.Errorf("ensemble: %d replicas a training set; there must be 1 or more", c.Replicas)
	case c.Chains < 1:
		return fmt.Errorf("ensemble: %d observer chains a replica; there must be 1 or more", c.Chains)
	case c.Batch < 1:
		return fmt.Errorf("ensemble: a batch of %d rows; there must be 1 or more", c.Batch)
	case !(c.Rate > 0) || math.IsInf(c.Rate, 0):
		return fmt.Errorf("ensemble: learning rate %v; it must be positive and finite", c.Rate)
	case !(c.Temperature >= 0) || math.IsInf(c.Temperature, 0):
		return fmt.Errorf("ensemble: temperature %v; it must be 0 or more and finite", c.Temperature)
	case c.BurnIn < 0 || c.Moves < 0 || c.FollowMoves < 0:
		return fmt.Errorf("ensemble: %d moves of the kernel at a time; there must be 0 or more",
			min(c.BurnIn, c.Moves, c.FollowMoves))
	case c.Follow < 0:
		return fmt.Errorf("ensemble: observer chains updated every %d steps; it must be 0 or more", c.Follow)
	case c.Annealing.Chains < 0 || c.Annealing.Chains == 1:
		return fmt.Errorf("ensemble: %d chains of annealing; there must be 2 or more to know the error, or none",
			c.Annealing.Chains)
	case c.Annealing.Distributions < min(c.Annealing.Chains, 1):
		return fmt.Errorf("ensemble: annealing along %d distributions; there must be 1 or more", c.Annealing.Distributions)
	case c.Examples < 0:
		return fmt.Errorf("ensemble: %d examples of each training set judged by all replicas; there must be 1 or more",
			c.Examples)
	case !(c.LabelEntropy >= 0) || math.IsInf(c.LabelEntropy, 0):
		return fmt.Errorf("ensemble: labels with an entropy of %v nats; it must be 0 or more and finite", c.LabelEntropy)
	case c.Workers < 0:
		return fmt.Errorf("ensemble: %d workers; there must be 1 or more", c.Workers)
	}
	if err := ascending(c.Observe); err != nil {
		return err
	}
	return c.descent().Validate()
}

// descent is how weights follow the gradient.
func (c *Config) descent() solver.Settings {
	s := c.Solver
	s.Rate, s.Temperature = c.Rate, c.Temperature
	return s
}
