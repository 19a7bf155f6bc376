package ensemble

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"time"

	"calorimeter/datasets"
	"calorimeter/instrument"
	"calorimeter/instrument/record"
	"calorimeter/instrument/report"
)

// LabSettings describe the trainings of a [Lab]. Zero fields take the default named with them.
type LabSettings struct {
	Datasets int    // D, training sets drawn from the pool; 3 or more for M-info, 8 or more for fair intervals
	Replicas int    // R, trainings on each set, which differ in their Seed; 2 or more tell training noise from the data
	Subset   int    // N, examples of a training set
	Halves   bool   // each set is a random half of one pool of 2N; default: sets are disjoint where the pool has room
	Dim      int    // numbers of one example
	Seed     uint64 // of the sets, of Training.Seed and of the observer chains

	Observe instrument.Schedule // steps at which to look; default LogSpaced(8). The end of a training is always looked at.
	Steps   int                 // steps of a training, if known beforehand: what is said of disk and time is then better

	Chains      int // K, observer chains of a training; default 32
	BurnIn      int // kernel moves before the first observation; default 1 where exact, else 1000
	Moves       int // kernel moves at every later observation; default 1 where exact, else 100
	Follow      int // steps between two updates of the observer chains; default 0, at observations only
	FollowMoves int // kernel moves at an update between observations; default 1

	Examples     int     // of each training set that every network judges at an observation; all at the last; default 32
	LabelEntropy float64 // H(Y), nats, of labels that were drawn without regard to the inputs; default 0: labels mean something
	Projected    bool    // measure M-info in a projection of the weights too
	Permutations int     // of the nulls; default 19, negative for none

	Program, Model, Data string    // for the record; default: the name of the executable, "network" and "pool"
	Log                  io.Writer // a line for each training, and what they will take on disk; nil for none
}

func (s *LabSettings) setDefaults() {
	for _, d := range []struct {
		field *int
		value int
	}{{&s.Chains, 32}, {&s.Examples, 32}, {&s.Permutations, 19}} {
		if *d.field == 0 {
			*d.field = d.value
		}
	}
	for _, d := range []struct {
		field *string
		value string
	}{{&s.Program, filepath.Base(os.Args[0])}, {&s.Model, "network"}, {&s.Data, "pool"}} {
		if *d.field == "" {
			*d.field = d.value
		}
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
		return fmt.Errorf("ensemble: %d training sets of %d examples of %d numbers, %d trainings on each: give at least 1 of "+
			"each", s.Datasets, s.Subset, s.Dim, s.Replicas)
	case min(s.Chains, s.BurnIn, s.Moves, s.Follow, s.FollowMoves, s.Examples, s.Steps) < 0:
		return fmt.Errorf("ensemble: a negative number of chains, moves, examples or steps")
	case !(s.LabelEntropy >= 0) || math.IsInf(s.LabelEntropy, 0):
		return fmt.Errorf("ensemble: labels with an entropy of %v nats; it must be 0 or more and finite", s.LabelEntropy)
	case len(pool) == 0 || len(pool)%s.Dim != 0:
		return fmt.Errorf("ensemble: the pool holds %d numbers; it must be 1 or more rows of %d", len(pool), s.Dim)
	case len(heldOut) == 0 || len(heldOut)%s.Dim != 0:
		return fmt.Errorf("ensemble: %d numbers are held out; they must be 1 or more rows of %d, which no network is trained "+
			"on", len(heldOut), s.Dim)
	}
	return nil
}

