package main

import (
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"calorimeter/instrument/record"
	"calorimeter/model/blas"
)

// commandPrefix begins the command line in the record of a run.
var commandPrefix = []string{"go", "run", "./cmd/train"}

// recordedModules are those whose versions the numbers of a run may depend on.
var recordedModules = []string{"gorgonia", "gonum", "vek", "purego"}

// beginRecord returns the record of a run of an order that starts now with these arguments on this machine: what is the
// same for every kind of run.
func beginRecord(f *runFlags, args []string, choice blas.Choice, workers int) *record.Run {
	run := &record.Run{
		Program: "train", Version: "devel", Command: slices.Concat(commandPrefix, again(args)),
		Config: f.record(), Seed: f.Seed, Model: f.Model, Data: f.Data, Steps: f.Steps,
		Started: time.Now().UTC().Truncate(time.Second), Status: record.Interrupted,
		Machine: record.Machine{
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
		if slices.ContainsFunc(recordedModules, func(name string) bool { return strings.Contains(dep.Path, name) }) {
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

// again is a command line that makes a run anew: without the folder, which is not empty any more.
func again(args []string) (kept []string) {
	for i := 0; i < len(args); i++ {
		switch {
		case args[i] == "--out":
			i++ // and its value
		case !strings.HasPrefix(args[i], "--out="):
			kept = append(kept, args[i])
		}
	}
	return kept
}
