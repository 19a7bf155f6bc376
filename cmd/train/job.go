package main

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"syscall"
	"time"

	"calorimeter/instrument/ensemble"
	"calorimeter/instrument/record"
	"calorimeter/instrument/report"
	"calorimeter/model/blas"
)

// gcPercent trades memory for speed: Gorgonia drops and reallocates its registers every step.
const gcPercent = 300

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
	saved        time.Time     // when the state was written last
	bare         bool          // figures are left to the page, and to who asks for them
}

// files writes what only one kind of run has to write into its folder.
type files interface {
	// observed writes what shows the observations so far.
	observed(dir string, journal *ensemble.Journal) error
	// finish writes what is known at the end alone, whatever the end was.
	finish(dir string, journal *ensemble.Journal) error
}

func newJob(e *ensemble.Engine, run *record.Run, f files, header string) *job {
	now := time.Now()
	return &job{
		engine: e, journal: ensemble.NewJournal(e.Trainee(), run), files: f, header: header, began: now, saved: now,
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
	if err := j.run().Save(j.dir); err != nil {
		return err
	}
	return j.carryOut(ctx, show)
}

// prepare opens the data of an order and builds its networks on this machine. The caller closes the job's engine. args
// are the command line, for the record.
func prepare(ctx context.Context, o order, args []string, show *display) (*job, error) {
	debug.SetGCPercent(gcPercent)
	choice, err := blas.Use(o.common().Blas)
	if err != nil {
		return nil, usageError{err}
	}
	switch m := o.(type) {
	case recipe:
		return openEnsemble(ctx, m, args, choice, show)
	case encoder:
		return openEncoder(ctx, m, args, choice, show)
	}
	return nil, fmt.Errorf("%T is not of a kind that can be trained", o)
}

func (j *job) run() *record.Run { return j.journal.Run }

// observations is how many there are so far.
func (j *job) observations() int { return len(j.journal.Summaries) }

// elapsed is the time spent on the run, in all sittings.
func (j *job) elapsed() time.Duration { return j.earlier + time.Since(j.began) }

// carryOut trains to the end, or as far as it comes, and writes and shows what there is then.
func (j *job) carryOut(ctx context.Context, show *display) error {
	unlock, err := record.Lock(j.dir)
	if err != nil {
		return usageError{err}
	}
	defer unlock()
	j.bare = show.bare
	view, err := show.serve(j.dir, j.engine.Progress, show.progress)
	if err != nil {
		return err
	}
	defer view.Close()
	var odd []record.Warning // about the data: what is known before training
	if j.observations() == 0 {
		odd = j.run().Warnings
	}
	show.begin(j.engine, j.header, odd)
	trained := j.train(ctx, func(line string) error {
		show.say(line)
		return j.saveStateInTime()
	})
	show.stop()
	j.close(trained)
	if err := j.finish(); err != nil {
		return errors.Join(trained, err)
	}
	if err := show.result(j); err != nil {
		return err
	}
	return j.verdict(trained)
}

// train goes on from observation to observation; each is in the folder before kept is told of it in a line. The last is
// read against chance before it is kept, so that nothing is left to do when the state says that all is done.
func (j *job) train(ctx context.Context, kept func(line string) error) error {
	return j.engine.Run(ctx, func(o ensemble.Observed) error {
		j.journal.Enter(o)
		if j.observations() == len(j.engine.Steps()) {
			j.journal.Conclude(j.permutations, j.run().Seed)
		}
		if err := errors.Join(j.files.observed(j.dir, j.journal), j.journal.Save(j.dir)); err != nil {
			return err
		}
		return kept(j.journal.Account.Headline)
	})
}

// close notes when and how the run ended, and reads what there is of an unfinished one against chance.
func (j *job) close(trained error) {
	r := j.run()
	r.Finished = time.Now().UTC().Truncate(time.Second)
	r.Seconds = j.elapsed().Round(10 * time.Millisecond).Seconds()
	switch {
	case trained == nil:
		r.Status = record.Done
		return
	case stoppedOutside(trained):
		r.Status = record.Interrupted
	default:
		r.Status, r.Error = record.Failed, trained.Error()
	}
	j.journal.Conclude(j.permutations, r.Seed)
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
		text += kept
		if j.observations() > 0 {
			text += "; go on with: train resume " + j.dir
		}
		if errors.Is(trained, context.Canceled) {
			return interruptedf("%s", text)
		}
		return errors.New(text)
	case trained != nil:
		return fmt.Errorf("%w; %s", trained, kept)
	}
	var failed []error
	for _, c := range j.run().Failed() {
		failed = append(failed, fmt.Errorf("the run ended, but its books do not balance: %s (%s); "+
			"do not trust the numbers in %s", c.Name, c.Figure, j.dir))
	}
	return errors.Join(failed...)
}

// prepareFolder makes the run folder, which must be new or empty. Without a name it is one under runs.
func prepareFolder(dir, model string) (string, error) {
	dir, err := record.MakeFolder(dir, model)
	if err != nil {
		return "", usagef("%w with --out", err)
	}
	return dir, nil
}
