package ensemble

import (
	"cmp"
	"fmt"
	"io"
	"math"

	"calorimeter/instrument"
	"calorimeter/instrument/record"
)

// LabSettings describe the trainings of a [Lab]. Zero fields take the default named with them.
type LabSettings struct {
	Datasets int    // D, training sets drawn from the pool; 3 or more for M-info, 8 or more for fair intervals
	Replicas int    // R, trainings on each set, which differ in their Seed; 2 or more tell training noise from the data
	Subset   int    // N, examples of a training set
	Halves   bool   // each set is a random half of one pool of 2N; default: sets are disjoint where the pool has room
	Dim      int    // numbers of one example
	Seed     uint64 // of the sets, of Training.Seed and of the observer chains

	Observe instrument.Schedule // steps at which to look, and always at the end; default LogSpaced(8)
	Steps   int                 // steps of a training, if known beforehand: what is said of disk is then better

	Chains      int // K, observer chains of a training; default 32
	BurnIn      int // kernel moves before the first observation; default 1 where exact, else 1000
	Moves       int // kernel moves at every later observation; default 1 where exact, else 100
	Follow      int // steps between two updates of the observer chains; default 0, at observations only
	FollowMoves int // kernel moves at an update between observations; default 1

	Examples     int       // of each training set that every network judges at an observation; all at the last; default 32
	Ghosts       []float32 // examples of the pool's population, as with permuted labels; default: those held out
	LabelEntropy float64   // H(Y), nats, of labels that were drawn without regard to the inputs; default 0: of others
	Projected    bool      // measure M-info in a projection of the weights too
	Permutations int       // of the nulls; default 19, negative for none

	Picture [2]int  // height and width of the picture that an example begins with; default: none
	Labels  []uint8 // of the pool as they are learned, for the audit; default: none
	Truth   []uint8 // the same before they were permuted; default: Labels

	// Shards is how many programs make the trainings, on one machine or on many that see the folder: each is started with
	// a Shard of its own, from 0 on, such as the number of a task of a cluster, and makes every Shards-th training. When
	// they are done the program without Shards compares. Default: this one makes them all.
	Shard, Shards int

	// Own are the program's own settings, such as its rate and optimizer, for the record: trainings of other settings are
	// not compared with these.
	Own         record.Settings
	Model, Data string    // for the record; default: "network" and "pool"
	Log         io.Writer // a line for each training, and what they will take on disk; nil for none
}

func (s *LabSettings) setDefaults() {
	s.Chains, s.Examples = cmp.Or(s.Chains, 32), cmp.Or(s.Examples, 32)
	s.Permutations = cmp.Or(s.Permutations, 19)
	s.Model, s.Data = cmp.Or(s.Model, "network"), cmp.Or(s.Data, "pool")
	if s.Truth == nil {
		s.Truth = s.Labels
	}
	if s.Observe == nil {
		s.Observe = instrument.LogSpaced(8)
	}
	if s.Log == nil {
		s.Log = io.Discard
	}
}

func (s *LabSettings) check(pool, heldOut []float32) error {
	switch {
	case s.Datasets < 1 || s.Replicas < 1 || s.Subset < 1 || s.Dim < 1:
		return fmt.Errorf("ensemble: %d training sets of %d examples of %d numbers, %d trainings on each: give at least 1 "+
			"of each", s.Datasets, s.Subset, s.Dim, s.Replicas)
	case min(s.Chains, s.BurnIn, s.Moves, s.Follow, s.FollowMoves, s.Examples, s.Steps) < 0:
		return fmt.Errorf("ensemble: a negative number of chains, moves, examples or steps")
	case !(s.LabelEntropy >= 0) || math.IsInf(s.LabelEntropy, 0):
		return fmt.Errorf("ensemble: labels with an entropy of %v nats; it must be 0 or more and finite", s.LabelEntropy)
	case s.Shards < 0 || s.Shard < 0 || s.Shard >= max(1, s.Shards):
		return fmt.Errorf("ensemble: shard %d of %d; it must be from 0 on and below how many there are", s.Shard, s.Shards)
	case len(s.Ghosts)%s.Dim != 0:
		return fmt.Errorf("ensemble: %d numbers are ghosts; they must be rows of %d", len(s.Ghosts), s.Dim)
	case len(pool) == 0 || len(pool)%s.Dim != 0:
		return fmt.Errorf("ensemble: the pool holds %d numbers; it must be 1 or more rows of %d", len(pool), s.Dim)
	case len(heldOut) == 0 || len(heldOut)%s.Dim != 0:
		return fmt.Errorf("ensemble: %d numbers are held out; they must be 1 or more rows of %d, which no network is "+
			"trained on", len(heldOut), s.Dim)
	}
	return nil
}
