package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"time"

	"calorimeter/instrument/ensemble"
	"calorimeter/instrument/report"
	"calorimeter/model/blas"
)

// commandPrefix begins the command line in the record of a run.
var commandPrefix = []string{"go", "run", "./cmd/train"}

// beginRecord returns the record of a run that starts now with these arguments on this machine: what is the same for every
// kind of run.
func beginRecord(args []string, choice blas.Choice, workers int) *report.Run {
	run := &report.Run{
		Program: "train", Version: "devel", Command: slices.Concat(commandPrefix, args),
		Started: time.Now().UTC().Truncate(time.Second), Status: report.Interrupted,
		Machine: report.Machine{
			OS: runtime.GOOS, Arch: runtime.GOARCH, CPUs: runtime.NumCPU(), Workers: workers,
			Go: runtime.Version(), BLAS: choice.String(),
		},
		Modules: map[string]string{},
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return run
	}
	for _, dep := range info.Deps {
		if slices.ContainsFunc([]string{"gorgonia", "gonum", "vek", "purego"}, func(name string) bool { return strings.Contains(dep.Path, name) }) {
			run.Modules[dep.Path] = dep.Version
		}
	}
	for _, kv := range info.Settings {
		if kv.Key == "vcs.revision" {
			run.Version = kv.Value
		}
	}
	return run
}

// book is the record of a run in its folder, as far as runs of all kinds are alike: every file is whole at every moment.
type book struct {
	dir     string
	run     *report.Run
	curves  *report.Curves // a row an observation, of curves.csv or cycles.csv
	planned int            // observations
	trainer trainer        // what is trained
	header  string         // what is trained, for a person
	remark  string         // what else to say under the table; may be empty
	began   time.Time      // of this sitting
	earlier time.Duration  // spent in sittings before
	saved   time.Time      // when the state was written last
}

// trainer is an ensemble, or the runner of self-supervised encoders.
type trainer interface {
	Progress() (done, total int64)
	Close() error
}

func newBook(run *report.Run, columns []string, planned int, t trainer, header string) book {
	now := time.Now()
	return book{run: run, curves: &report.Curves{Columns: columns}, planned: planned, trainer: t, header: header, began: now, saved: now}
}

func (b *book) record() *book { return b }

// elapsed is the time spent on the run, in all sittings.
func (b *book) elapsed() time.Duration { return b.earlier + time.Since(b.began) }

// close notes when and how the run ended.
func (b *book) close(trained error) {
	b.run.Finished = time.Now().UTC().Truncate(time.Second)
	b.run.Seconds = b.elapsed().Round(10 * time.Millisecond).Seconds()
	switch {
	case trained == nil:
		b.run.Status = report.Done
	case stoppedOutside(trained):
		b.run.Status = report.Interrupted
	default:
		b.run.Status, b.run.Error = report.Failed, trained.Error()
	}
}

// stoppedOutside tells an end that has nothing to do with the training, by a signal or by the system, such as a disk that
// is full, from one that would come again.
func stoppedOutside(trained error) bool {
	var system syscall.Errno
	return errors.Is(trained, context.Canceled) || errors.As(trained, &system)
}

// check enters the outcome of the books.
func (b *book) check(checks []ensemble.Check) {
	b.run.Books = nil
	for _, c := range checks {
		b.run.Books = append(b.run.Books, report.Check{Name: c.Name, Verdict: c.Verdict.String(), Figure: c.Figure, Detail: c.Detail})
	}
}

// verdict turns how the run ended into the error that the program ends with.
func (b *book) verdict(trained error) error {
	kept := fmt.Sprintf("%d of %d observations are in %s", len(b.curves.Rows), b.planned, b.dir)
	switch {
	case stoppedOutside(trained):
		text := "interrupted: "
		if !errors.Is(trained, context.Canceled) {
			text += trained.Error() + "; "
		}
		if text += kept; len(b.curves.Rows) > 0 {
			text += "; go on with: train resume " + b.dir
		}
		return errors.New(text)
	case trained != nil:
		return fmt.Errorf("%w; %s", trained, kept)
	}
	var failed []string
	for _, c := range b.run.Books {
		if c.Verdict == report.Fail {
			failed = append(failed, fmt.Sprintf("%s (%s)", c.Name, c.Figure))
		}
	}
	if failed == nil {
		return nil
	}
	return fmt.Errorf("the run ended, but its books do not balance: %s; do not trust the numbers in %s", strings.Join(failed, ", "), b.dir)
}

// loadRun reads a run folder of either kind.
func loadRun(dir string) (*report.Run, *report.Curves, error) {
	if report.HasCycles(dir) {
		return report.LoadCycles(dir)
	}
	return report.Load(dir)
}