// Lab makes many trainings of a program of one's own, with its own loop and solver, on training sets drawn from one
// pool, and compares them: what the main job of calorimeter does for its models.
//
//	lab, err := ensemble.NewLab(dir, ensemble.LabSettings{Datasets: 8, Replicas: 3, Subset: 500, Dim: 784, Seed: 1},
//		pool, heldOut)
//	for lab.Next() {
//		t := lab.Training()
//		net := build(t.Seed)                                  // the program's network
//		meter := t.Meter(net.cost, ensemble.Network{Params: net.params, Energies: net.energies, Move: net.sample, Exact: true})
//		solver := meter.Wrap(gorgonia.NewAdamSolver())
//		fit(net, solver, t.Examples)                          // the program's loop, unchanged
//		if err := t.Done(); err != nil { ... }
//	}
//	run, err := lab.Finish()                                // curves, books, audit, figures, report.html in dir
//
// What each network shows at an observation (weights, samples, losses, work and heat) is written down as it comes, so
// that a program that was killed and is started again goes on at the first training that is not done. Finish compares
// the networks: each judges the samples of all others, with the last one built for a place to put their weights in.
//
// A Lab is not safe for concurrent use.
type Lab struct {
	dir       string
	settings  LabSettings
	ensemble  *Ensemble
	draw      *datasets.Draw
	unlock    func() error
	next      int       // the first training that may not be done
	current   *Training // handed out and not Done
	rehearsal bool      // the current training is made for its network alone
	judge     *observer // the newest network; nil before there is one
	steps     []int     // at which the trainings that are done were observed
	began     time.Time
	made      int // trainings of this sitting
	err       error
}

// NewLab opens the folder dir, which it makes where there is none, for trainings on sets drawn from the pool; heldOut
// are examples that no network is trained on. Both are rows of Dim numbers, and are not copied. It returns an error for
// bad settings, for a folder that holds something else, trainings of other settings or of other data, and where another
// program works in it.
func NewLab(dir string, s LabSettings, pool, heldOut []float32) (*Lab, error) {
	s.setDefaults()
	if err := s.check(pool, heldOut); err != nil {
		return nil, err
	}
	drawn := datasets.TrainingSets
	if s.Halves {
		drawn = datasets.TrainingHalves
	}
	draw, err := drawn(len(pool)/s.Dim, s.Datasets, s.Subset, s.Seed)
	if err != nil {
		return nil, err
	}
	l := &Lab{dir: dir, settings: s, draw: draw, began: time.Now()}
	l.ensemble = &Ensemble{dim: s.Dim, test: heldOut, last: -1, config: Config{
		Seed: s.Seed, Replicas: s.Replicas, BurnIn: s.BurnIn, Moves: s.Moves, Follow: s.Follow, FollowMoves: s.FollowMoves,
		Examples: s.Examples, LabelEntropy: s.LabelEntropy, Projected: s.Projected,
	}}
	for _, rows := range draw.Indices {
		var set []float32
		for _, i := range rows {
			set = append(set, pool[i*s.Dim:(i+1)*s.Dim]...)
		}
		l.ensemble.sets = append(l.ensemble.sets, set)
	}
	if !draw.Disjoint {
		l.ensemble.config.Pool, l.ensemble.config.Held = sharedPool(pool, draw, s.Dim)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("ensemble: %w", err)
	}
	l.unlock, err = lock(dir)
	if err != nil {
		return nil, err
	}
	if err := claim(dir, s.identity(pool, heldOut)); err != nil {
		return nil, errors.Join(err, l.unlock())
	}
	return l, nil
}

// sharedPool gathers the examples that training sets share, and the rows of it that each holds.
func sharedPool(pool []float32, draw *datasets.Draw, dim int) (x []float32, held [][]int) {
	if draw.Pool == nil {
		return pool, draw.Indices
	}
	place := map[int]int{}
	for i, row := range draw.Pool {
		x = append(x, pool[row*dim:(row+1)*dim]...)
		place[row] = i
	}
	for _, indices := range draw.Indices {
		var rows []int
		for _, row := range indices {
			rows = append(rows, place[row])
		}
		held = append(held, rows)
	}
	return x, held
}

// Next moves on to the next training that is not done, and reports whether there is one. Where all are done in a
// program that has built no network yet, and the run is not finished, the last is made once more, for its network.
func (l *Lab) Next() bool {
	if l.err != nil {
		return false
	}
	if l.current != nil {
		l.err = fmt.Errorf("ensemble: %s was not Done", l.current.name())
		return false
	}
	total := l.settings.Datasets * l.settings.Replicas
	for l.next < total {
		steps, err := l.done(l.next)
		if err != nil {
			l.err = err
			return false
		}
		if steps == nil {
			return l.hand(l.next)
		}
		l.steps = steps
		l.next++
	}
	if l.judge != nil || l.finished() {
		return false
	}
	l.rehearsal = true
	fmt.Fprintf(l.settings.Log, "all %d trainings are done; the last is made once more, for its network\n", total)
	return l.hand(total - 1)
}

