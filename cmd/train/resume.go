package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"calorimeter/instrument/record"
	"calorimeter/model/blas"

	"github.com/alecthomas/kong"
)

const resumeHelp = "Go on with a run that was interrupted, of any model, from its last saved state, to the same " +
	"numbers byte for byte as if it had never stopped; or with an experiment or a sweep. A run whose linear algebra is " +
	"not to be had here goes on with another (--blas), which rounds differently, and says so."

// resumeVerb goes on with an interrupted run, to the same numbers as if it had never stopped.
func resumeVerb(ctx context.Context, args []string, std streams) error {
	var f struct {
		Dir string `arg:"" help:"Run folder."`
		sittingFlags
		Blas string `group:"Machine" default:"" enum:"${blas}," placeholder:"NAME" help:"Other linear algebra."`
	}
	_, err := parseLine(&f, args, std, "train resume", kong.Name("train resume"), kong.Description(resumeHelp),
		kong.Vars{"blas": strings.Join(blas.Names(), ",")})
	if err != nil {
		return err
	}
	if err := f.liveFlags.check(); err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(f.Dir, record.RunFile)); f.Blas != "" && err != nil {
		return usagef("%s is not the folder of a run, which alone goes on with other linear algebra (--blas)", f.Dir)
	}
	if p, err := readPlan(f.Dir); err == nil {
		if p.gathered() == len(p.Jobs) {
			return usagef("%s is complete: there is nothing to resume", f.Dir)
		}
		return usagef("%s is the folder of a plan: go on with train shard %[1]s --index I, and train gather %[1]s", f.Dir)
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
	if _, err := unfinished(f.Dir); err != nil {
		return err
	}
	unlock, err := record.Lock(f.Dir)
	if err != nil {
		return usageError{err}
	}
	defer unlock()
	begun, err := unfinished(f.Dir) // whoever worked here until now may have finished it
	if err != nil {
		return err
	}
	if f.Blas != "" {
		begun.Command = withBLAS(begun.Command, f.Blas)
	}
	return resumeRun(ctx, f.Dir, begun, f.sittingFlags, std)
}

// withBLAS returns a command line that chooses other linear algebra.
func withBLAS(command []string, name string) (with []string) {
	for i, arg := range command {
		if arg != "--blas" && !strings.HasPrefix(arg, "--blas=") && (i == 0 || command[i-1] != "--blas") {
			with = append(with, arg)
		}
	}
	return append(with, "--blas="+name)
}

// resumeRun goes on with the run in a folder that is locked.
func resumeRun(ctx context.Context, dir string, begun *record.Run, f sittingFlags, std streams) error {
	saved, instead, err := readState(dir)
	if err != nil {
		return err
	}
	command := begun.Command[len(commandPrefix):]
	o, err := parse(command, std)
	if err != nil {
		return err
	}
	o.common().sittingFlags = f
	switch {
	case saved == nil:
		fmt.Fprintf(std.err, "%s holds no %s, which is saved every %v: its run begins anew\n", dir, stateFile, stateEvery)
	case instead != "":
		fmt.Fprintln(std.err, instead)
		if err := os.Remove(filepath.Join(dir, stateFile)); err != nil { // or it would take the place of the older one
			return err
		}
	}
	if saved != nil {
		if err := sameSettings(saved.Settings, o.run().record()); err != nil {
			return err
		}
	}
	show := newDisplay(f, std)
	j, err := prepare(ctx, o, command, show)
	if err != nil {
		return beforeTraining(ctx, err)
	}
	defer j.engine.Close()
	j.dir, j.run().Started = dir, begun.Started
	if saved != nil {
		if err := j.restore(saved); err != nil {
			return usageError{err}
		}
	}
	return j.carryOut(ctx, show)
}

// unfinished reads the record of a run that can be gone on with.
func unfinished(dir string) (*record.Run, error) {
	run, err := record.LoadRun(dir)
	if err != nil {
		return nil, usageError{err}
	}
	prefix := run.Command[:min(len(run.Command), len(commandPrefix))]
	switch {
	case run.Status == record.Done:
		return nil, usagef("%s is complete: there is nothing to resume", dir)
	case run.Status == record.Failed:
		return nil, usagef("%s failed (%s): resuming would fail again; start a new run with other settings", dir, run.Error)
	case !slices.Equal(prefix, commandPrefix):
		return nil, usagef("%s was not written by train: its command is %q", dir, run.Command)
	}
	return run, nil
}

// sameSettings rejects a command line that is not the one that the state was saved under. Settings that the program did
// not have then are at their defaults.
func sameSettings(saved, now record.Settings) error {
	if differ := saved.Differing(now); len(differ) > 0 {
		name := differ[0].Name
		return usagef("the state was saved with --%s %s, but the command in %s gives %q: %[3]s was changed; put it back, "+
			"or train anew", name, differ[0].Value, record.RunFile, now.Of(name))
	}
	return nil
}
