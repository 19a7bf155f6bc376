package ensemble

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"calorimeter/datasets"
	"calorimeter/instrument"
	"calorimeter/instrument/record"
)

// Lab makes many trainings of a program of one's own, with its own loop and solver, on training sets drawn from one
// pool, and compares them: what the main job of calorimeter does for its models.
//
//	lab, err := ensemble.NewLab(dir, ensemble.LabSettings{Datasets: 8, Replicas: 3, Subset: 500, Dim: 784, Seed: 1},
//		pool, heldOut)
//	for lab.Next() {
//		t := lab.Training()
//		net := build()                                        // the program's network
//		meter := t.Meter(net.cost, ensemble.Network{
//			Params: net.params, Energies: net.energies, Move: net.sample, Exact: true,
//		})
//		solver := meter.Wrap(gorgonia.NewAdamSolver())
//		fit(net, solver, t.Examples, t.Seed)                  // the program's loop, unchanged
//		if err := t.Done(); err != nil { ... }
//	}
//	run, err := lab.Finish()                                // curves, books, audit, figures, report.html in dir
//	for _, f := range run.Run.Findings {
//		fmt.Println(f)                                        // does it memorize? how much does a sample express?
//	}
//
// Networks that all begin with the same weights show best what comes of their training sets: where each begins anew,
// its samples tell it from all others before it has learned anything, and what they tell of the data drowns in that.
// What t.Seed is for is the order of batches and the noise of training.
//
// What each network shows at an observation (weights, samples, losses, work and heat) is written down as it comes, so
// that a program that was killed and is started again goes on at the first training that is not done. Finish compares
// the networks: each judges the samples of all others, with the last one built for a place to put their weights in.
//
// Where one machine takes too long, several share the trainings: the program is started with another
// [LabSettings].Shard on each, in any order, as often as it takes, and at last without Shards, which compares them:
//
//	task, err := strconv.Atoi(os.Getenv("SLURM_ARRAY_TASK_ID"))
//	if err == nil {
//		settings.Shard, settings.Shards = task, 16
//	}
//	...
//	run, err := lab.Finish()
//	if errors.Is(err, ensemble.ErrShard) {
//		return // the others are made elsewhere
//	}
//
// Shards need no lock of the file system, and two with the same number write the same files.
//
// A Lab is not safe for concurrent use.
type Lab struct {
	dir       string
	settings  LabSettings
	ensemble  *Ensemble
	draw      *datasets.Draw
	audit     Audit
	unlock    func() error
	next      int       // the first training that may not be done
	current   *Training // handed out and not Done
	rehearsal bool      // the current training is made for its network alone
	judge     *observer // the newest network; nil before there is one
	steps     []int     // at which the trainings that are done were observed
	began     time.Time
	made      int      // trainings of this sitting
	run       *Journal // what Finish returned
	note      string   // what a reader should know of the cost
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
		Examples: s.Examples, Ghosts: s.Ghosts, LabelEntropy: s.LabelEntropy, Projected: s.Projected,
	}}
	for _, rows := range draw.Indices {
		var set []float32
		for _, i := range rows {
			set = append(set, pool[i*s.Dim:(i+1)*s.Dim]...)
		}
		l.ensemble.sets = append(l.ensemble.sets, set)
	}
	l.audit = Audit{Dim: s.Dim, Sets: l.ensemble.sets, HeldOut: heldOut, Indices: draw.Indices, Labels: s.Labels,
		Truth: s.Truth, Picture: s.Picture}
	if !draw.Disjoint {
		l.audit.Pool, l.audit.Rows, l.audit.Held = Shared(pool, s.Dim, draw)
		l.ensemble.config.Pool, l.ensemble.config.Held = l.audit.Pool, l.audit.Held
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("ensemble: %w", err)
	}
	l.unlock = func() error { return nil }
	if s.Shards == 0 {
		l.unlock, err = record.Lock(dir)
		if err != nil {
			return nil, err
		}
	}
	if err := claim(dir, s.identity(pool, heldOut)); err != nil {
		return nil, errors.Join(err, l.unlock())
	}
	return l, nil
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
	for ; l.next < total; l.next++ {
		if !l.own(l.next) {
			continue
		}
		steps, err := l.done(l.next)
		if err != nil {
			l.err = err
			return false
		}
		if steps == nil {
			return l.hand(l.next)
		}
		l.steps = steps
	}
	if l.settings.Shards > 0 || l.judge != nil || l.finished() {
		return false
	}
	l.rehearsal = true
	fmt.Fprintf(l.settings.Log, "all %d trainings are done; the last is made once more, for its network\n", total)
	return l.hand(total - 1)
}

// own reports whether a training is for this program to make.
func (l *Lab) own(s int) bool { return s%max(1, l.settings.Shards) == l.settings.Shard }

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

// compareCost notes where the cost that is trained and the energies are far apart: the program may mean it so.
func (l *Lab) compareCost(cost, energy float64) {
	const alike = 1.25
	if ratio := energy / cost; cost > 0 && energy > 0 && (ratio > alike || ratio < 1/alike) {
		l.note = fmt.Sprintf("before the first step the cost of a batch is %.4g and the mean loss of the training set by "+
			"its energies %.4g, %.3g times that: all informations and heat are those of the energies, which have to be -ln p "+
			"of a whole sample, in nats", cost, energy, ratio)
	}
}

// report says that a training is done, and how long the others may take.
func (l *Lab) report(t *Training) {
	l.made++
	total := l.settings.Datasets * l.settings.Replicas
	others := (total - t.number - 1) / max(1, l.settings.Shards)
	left := time.Since(l.began) / time.Duration(l.made) * time.Duration(others)
	fmt.Fprintf(l.settings.Log, "training %d of %d done (set %d, replica %d): %d steps; about %v left\n", t.number+1,
		total, t.Set, t.Replica, t.replica.Step, left.Round(time.Second))
}