func (l *Lab) hand(s int) bool {
	d, r := s/l.settings.Replicas, s%l.settings.Replicas
	l.current = &Training{
		Set: d, Replica: r, Examples: slices.Clone(l.ensemble.sets[d]), lab: l, number: s,
		Seed: instrument.Stream(l.settings.Seed, d, r, "training").Uint64(),
	}
	return true
}

// Training returns the training that Next has moved to.
func (l *Lab) Training() *Training { return l.current }

// Err returns what stopped Next before all trainings were done, nil if nothing did; Finish returns it too.
func (l *Lab) Err() error { return l.err }

// release takes back the training that has ended, well or not.
func (l *Lab) release(err error) {
	l.current, l.rehearsal = nil, false
	if l.err == nil {
		l.err = err
	}
}

// meet takes in a network; all of a Lab must have the same parameters.
func (l *Lab) meet(n *Network) error {
	e := l.ensemble
	before := e.params
	e.config.Chains = l.settings.Chains
	if n.Move == nil {
		e.config.Chains = 0
	}
	e.meet(n.kernel(), n.roles(), n.Params, n.free)
	if before == nil {
		l.announce()
		return nil
	}
	same := slices.EqualFunc(before, e.params, func(a, b Param) bool {
		return a.Name == b.Name && slices.Equal(a.Shape, b.Shape) && a.Float64 == b.Float64
	})
	if !same {
		return fmt.Errorf("the network has the parameters %v, that of the training before had %v", e.params, before)
	}
	return nil
}

// announce says what the snapshots will take on disk.
func (l *Lab) announce() {
	s, e := &l.settings, l.ensemble
	all, _ := e.Weights()
	losses := len(e.some.x)/e.dim + 2*len(e.test)/e.dim
	each := 8*all + 4*e.config.Chains*e.dim + 8*(losses+14*e.config.Chains)
	trainings := s.Datasets * s.Replicas
	what := fmt.Sprintf("%d trainings; a snapshot takes up to %s", trainings, bytesWords(each))
	if s.Steps > 0 {
		n := 1
		for step := range s.Steps {
			if s.Observe(step) {
				n++
			}
		}
		what += fmt.Sprintf(", all %d of them up to %s", n*trainings, bytesWords(n*trainings*each))
	}
	fmt.Fprintf(s.Log, "%s in %s\n", what, filepath.Join(l.dir, snapshotFolder))
}

func bytesWords(n int) string {
	if n < 1e6 {
		return fmt.Sprintf("%.1f kB", float64(n)/1e3)
	}
	return fmt.Sprintf("%.1f MB", float64(n)/1e6)
}

// report says that a training is done, and how long the others may take.
func (l *Lab) report(t *Training) {
	l.made++
	total := l.settings.Datasets * l.settings.Replicas
	left := time.Since(l.began) / time.Duration(l.made) * time.Duration(total-t.number-1)
	fmt.Fprintf(l.settings.Log, "training %d of %d done (set %d, replica %d): %d steps; about %v left\n", t.number+1, total,
		t.Set, t.Replica, t.replica.Step, left.Round(time.Second))
}

// finished reports whether the folder holds the record of all trainings.
func (l *Lab) finished() bool {
	run, _, err := record.Load(l.dir)
	return err == nil && run.Status == record.Done
}

// Finish compares the trainings that are done and writes run.json, curves.csv, readings.jsonl, memorization.csv,
// figures and report.html into the folder of the Lab, which it closes. Where not all are done it takes the training
// sets all of whose replicas are, and the record and the error say what is missing.
func (l *Lab) Finish() (run *Journal, err error) {
	defer func() { err = errors.Join(err, l.unlock()) }()
	if l.err == nil && l.current != nil {
		l.err = fmt.Errorf("ensemble: %s was not Done", l.current.name())
	}
	total := l.settings.Datasets * l.settings.Replicas
	done := 0
	for done < total {
		steps, err := l.done(done)
		if err != nil {
			return nil, err
		}
		if steps == nil {
			break
		}
		done++
	}
	if done == total && l.judge == nil && l.finished() {
		run, history, err := record.Load(l.dir)
		return &Journal{Run: run, History: history}, err
	}
	sets := done / l.settings.Replicas
	if sets == 0 || l.judge == nil {
		return nil, errors.Join(l.err, fmt.Errorf("ensemble: %d of %d trainings in %s are done, which are %d whole training "+
			"sets: there is nothing to compare, or no network was built yet; go on with Next", done, total, l.dir, sets))
	}
	var missing error
	if done < total {
		missing = fmt.Errorf("ensemble: %d of %d trainings are done: what was compared are the first %d training sets", done,
			total, sets)
	}
	run, err = l.compare(sets, missing)
	return run, errors.Join(l.err, missing, err)
}

