package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"calorimeter/instrument/report"
)

const sweepHelp = `Usage: train sweep --over FLAG=VALUE,VALUE,... [flags of train]

Run the default job once for every value of one of its flags, and lay the runs side by side: OUT/FLAG-VALUE holds each run,
OUT/sweep.csv the final row of every one, OUT/sweep.svg and sweep.png the generalization gap beside L-info.

  train sweep --over shuffle=0,0.5,1 --model mlp --steps 3000     how a classifier memorizes shuffled labels
  train sweep --over width=32,128,512                             small and large reservoirs
  train sweep --over subset=100,500 --datasets 8

  --over=FLAG=VALUE,...   The flag to vary. A value that is a list itself takes + for its commas: width=64+32,128+64.
  --out=DIR               Folder of the sweep, new or empty (runs/sweep-DATE-TIME).

The models are those of ensembles; simclr, swav and dino are run one by one. A run that fails does not stop the sweep; the exit code is then 1. All other flags: train --help.
`

// sweepVerb runs the default job once for each value of a flag.
func sweepVerb(ctx context.Context, args []string, std streams) error {
	over, out, rest, err := sweepArgs(args)
	if errors.Is(err, errHelp) {
		fmt.Fprint(std.out, sweepHelp)
		return err
	}
	if err != nil {
		return err
	}
	name, list, ok := strings.Cut(over, "=")
	name = strings.TrimLeft(name, "-")
	if !ok || name == "" || list == "" {
		return usagef("sweep needs --over FLAG=VALUE,VALUE,..., such as --over shuffle=0,0.5,1 (see train sweep --help)")
	}
	var jobs [][]string
	if model := modelNamed(append(rest, "--"+name+"="+list)); slices.Contains(sslNames(), model) || name == "model" {
		return usagef("sweep varies a flag of the ensembles (%s); run simclr, swav and dino one by one", strings.Join(modelNames(), ", "))
	}
	values := strings.Split(list, ",")
	for _, v := range values {
		job := append([]string{"--" + name + "=" + strings.ReplaceAll(v, "+", ",")}, rest...)
		if _, err := parseFlags(job, std); err != nil { // before the first run is paid for
			return err
		}
		jobs = append(jobs, job)
	}
	dir, err := prepareFolder(out, "sweep")
	if err != nil {
		return err
	}
	var runs []report.SweepRun
	var failed []error
	for i, v := range values {
		sub := filepath.Join(dir, name+"-"+v)
		fmt.Fprintf(std.err, "[%d/%d] --%s %s\n", i+1, len(values), name, v)
		err := trainVerb(ctx, append(jobs[i], "--out="+sub), std)
		if ctx.Err() != nil {
			return err
		}
		if err != nil {
			failed = append(failed, fmt.Errorf("--%s %s: %w", name, v, err))
			fmt.Fprintf(std.err, "train: %v\n", err)
		}
		if run, curves, err := report.Load(sub); err == nil && len(curves.Rows) > 0 {
			runs = append(runs, report.SweepRun{Value: v, Dir: sub, Run: run, Curves: curves})
		}
	}
	if len(runs) == 0 {
		return errors.Join(failed...)
	}
	files, err := report.WriteSweep(dir, name, runs)
	if err != nil {
		return err
	}
	fmt.Fprintf(std.err, "%s: %s\n", dir, strings.Join(files, ", "))
	return errors.Join(failed...)
}

// sweepArgs takes the sweep's own flags out of the command line.
func sweepArgs(args []string) (over, out string, rest []string, err error) {
	for i := 0; i < len(args); i++ {
		name, value, joined := strings.Cut(args[i], "=")
		switch name {
		case "-h", "--help":
			return "", "", nil, errHelp
		case "--over", "--out":
			if !joined {
				if i++; i == len(args) {
					return "", "", nil, usagef("%s needs a value (see train sweep --help)", name)
				}
				value = args[i]
			}
			if name == "--over" {
				over = value
			} else {
				out = value
			}
		default:
			rest = append(rest, args[i])
		}
	}
	return over, out, rest, nil
}
