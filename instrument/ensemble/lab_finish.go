package ensemble

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"calorimeter/instrument/record"
	"calorimeter/instrument/report"
)

// finished reports whether the folder holds the record of all trainings.
func (l *Lab) finished() bool {
	run, _, err := record.Load(l.dir)
	return err == nil && run.Status == record.Done
}

// ErrShard is the error of [Lab.Finish] where this program makes but some of the trainings, and all of these are done:
// the program without [LabSettings].Shards compares.
var ErrShard = errors.New("ensemble: the trainings of this shard are done; start the program without Shards when " +
	"those of all are")

// Finish compares the trainings that are done and writes run.json, curves.csv, readings.jsonl, memorization.csv,
// figures and report.html into the folder of the Lab, which it closes. Where not all are done it takes the training
// sets all of whose replicas are, and the record and the error say what is missing.
func (l *Lab) Finish() (run *Journal, err error) {
	if l.run != nil { // once more
		return l.run, nil
	}
	defer func() { err = errors.Join(err, l.unlock()) }()
	if l.err == nil && l.current != nil {
		l.err = fmt.Errorf("ensemble: %s was not Done", l.current.name())
	}
	if l.settings.Shards > 0 {
		return nil, cmp.Or(l.err, ErrShard)
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
	err = errors.Join(l.err, missing, err)
	if err == nil {
		l.run = run
	}
	return run, err
}

// Close lets go of the folder without comparing anything, so that it can be opened anew; Finish does so too, and Close
// after it does nothing.
func (l *Lab) Close() error { return l.unlock() }

// compare observes the first training sets at every step and writes the record.
func (l *Lab) compare(sets int, missing error) (*Journal, error) {
	e, err := l.ensemble.of(places(sets))
	if err != nil {
		return nil, err
	}
	e.last = l.steps[len(l.steps)-1]
	j := NewJournal(e, l.begin(e, missing))
	judge := *l.judge
	judge.ensemble, judge.config = e, &e.config
	readers, err := l.newReaders(sets * l.settings.Replicas)
	if err != nil {
		return nil, err
	}
	defer readers.close()
	var last []*Snapshot
	for i, step := range l.steps {
		fmt.Fprintf(l.settings.Log, "comparing %d trainings at step %d (%d of %d)\n", sets*l.settings.Replicas, step, i+1,
			len(l.steps))
		snapshots, err := readers.next()
		if err != nil {
			return nil, err
		}
		last = snapshots
		o, err := e.compare(context.Background(), []*observer{&judge}, step, snapshots)
		if err != nil {
			return nil, fmt.Errorf("ensemble: step %d: %w", step, err)
		}
		j.Enter(o)
	}
	if r := l.settings.Replicas; r > 1 && slices.EqualFunc(last[0].Theta, last[1].Theta, slices.Equal) {
		j.Warn(record.Warning{Text: "the replicas of a training set have the same weights: nothing tells them apart, and " +
			"what training noise does cannot be seen; shuffle the batches of each by its Training.Seed"})
	}
	if err := j.Conclude(context.Background(), max(0, l.settings.Permutations), l.settings.Seed); err != nil {
		return nil, err
	}
	return j, l.write(j, last)
}

// begin fills in the record of the run.
func (l *Lab) begin(e *Ensemble, missing error) *record.Run {
	s := &l.settings
	run := &record.Run{
		Model: s.Model, Data: s.Data, Seed: s.Seed, Steps: e.last, Config: s.record(),
		Datasets: len(e.sets), Replicas: s.Replicas, Chains: e.config.Chains, Subset: s.Subset,
		Units: record.Units{Name: "training set", Count: len(e.sets)}, Status: record.Done,
		Setup: fmt.Sprintf("%s of %d examples, %s each, %d steps", record.Plural(len(e.sets), "training set"), s.Subset,
			record.Plural(s.Replicas, "replica"), e.last),
		Started: l.began.UTC().Truncate(time.Second),
	}
	run.FillIn()
	run.Weights, run.FreeWeights = e.Weights()
	if l.note != "" {
		run.Notes = append(run.Notes, l.note)
	}
	if missing != nil {
		run.Status = record.Interrupted
		run.Warnings = []record.Warning{{Text: missing.Error()}}
	}
	if e.roles.Silent {
		run.Notes = append(run.Notes, "the network draws no samples (Network.Move): work, heat, entropy production, "+
			"S(X|Θ), L-info and whether samples copy are left out")
	}
	if !l.draw.Disjoint && !s.Halves {
		run.Warnings = append(run.Warnings, record.Warning{Text: fmt.Sprintf("all error bars and informations: the training "+
			"sets overlap (%.0f %% of a set), so that they are independent draws of the pool, not of what it was drawn from",
			100*l.draw.Overlap)})
	}
	return run
}

// write writes all files; the record says that the run is done once all are there.
func (l *Lab) write(j *Journal, last []*Snapshot) error {
	status := j.Run.Status
	j.Run.Status = record.Interrupted
	if err := l.writeAudit(j, last); err != nil {
		return err
	}
	if err := j.Save(l.dir); err != nil {
		return err
	}
	j.Run.Status = status
	if _, err := report.Figures(l.dir, j.Run, j.History); err != nil {
		return err
	}
	j.Run.Finished = time.Now().UTC().Truncate(time.Second)
	j.Run.Seconds = time.Since(l.began).Round(10 * time.Millisecond).Seconds()
	if err := report.WriteHTML(l.dir, j.Run, j.History); err != nil {
		return err
	}
	if status == record.Done {
		if err := l.removeParts(); err != nil {
			return err
		}
	}
	if err := j.Run.Seal(l.dir); err != nil {
		return err
	}
	fmt.Fprintf(l.settings.Log, "open %s\n", filepath.Join(l.dir, record.ReportFile))
	return j.Run.Save(l.dir)
}

// writeAudit writes what is known of single examples and samples.
func (l *Lab) writeAudit(j *Journal, last []*Snapshot) error {
	a := l.audit.Of(places(j.Run.Datasets))
	row := j.Summaries[len(j.Summaries)-1].(*Row)
	if row.Roles.Labels == 0 {
		a.Sample = a.Picture
	}
	var chains [][]float32
	for _, s := range last {
		chains = append(chains, s.Samples)
	}
	if err := a.DrawSamples(l.dir, j.Run, chains); err != nil {
		return err
	}
	if err := a.WriteSamples(l.dir, j.Run, row, chains); err != nil {
		return err
	}
	return a.WriteMemorized(l.dir, j, row.Memorization)
}