// compare observes the first training sets at every step and writes the record.
func (l *Lab) compare(sets int, missing error) (*Journal, error) {
	e := l.ensemble.part(sets)
	e.last = l.steps[len(l.steps)-1]
	j := NewJournal(e, l.begin(e, missing))
	judge := *l.judge
	judge.ensemble, judge.config = e, &e.config
	readers, err := l.newReaders(sets * l.settings.Replicas)
	if err != nil {
		return nil, err
	}
	defer readers.close()
	for _, step := range l.steps {
		snapshots, err := readers.next()
		if err != nil {
			return nil, err
		}
		for _, s := range snapshots {
			s.Examples = s.Examples[:len(e.questionsAt(step).x)/e.dim]
		}
		o, err := e.compare(context.Background(), []*observer{&judge}, step, snapshots)
		if err != nil {
			return nil, fmt.Errorf("ensemble: step %d: %w", step, err)
		}
		j.Enter(o)
	}
	j.Conclude(max(0, l.settings.Permutations), l.settings.Seed)
	return j, l.write(j)
}

// part is the ensemble of the first training sets alone.
func (e *Ensemble) part(sets int) *Ensemble {
	p := *e
	p.sets = e.sets[:sets]
	if e.config.Held != nil {
		p.config.Held = e.config.Held[:sets]
	}
	p.some, p.all = p.ask(p.config.Examples), p.ask(math.MaxInt/sets)
	return &p
}

// begin fills in the record of the run.
func (l *Lab) begin(e *Ensemble, missing error) *record.Run {
	s := &l.settings
	run := &record.Run{
		Program: s.Program, Command: os.Args, Model: s.Model, Data: s.Data, Seed: s.Seed,
		Datasets: len(e.sets), Replicas: s.Replicas, Chains: e.config.Chains, Subset: s.Subset, Steps: e.last,
		Units: record.Units{Name: "training set", Count: len(e.sets)}, Status: record.Done,
		Setup: fmt.Sprintf("%s of %d examples, %s each, %d steps, trained by %s",
			record.Plural(len(e.sets), "training set"), s.Subset, record.Plural(s.Replicas, "replica"), e.last, s.Program),
		Started: l.began.UTC().Truncate(time.Second), Finished: time.Now().UTC().Truncate(time.Second),
		Seconds: time.Since(l.began).Round(10 * time.Millisecond).Seconds(),
	}
	run.Weights, run.FreeWeights = e.Weights()
	if missing != nil {
		run.Status = record.Interrupted
		run.Warnings = []record.Warning{{Text: missing.Error()}}
	}
	if e.roles.Silent {
		run.Notes = []string{"the network draws no samples (Network.Move): work, heat, entropy production, S(X|Θ), L-info " +
			"and whether samples copy are left out"}
	}
	if !l.draw.Disjoint && !s.Halves {
		run.Warnings = append(run.Warnings, record.Warning{Text: fmt.Sprintf("all error bars and informations: the training "+
			"sets overlap (%.0f %% of a set), so that they are independent draws of the pool, not of what it was drawn from",
			100*l.draw.Overlap)})
	}
	return run
}

// write writes all files; the record says that the run is done once all are there.
func (l *Lab) write(j *Journal) error {
	status := j.Run.Status
	j.Run.Status = record.Interrupted
	if err := j.Save(l.dir); err != nil {
		return err
	}
	j.Run.Status = status
	if _, err := report.Figures(l.dir, j.Run, j.History); err != nil {
		return err
	}
	if err := report.WriteHTML(l.dir, j.Run, j.History); err != nil {
		return err
	}
	return j.Run.Save(l.dir)
}
