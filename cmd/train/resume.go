package main

import (
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"calorimeter/instrument/report"

	"github.com/alecthomas/kong"
)

// stateFile holds what an unfinished run needs to go on; a finished run has none.
const stateFile = "state.gob"

// stateEvery is how often the state is written while a run goes on, in case it is killed.
const stateEvery = 10 * time.Second

// state is an unfinished run after its last observation, as far as runs of all kinds are alike. In the file the job's own
// state follows it.
type state struct {
	Rows    [][]float64 // of the curves
	Elapsed time.Duration
	BLAS    string
}

func saveState(j job) error {
	b := j.record()
	b.saved = time.Now()
	return report.WriteAtomic(filepath.Join(b.dir, stateFile), func(w io.Writer) error {
		enc := gob.NewEncoder(w)
		return errors.Join(enc.Encode(state{b.curves.Rows, b.elapsed(), b.run.Machine.BLAS}), enc.Encode(j.state()))
	})
}

// saveStateInTime writes the state if that was not done for a while.
func saveStateInTime(j job) error {
	if time.Since(j.record().saved) < stateEvery {
		return nil
	}
	return saveState(j)
}

// finish ends a run that was trained as far as it comes. While its files are not all written the state is there and run.json
// does not say that the run is done, so that it can be resumed; then the state of a run that cannot be is cleared away.
func finish(j job) error {
	b := j.record()
	var unsaved error
	if b.run.Status != report.Failed && len(b.curves.Rows) > 0 {
		unsaved = saveState(j)
	}
	interrupted := b.run.Status == report.Interrupted
	if err := j.finish(); err != nil {
		err = fmt.Errorf("the run cannot be finished: %w", errors.Join(err, unsaved))
		if _, lost := os.Stat(filepath.Join(b.dir, stateFile)); lost == nil {
			err = fmt.Errorf("%w; once that is mended, go on with: train resume %s", err, b.dir)
		}
		return err
	}
	if interrupted {
		return unsaved
	}
	if err := os.Remove(filepath.Join(b.dir, stateFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// loadState puts a new job in the state that was saved in the folder of its book.
func loadState(j job, file io.Reader) error {
	b, dec := j.record(), gob.NewDecoder(file)
	path := filepath.Join(b.dir, stateFile)
	var s state
	if err := dec.Decode(&s); err != nil {
		return fmt.Errorf("%s cannot be read: %w; it may come from another version", path, err)
	}
	if err := j.restore(dec); err != nil {
		return usagef("%s: %w; it may come from another version", path, err)
	}
	b.curves.Rows, b.earlier = s.Rows, s.Elapsed
	if now := b.run.Machine.BLAS; now != s.BLAS {
		b.run.Warnings = append(b.run.Warnings, fmt.Sprintf("all numbers: begun with BLAS %s and resumed with %s, which rounds differently", s.BLAS, now))
	}
	return nil
}

// resumeVerb goes on with an interrupted run, to the same numbers as if it had never stopped.
func resumeVerb(ctx context.Context, args []string, std streams) error {
	var f struct {
		Dir string `arg:"" help:"Run folder."`
		sittingFlags
	}
	_, err := parseLine(&f, args, std, "train resume", kong.Name("train resume"),
		kong.Description("Go on with a run that was interrupted, of any model, from its last saved observation, to the same numbers byte for byte as if it had never stopped."))
	if err != nil {
		return err
	}
	if err := f.liveFlags.check(); err != nil {
		return err
	}
	begun, _, err := loadRun(f.Dir)
	if err != nil {
		return usageError{err}
	}
	file, err := openState(f.Dir, begun)
	if err != nil {
		return err
	}
	defer file.Close()
	command := begun.Command[len(commandPrefix):]
	o, err := parse(command, std)
	if err != nil {
		return err
	}
	o.common().sittingFlags = f.sittingFlags
	show := newDisplay(f.sittingFlags, std)
	j, err := prepare(ctx, o, command, show)
	if err != nil {
		return err
	}
	b := j.record()
	defer b.trainer.Close()
	b.dir, b.run.Started = f.Dir, begun.Started
	if err := loadState(j, file); err != nil {
		return err
	}
	return carryOut(ctx, j, show)
}

// openState opens the state of an unfinished run.
func openState(dir string, run *report.Run) (*os.File, error) {
	switch {
	case run.Status == report.Done:
		return nil, usagef("%s is complete: there is nothing to resume", dir)
	case run.Status == report.Failed:
		return nil, usagef("%s failed (%s): resuming would fail again; start a new run with other settings", dir, run.Error)
	case len(run.Command) < len(commandPrefix) || !slices.Equal(run.Command[:len(commandPrefix)], commandPrefix):
		return nil, usagef("%s was not written by train: its command is %q", dir, run.Command)
	}
	file, err := os.Open(filepath.Join(dir, stateFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, usagef("%s holds no %s: the run stopped before its state was saved; start it again", dir, stateFile)
	}
	return file, err
}
