package main

import (
	"slices"
	"strings"

	"calorimeter/instrument/record"
	"calorimeter/model/blas"
)

// commandPrefix begins the command line in the record of a run.
var commandPrefix = []string{"go", "run", "./cmd/train"}

// beginRecord returns the record of a run of an order that starts now with these arguments on this machine: what is the
// same for every kind of run.
func beginRecord(f *runFlags, args []string, choice blas.Choice, workers int) *record.Run {
	run := &record.Run{
		Program: "train", Command: slices.Concat(commandPrefix, again(args)),
		Config: f.record(), Seed: f.Seed, Model: f.Model, Data: f.Data, Steps: f.Steps,
		Status: record.Interrupted, Machine: record.Machine{Workers: workers, BLAS: choice.String()},
	}
	run.FillIn()
	return run
}

// warn enters what is odd before training begins.
func warn(run *record.Run, texts []string) {
	for _, text := range texts {
		run.Warnings = append(run.Warnings, record.Warning{Text: text})
	}
}

// again is a command line that makes a run anew, wherever it is started: without the folder, which is not empty any
// more, and with the data by their name or absolute path.
func again(args []string) (kept []string) {
	for i := 0; i < len(args); i++ {
		flag, value, joined := strings.Cut(args[i], "=")
		if flag != "--out" && flag != "--data" {
			kept = append(kept, args[i])
			continue
		}
		if !joined && i+1 < len(args) {
			i++
			value = args[i]
		}
		if flag == "--data" {
			kept = append(kept, "--data="+located(value))
		}
	}
	return kept
}
