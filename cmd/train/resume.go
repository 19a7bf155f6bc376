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

	"calorimeter/instrument/ensemble"
	"calorimeter/instrument/record"

	"github.com/alecthomas/kong"
)

// stateFile holds what an unfinished run needs to go on; a finished run has none.
const stateFile = "state.gob"

// stateEvery is how often the state is written while a run goes on, in case it is killed.
const stateEvery = 10 * time.Second

// stateFormat changes with what a saved state holds.
const stateFormat = 4

// state is an unfinished run after its last observation.
type state struct {
	Format    int
	Summaries []ensemble.Summary
	States    []ensemble.State
	Nulls     map[string]record.Null
	Elapsed   time.Duration
	BLAS      string
}

func (j *job) saveState() error {
	j.saved = time.Now()
	return record.WriteAtomic(filepath.Join(j.dir, stateFile), func(w io.Writer) error {
		return gob.NewEncoder(w).Encode(state{
			Format:    stateFormat,
			Summaries: j.journal.Summaries, States: j.engine.States(), Nulls: j.run().Nulls,
			Elapsed: j.elapsed(), BLAS: j.run().Machine.BLAS,
		})
	})
}

// saveStateInTime writes the state if that was not done for a while.
func (j *job) saveStateInTime() error {
	if time.Since(j.saved) < stateEvery {
		return nil
	}
	return j.saveState()
}

// finish ends a run that was trained as far as it comes. While its files are not all written the state is there and
// run.json does not say that the run is done, so that it can be resumed; then the state of a run that cannot be is
// cleared away.
func (j *job) finish() error {
	var unsaved error
	if j.run().Status != record.Failed && j.observations() > 0 {
		unsaved = j.saveState()
	}
	interrupted := j.run().Status == record.Interrupted
	if err := j.writeAll(); err != nil {
		err = fmt.Errorf("the run cannot be finished: %w", errors.Join(err, unsaved))
		if _, lost := os.Stat(filepath.Join(j.dir, stateFile)); lost == nil {
			err = fmt.Errorf("%w; once that is mended, go on with: train resume %s", err, j.dir)
		}
		return err
	}
	if interrupted {
		return unsaved
	}
	if err := os.Remove(filepath.Join(j.dir, stateFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// loadState puts a new job in the state that was saved in its folder.
func (j *job) loadState(file io.Reader) error {
	path := filepath.Join(j.dir, stateFile)
	var s state
	if err := gob.NewDecoder(file).Decode(&s); err != nil {
		return fmt.Errorf("%s cannot be read: %w; it may come from another version", path, err)
	}
	if s.Format != stateFormat {
		return usagef("%s was saved by another version of the program: train anew", path)
	}
	if err := j.engine.Restore(s.States, len(s.Summaries)); err != nil {
		return usagef("%s: %w; it may come from another version", path, err)
	}
	j.journal.Restore(s.Summaries, s.Nulls)
	j.earlier = s.Elapsed
	if now := j.run().Machine.BLAS; now != s.BLAS {
		j.journal.Warn(record.Warning{
			Text: fmt.Sprintf("begun with BLAS %s and resumed with %s, which rounds differently", s.BLAS, now),
		})
	}
	return nil
}

const resumeHelp = "Go on with a run that was interrupted, of any model, from its last saved observation, to the " +
	"same numbers byte for byte as if it had never stopped; or with an experiment or a sweep."

// resumeVerb goes on with an interrupted run, to the same numbers as if it had never stopped.
func resumeVerb(ctx context.Context, args []string, std streams) error {
	var f struct {
		Dir string `arg:"" help:"Run folder."`
		sittingFlags
	}
	_, err := parseLine(&f, args, std, "train resume", kong.Name("train resume"), kong.Description(resumeHelp))
	if err != nil {
		return err
	}
	if err := f.liveFlags.check(); err != nil {
		return err
	}
	if command, err := loadSweep(f.Dir); err == nil {
		return resumeSweep(ctx, command, f.Dir, f.sittingFlags, std)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return usageError{err}
	}
	e, err := record.LoadExperiment(f.Dir)
	switch {
	case err == nil:
		return resumeExperiment(ctx, e, f.Dir, f.sittingFlags, std)
	case !errors.Is(err, fs.ErrNotExist):
		return usageError{err}
	}
	begun, _, err := record.Load(f.Dir)
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
		return beforeTraining(ctx, err)
	}
	defer j.engine.Close()
	j.dir, j.run().Started = f.Dir, begun.Started
	if err := j.loadState(file); err != nil {
		return err
	}
	return j.carryOut(ctx, show)
}

// openState opens the state of an unfinished run.
func openState(dir string, run *record.Run) (*os.File, error) {
	prefix := run.Command[:min(len(run.Command), len(commandPrefix))]
	switch {
	case run.Status == record.Done:
		return nil, usagef("%s is complete: there is nothing to resume", dir)
	case run.Status == record.Failed:
		return nil, usagef("%s failed (%s): resuming would fail again; start a new run with other settings", dir, run.Error)
	case !slices.Equal(prefix, commandPrefix):
		return nil, usagef("%s was not written by train: its command is %q", dir, run.Command)
	}
	file, err := os.Open(filepath.Join(dir, stateFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, usagef("%s holds no %s: the run stopped before its state was saved; start it again", dir, stateFile)
	}
	return file, err
}
