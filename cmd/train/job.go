package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"calorimeter/instrument/ensemble"
	"calorimeter/instrument/record"
	"calorimeter/instrument/report"
	"calorimeter/model/blas"
)

// job is a run, ready to begin or to go on: an engine that trains, a journal of what it measures, and a folder. Every
// file of the folder is whole at every moment.
type job struct {
	engine       *ensemble.Engine
	journal      *ensemble.Journal
	files        files // those that not every kind of run writes
	permutations int   // of the nulls
	header       string
	dir          string
	began        time.Time     // of this sitting
	earlier      time.Duration // spent in sittings before
	advice       string        // what would make the machine faster; may be empty
	bare         bool          // figures are left to the page, and to who asks for them
	gathers      bool          // trains nothing, and holds one observation at a time
	onward       string        // the command line that goes on with it; empty: train resume
	missing      error         // what there is not, of a run that is gathered before all of it was trained

	settings record.Settings  // as the command line gives them
	rounds   string           // what of the BLAS the bits depend on
	changes  []record.Warning // of program and machine since the run began
}

// files writes what only one kind of run has to write into its folder.
type files interface {
	// observed writes what shows the observations so far.
	observed(dir string, journal *ensemble.Journal) error
	// finish writes what is known at the end alone, whatever the end was.
	finish(dir string, journal *ensemble.Journal) error
	// judges tells the numbers of a sample, and how many examples every replica judges at the end.
	judges() (width, examples int)
}

func newJob(e *ensemble.Engine, run *record.Run, f files, header string) *job {
	return &job{
		engine: e, journal: ensemble.NewJournal(e.Trainee(), run), files: f, header: header, began: time.Now(),
	}
}

// trainVerb is the default job.
func trainVerb(ctx context.Context, args []string, std streams) error {
	o, err := parse(args, std)
	if err != nil {
		return err
	}
	show := newDisplay(o.common().sittingFlags, std)
	j, err := prepare(ctx, o, args, show)
	if err != nil {
		return beforeTraining(ctx, err)
	}
	defer j.engine.Close()
	j.dir, err = prepareFolder(o.common().Out, j.run().Model)
	if err != nil {
		return err
	}
	defer os.Remove(j.dir) // where nothing came of it, and the folder is empty
	unlock, err := record.Lock(j.dir)
	if err != nil {
		return usageError{err}
	}
	defer unlock()
	return j.carryOut(ctx, show)
}

// prepare opens the data of an order and builds its networks on this machine. The caller closes the job's engine. args
// are the command line, for the record.
func prepare(ctx context.Context, o order, args []string, show *display) (*job, error) {
	choice, err := blas.Use(o.common().Blas)
	if err != nil {
		return nil, usageError{err}
	}
	settings := o.run().record() // before what the data decide is filled in
	var j *job
	switch m := o.(type) {
	case recipe:
		j, err = openEnsemble(ctx, m, args, choice, show)
	case encoder:
		j, err = openEncoder(ctx, m, args, choice, show)
	default:
		err = fmt.Errorf("%T is not of a kind that can be trained", o)
	}
	if err != nil {
		return nil, err
	}
	j.settings, j.advice = settings, choice.Advice
	j.rounds = choice.Rounding()
	return j, nil
}

func (j *job) run() *record.Run { return j.journal.Run }

// observations is how many there are so far.
func (j *job) observations() int { return len(j.journal.Summaries) }

// elapsed is the time spent on the run, in all sittings.
func (j *job) elapsed() time.Duration { return j.earlier + time.Since(j.began) }

// carryOut trains to the end, or as far as it comes, and writes and shows what there is then. The folder is locked.
func (j *job) carryOut(ctx context.Context, show *display) error {
	j.bare = show.bare
	view, err := show.serve(j.dir, j.engine.Progress)
	if err != nil {
		return err
	}
	defer view.Close()
	var odd []record.Warning // about the data: what is known before training
	if j.observations() == 0 {
		odd = j.run().Warnings
		if err := j.run().Save(j.dir); err != nil {
			return err
		}
	}
	if view != nil {
		fmt.Fprintf(show.progress, "live report: %s\n", view.URL)
	}
	show.begin(j.engine, j.header, odd)
	j.engine.Keep(stateEvery, j.saveState)
	trained := j.train(ctx, show.say)
	show.stop()
	if err := j.finish(ctx, trained); err != nil {
		return errors.Join(trained, err)
	}
	if err := show.result(j); err != nil {
		return err
	}
	return j.verdict(trained)
}

