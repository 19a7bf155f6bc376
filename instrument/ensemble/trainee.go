package ensemble

import (
	"context"

	"calorimeter/instrument/record"
)

// Trainee is what differs between kinds of training: an ensemble of probabilistic models ([Ensemble]), self-supervised
// encoders, or a program of one's own. An [Engine] trains its replicas in lockstep and observes them.
type Trainee interface {
	// Count is the number of all replicas, wherever they are trained.
	Count() int
	// Start returns the s-th replica before its first step. It is called before the second worker is built.
	Start(s int) (State, error)
	// NewWorker builds what serves one replica at a time. It is called one call at a time, because Gorgonia's graphs must
	// not be built in parallel.
	NewWorker() (Worker, error)
	// Observe makes one observation of the snapshots that all replicas gave at a step. It may share work among the
	// workers; what it returns must hold nothing of them, for they train on while it is summarized.
	Observe(ctx context.Context, workers []Worker, step int, snapshots []any) (Observed, error)
	// ObservationCost is what it takes to observe one replica, in training steps.
	ObservationCost() int
	// CheckState returns an error where a state that was read from a file cannot be gone on with as that of the s-th
	// replica, which has made from so many to so many steps: all in it that has a size is held against what is trained.
	CheckState(s int, state State, from, to int) error
	// CheckSummary does so for a summary of the n-th observation.
	CheckSummary(n int, s Summary) error
	// Declarations are the quantities that an observation measures, in their order.
	Declarations() []record.Info
	// Account says what a run as a whole shows, from the summaries of its observations in order and what the last is
	// read against.
	Account(summaries []Summary, nulls map[string]record.Null) Account
}

// State is the whole state of one replica in training, as a value: what it holds depends on the seed and the place of
// the replica alone, and gob-encoding it and going on from the copy gives the same numbers bit for bit.
type State interface {
	// Copy returns a copy that shares nothing with the state that either may change.
	Copy() State
}

// Worker owns one network with its graphs and machines, and serves one replica at a time.
type Worker interface {
	// Train brings a replica, in place, to the given step, and tells done of training steps as they are made. When ctx
	// ends it returns the error of ctx, within a step, and leaves the replica whole at the step that it has come to: Train
	// goes on from there to the same numbers, in this process or in another.
	Train(ctx context.Context, s State, step int, done func(steps int)) error
	// Measure returns the snapshot of a replica that stands at a step to be observed at: what an observation needs of it,
	// as a value that gob saves and restores, so that the observation can be made later and elsewhere. It may move what is
	// observed of the replica, such as chains and books. last is its state at the observation before.
	Measure(s, last State) (snapshot any, err error)
	Close() error
}

// Observed is an observation with all that it was made of, which may be large and is not kept.
type Observed interface {
	// Summarize estimates what there is to estimate, given the summaries of earlier observations.
	Summarize(earlier []Summary) Summary
	// Nulls reads the newest summary against chance, by so many permutations; nil where there is nothing to permute. Its
	// error is that of ctx.
	Nulls(ctx context.Context, permutations int, seed uint64) (map[string]record.Null, error)
}

// Summary is what is kept of an observation: a value that gob saves and restores.
type Summary interface {
	// Event returns its readings of the declared quantities.
	Event(declared []record.Info) record.Event
}

// Account is what a run as a whole shows, beside its readings.
type Account struct {
	Books     []record.Check
	Warnings  []record.Warning // beside those of the readings
	Notes     []string         // what else a reader should know
	Diagrams  []record.Diagram // figures that are not against the training step
	Findings  []record.Finding
	Sentences []string // what the record shows, in words
	Headline  string   // the newest observation in a line, for progress
	Remark    string   // what to say below the table; may be empty
}
