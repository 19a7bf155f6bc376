package main

import (
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"time"

	"calorimeter/model/blas"
)

// gcPercent trades memory for speed: Gorgonia drops and reallocates its registers every step.
const gcPercent = 400

// job is a run, of an ensemble or of self-supervised encoders, ready to begin or to go on.
type job interface {
	record() *book
	// train goes on from observation to observation; each is entered in the book before kept is told of it in a line.
	train(ctx context.Context, kept func(line string) error) error
	// finish writes what is known at the end alone, whatever the end was; the record last, which says that all is there.
	finish() error
	table(w io.Writer, width int) error
	// state returns what the job needs to go on besides the book, for gob; restore reads it.
	state() any
	restore(dec *gob.Decoder) error
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
		return err
	}
	b := j.record()
	defer b.trainer.Close()
	if b.dir, err = prepareFolder(o.common().Out, b.run.Model); err != nil {
		return err
	}
	if err := b.run.Save(b.dir); err != nil {
		return err
	}
	return carryOut(ctx, j, show)
}

// prepare opens the data of an order and builds its networks on this machine. The caller closes the job's trainer. args
// are the command line, for the record.
func prepare(ctx context.Context, o order, args []string, show *display) (job, error) {
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

// carryOut trains to the end, or as far as it comes, and writes and shows what there is then.
func carryOut(ctx context.Context, j job, show *display) error {
	b := j.record()
	view, err := show.serve(b.dir, b.trainer, show.progress)
	if err != nil {
		return err
	}
	defer view.close()
	show.begin(b.trainer, b.header)
	trained := j.train(ctx, func(line string) error {
		show.say(line)
		view.observed()
		return saveStateInTime(j)
	})
	show.stop()
	b.close(trained)
	if err := finish(j); err != nil {
		return errors.Join(trained, err)
	}
	if err := show.result(b, j.table); err != nil {
		return err
	}
	return b.verdict(trained)
}

// prepareFolder makes the run folder, which must be new or empty. Without a name it is one under runs.
func prepareFolder(dir, model string) (string, error) {
	if dir == "" {
		base := fmt.Sprintf("runs/%s-%s", model, time.Now().Format("20060102-150405"))
		dir = base
		for i := 2; ; i++ {
			if _, err := os.Stat(dir); errors.Is(err, os.ErrNotExist) {
				break
			}
			dir = fmt.Sprintf("%s-%d", base, i)
		}
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", usagef("cannot make the run folder: %w; name another with --out", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return "", usagef("cannot read the run folder: %w; name another with --out", err)
	}
	if len(entries) > 0 {
		return "", usagef("the run folder %s is not empty (it holds %s): name a new one with --out", dir, entries[0].Name())
	}
	probe, err := os.CreateTemp(dir, ".probe")
	if err != nil {
		return "", usagef("cannot write in the run folder: %w; name another with --out", err)
	}
	probe.Close()
	return dir, os.Remove(probe.Name())
}