// train goes on from observation to observation; each is in the folder before kept is told of it in a line. One whose
// files cannot be written does not count, and the last does once it has been read against chance.
func (j *job) train(ctx context.Context, kept func(line string)) error {
	return j.engine.Run(ctx, func(o ensemble.Observed) error {
		j.journal.Enter(o)
		if err := j.enter(ctx); err != nil {
			j.journal.Retract()
			return err
		}
		kept(j.journal.Account.Headline)
		return nil
	})
}

// enter does what there is to do of an observation that is in the journal.
func (j *job) enter(ctx context.Context) error {
	if j.observations() == len(j.engine.Steps()) {
		if err := j.journal.Conclude(ctx, j.permutations, j.run().Seed); err != nil {
			return err
		}
	}
	err := errors.Join(j.files.observed(j.dir, j.journal), j.journal.Save(j.dir))
	if j.gathers && err == nil {
		j.journal.LetGo()
	}
	return err
}

// finish ends a run that was trained as far as it comes. Its state is saved first: until its files are all written it
// is there and run.json does not say that the run is done, so that it can be resumed; then the state of a run that
// cannot be is cleared away.
func (j *job) finish(ctx context.Context, trained error) error {
	r := j.run()
	var unsaved error
	switch {
	case trained == nil && j.missing != nil:
		r.Status = record.Interrupted
	case trained == nil:
		r.Status, unsaved = record.Done, j.saveState()
	case stoppedOutside(trained):
		r.Status, unsaved = record.Interrupted, j.saveState()
	default:
		r.Status, r.Error = record.Failed, trained.Error()
		j.journal.Conclude(ctx, j.permutations, r.Seed) // where that is interrupted there are no nulls
	}
	r.Finished = time.Now().UTC().Truncate(time.Second)
	r.Seconds = j.elapsed().Round(10 * time.Millisecond).Seconds()
	if err := j.writeAll(); err != nil {
		err = fmt.Errorf("the run cannot be finished: %w", errors.Join(err, unsaved))
		if r.Status != record.Failed {
			err = fmt.Errorf("%w; once that is mended, go on with: %s", err, j.goOn())
		}
		return err
	}
	if trained != nil && r.Status == record.Interrupted {
		return unsaved
	}
	return j.removeState()
}

// writeAll writes what is left at the end; the record last, which says that all is there.
func (j *job) writeAll() error {
	if j.observations() == 0 {
		return j.run().Save(j.dir)
	}
	for _, write := range []func() error{
		func() error { return j.files.finish(j.dir, j.journal) },
		func() error { return j.journal.History.Save(j.dir) },
		func() error { return record.SaveDiagrams(j.dir, j.journal.Account.Diagrams) },
		j.drawFigures,
		func() error { return report.WriteHTML(j.dir, j.run(), j.journal.History) },
		func() error { return j.run().Seal(j.dir) },
		func() error { return j.run().Save(j.dir) },
	} {
		if err := write(); err != nil {
			return err
		}
	}
	return nil
}

func (j *job) drawFigures() error {
	if j.bare {
		return nil
	}
	_, err := report.Figures(j.dir, j.run(), j.journal.History)
	return err
}

// stoppedOutside tells an end that has nothing to do with the training, by a signal or by the system, such as a disk
// that is full, from one that would come again.
func stoppedOutside(trained error) bool {
	var system syscall.Errno
	return errors.Is(trained, context.Canceled) || errors.As(trained, &system)
}

// beforeTraining is the error of a job that could not be prepared.
func beforeTraining(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return interruptedf("interrupted before training began: nothing was written")
	}
	return err
}

// verdict turns how the run ended into the error that the program ends with.
func (j *job) verdict(trained error) error {
	kept := fmt.Sprintf("%d of %d observations are in %s", j.observations(), len(j.engine.Steps()), j.dir)
	switch {
	case stoppedOutside(trained):
		text := "interrupted: "
		if !errors.Is(trained, context.Canceled) {
			text += trained.Error() + "; "
		}
		text += kept + "; go on with: " + j.goOn()
		if errors.Is(trained, context.Canceled) {
			return interruptedf("%s", text)
		}
		return errors.New(text)
	case trained != nil:
		return fmt.Errorf("%w; %s", trained, kept)
	}
	failed := []error{j.missing}
	for _, c := range j.run().Failed() {
		failed = append(failed, fmt.Errorf("the run ended, but its books do not balance: %s (%s); "+
			"do not trust the numbers in %s", c.Name, c.Figure, j.dir))
	}
	return errors.Join(failed...)
}

// goOn is the command line that goes on with the run.
func (j *job) goOn() string { return cmp.Or(j.onward, "train resume "+j.dir) }

// prepareFolder makes the run folder, which must be new or empty. Without a name it is one under runs.
func prepareFolder(dir, model string) (string, error) {
	dir, err := record.MakeFolder(dir, model)
	if err != nil {
		return "", usagef("%w with --out", err)
	}
	return dir, nil
}
