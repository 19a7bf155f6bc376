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
	"calorimeter/instrument/report"

	"github.com/alecthomas/kong"
)

// stateFile holds what an unfinished run needs to go on; a finished run has none.
const stateFile = "state.gob"

// stateEvery is how often the state is written while a run goes on, in case it is killed.
const stateEvery = 10 * time.Second

// state is an unfinished run after its last observation.
type state struct {
	Replicas   []ensemble.Replica
	Rows       []*ensemble.Row
	Work, Heat [][][]float64
	Densities  []report.WorkDensity
	Layers     [][]float64
	Gallery    []float32
	Steps      []int // of the gallery
	Elapsed    time.Duration
	BLAS       string
}

func (f *folder) saveState() error {
	f.saved = time.Now()
	s := state{f.ensemble.Replicas(), f.rows, f.work, f.heat, f.densities, f.layers.Rows, f.gallery, f.run.SampleSteps, f.earlier + time.Since(f.began), f.run.Machine.BLAS}
	return report.WriteAtomic(filepath.Join(f.dir, stateFile), func(w io.Writer) error { return gob.NewEncoder(w).Encode(s) })
}

// keepState leaves the state behind where the run was interrupted, and clears it away where it is done.
func (f *folder) keepState() error {
	if f.run.Status == report.Interrupted && len(f.rows) > 0 {
		return f.saveState()
	}
	if err := os.Remove(filepath.Join(f.dir, stateFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// resumeVerb goes on with an interrupted run, to the same numbers as if it had never stopped.
func resumeVerb(ctx context.Context, args []string, std streams) error {
	var f struct {
		Dir     string `arg:"" help:"Run folder."`
		JSON    bool   `name:"json" help:"Print one JSON object on standard output (final row, books, folder)."`
		Quiet   bool   `short:"q" help:"No progress and no table."`
		Workers int    `help:"Replicas trained at the same time (one a core)."`
		liveFlags
	}
	helped := false
	parser, err := kong.New(&f, kong.Name("train resume"), kong.Writers(std.out, std.err),
		kong.Description("Go on with a run that was interrupted, from its last saved observation, to the same numbers byte for byte as if it had never stopped. Runs of simclr, swav and dino cannot be resumed yet."),
		kong.Exit(func(int) { helped = true }))
	if err != nil {
		return err
	}
	_, err = parser.Parse(args)
	if helped {
		return errHelp
	}
	if err != nil {
		return usagef("%w (see train resume --help)", err)
	}
	if err := f.liveFlags.check(); err != nil {
		return err
	}
	begun, _, err := report.Load(f.Dir)
	if err != nil {
		return usageError{err}
	}
	saved, err := loadState(f.Dir, begun)
	if err != nil {
		return err
	}
	command := begun.Command[len(commandPrefix):]
	s, err := parseFlags(command, std)
	if err != nil {
		return err
	}
	s.JSON, s.Quiet, s.Workers, s.liveFlags = f.JSON, f.Quiet, f.Workers, f.liveFlags
	show := newDisplay(s, std)
	job, err := prepare(ctx, s, show)
	if err != nil {
		return err
	}
	defer job.ensemble.Close()
	if err := job.ensemble.Restore(saved.Replicas, len(saved.Rows)); err != nil {
		return usagef("%s: %w", filepath.Join(f.Dir, stateFile), err)
	}
	run := newRun(s, job.examples, job.ensemble, job.blas, command)
	run.Started = begun.Started
	if now := job.blas.String(); now != saved.BLAS {
		run.Warnings = append(run.Warnings, fmt.Sprintf("all numbers: begun with BLAS %s and resumed with %s, which rounds differently", saved.BLAS, now))
	}
	book := newFolder(f.Dir, run, job.ensemble)
	book.rows, book.work, book.heat, book.densities, book.earlier = saved.Rows, saved.Work, saved.Heat, saved.Densities, saved.Elapsed
	book.layers.Rows = saved.Layers
	book.gallery, run.SampleSteps = saved.Gallery, saved.Steps
	for _, row := range saved.Rows {
		book.curves.Rows = append(book.curves.Rows, row.Values())
	}
	return job.carryOut(ctx, book, show)
}

// loadState reads the state of an unfinished run.
func loadState(dir string, run *report.Run) (*state, error) {
	switch {
	case run.Status == report.Done:
		return nil, usagef("%s is complete: there is nothing to resume", dir)
	case run.Status == report.Failed:
		return nil, usagef("%s failed (%s): resuming would fail again; start a new run with other settings", dir, run.Error)
	case len(run.Command) < len(commandPrefix) || !slices.Equal(run.Command[:len(commandPrefix)], commandPrefix):
		return nil, usagef("%s was not written by train: its command is %q", dir, run.Command)
	}
	path := filepath.Join(dir, stateFile)
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, usagef("%s holds no %s: the run stopped before its state was saved, or trained simclr, swav or dino, which cannot be resumed yet; start it again", dir, stateFile)
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var s state
	if err := gob.NewDecoder(file).Decode(&s); err != nil {
		return nil, fmt.Errorf("%s cannot be read: %w; it may come from another version", path, err)
	}
	return &s, nil
}
