package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"

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

// booksError says which books of a finished run fail; nil if none does.
func booksError(books []report.Check, dir string) error {
	var failed []string
	for _, c := range books {
		if c.Verdict == report.Fail {
			failed = append(failed, fmt.Sprintf("%s (%s)", c.Name, c.Figure))
		}
	}
	if failed == nil {
		return nil
	}
	return fmt.Errorf("the run ended, but its books do not balance: %s; do not trust the numbers in %s", strings.Join(failed, ", "), dir)
}
