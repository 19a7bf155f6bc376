package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"calorimeter/instrument/record"
	"calorimeter/instrument/report"
)

const sweepHelp = `Usage: train sweep --over FLAG=VALUE,VALUE,... [flags of train]

Run the default job once for every value of one of its flags, and lay the runs side by side: OUT/FLAG-VALUE holds each
run, OUT/sweep.csv the final row of every one, OUT/report-comparison.html in one page their settings, findings and
curves and how far they differ from the first, and OUT/sweep.svg, .png and .pdf the last value of every headline
quantity against the flag, or against the free weights per training example where the flag changes those.

  train sweep --over shuffle=0,0.5,1 --model mlp --steps 3000     how a classifier memorizes shuffled labels
  train sweep --over width=8,32,128,512                           what small and large networks memorize
  train sweep --over epsilon=0.02,0.05,0.2 --model swav           how sharp self-labels may be
  train sweep --over model=simclr,swav,dino                       models side by side

  --over=FLAG=VALUE,...   The flag to vary. A value that is a list itself takes + for its commas: width=64+32,128+64.
  --out=DIR               Folder of the sweep, new or empty (runs/sweep-DATE-TIME).

A run that fails does not stop the sweep; the exit code is then 1. Ctrl-C ends it with what there is; the run that it
ends can be resumed. All other flags: train --help, and train --model swav --help.
`

// sweep is a job for each value of a flag.
type sweep struct {
	flag   string
	values []string
	jobs   [][]string // command lines
	quiet  bool       // the folder alone is printed
}

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
	s, err := newSweep(over, rest, std)
	if err != nil {
		return err
	}
	dir, err := prepareFolder(out, "sweep")
	if err != nil {
		return err
	}
	each := std
	if s.quiet {
		each.out = io.Discard
	}
	runs, failed := s.carryOut(ctx, dir, each)
	if len(runs) > 0 {
		failed = errors.Join(failed, s.layOut(dir, runs, std))
	}
	if s.quiet {
		fmt.Fprintln(std.out, dir)
	}
	return failed
}

// newSweep makes the jobs, and rejects what makes no sense before the first is paid for.
func newSweep(over string, rest []string, std streams) (*sweep, error) {
	flag, list, ok := strings.Cut(over, "=")
	flag = strings.TrimLeft(flag, "-")
	if !ok || flag == "" || list == "" {
		return nil, usagef("sweep needs --over FLAG=VALUE,VALUE,..., such as --over shuffle=0,0.5,1 (see train sweep --help)")
	}
	if slices.ContainsFunc(rest, func(a string) bool { return a == "--"+flag || strings.HasPrefix(a, "--"+flag+"=") }) {
		return nil, usagef("--%s is given beside --over %s: leave one of them out", flag, over)
	}
	s := &sweep{flag: flag, values: strings.Split(list, ",")}
	for i, v := range s.values {
		if v == "" || slices.Contains(s.values[:i], v) {
			return nil, usagef("--over %s: each value must be there, and once only", over)
		}
		job := append([]string{"--" + flag + "=" + strings.ReplaceAll(v, "+", ",")}, rest...)
		o, err := parse(job, std)
		if err != nil {
			return nil, err
		}
		shown := o.common().sittingFlags
		s.jobs, s.quiet = append(s.jobs, job), shown.Quiet && !shown.JSON
	}
	return s, nil
}

// carryOut runs the jobs, until it is interrupted, and returns what has curves.
func (s *sweep) carryOut(ctx context.Context, dir string, std streams) (runs []report.SweepRun, failed error) {
	for i, v := range s.values {
		if ctx.Err() != nil {
			left := interruptedf("interrupted: not begun are --%s %s", s.flag, strings.Join(s.values[i:], ", "))
			return runs, errors.Join(failed, left)
		}
		sub := filepath.Join(dir, s.flag+"-"+strings.ReplaceAll(v, "/", "_"))
		fmt.Fprintf(std.err, "[%d/%d] --%s %s\n", i+1, len(s.values), s.flag, v)
		if err := trainVerb(ctx, append(s.jobs[i], "--out="+sub), std); err != nil {
			failed = errors.Join(failed, fmt.Errorf("--%s %s: %w", s.flag, v, err))
			fmt.Fprintf(std.err, "train: %v\n", err)
		}
		if run, history, err := record.Load(sub); err == nil && len(history.Events()) > 0 {
			runs = append(runs, report.SweepRun{Value: v, Dir: sub, Run: run, History: history})
		}
	}
	return runs, failed
}

// layOut lays the runs side by side.
func (s *sweep) layOut(dir string, runs []report.SweepRun, std streams) error {
	files, err := report.WriteSweep(dir, s.flag, runs)
	if err != nil {
		return err
	}
	fmt.Fprintf(std.err, "%s: %s\n", dir, strings.Join(files, ", "))
	if len(runs) < 2 {
		return nil
	}
	var dirs []string
	for _, r := range runs {
		dirs = append(dirs, r.Dir)
	}
	page := filepath.Join(dir, report.ComparisonFile)
	if err := report.WriteComparison(page, dirs); err != nil {
		return err
	}
	fmt.Fprintf(std.err, "%d runs side by side: open %s\n", len(runs), page)
	return nil
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
