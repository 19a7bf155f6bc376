package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"calorimeter/instrument/record"
	"calorimeter/instrument/report"
)

const sweepHelp = `Usage: train sweep --over FLAG=VALUE,VALUE,... [--over ...] [flags of train]

Run the default job once for every value of one of its flags, or every combination of the values of several, and lay
the runs side by side: OUT/FLAG-VALUE holds each run, OUT/sweep.csv the final row of every one,
OUT/report-comparison.html in one page their settings, findings and curves and how far they differ from the first, and
OUT/sweep.svg, .png and .pdf the last value of every headline quantity against the flag, or against the free weights per
training example where the flag changes those.

  train sweep --over shuffle=0,0.5,1 --model mlp --steps 3000     how a classifier memorizes shuffled labels
  train sweep --over width=8,32,128,512                           what small and large networks memorize
  train sweep --over width=8,128 --over lr=0.01,0.1               the four of them
  train sweep --over width=8,128,lr=0.1,0.01                      two: 8 with 0.1, and 128 with 0.01
  train sweep --over epsilon=0.02,0.05,0.2 --model swav           how sharp self-labels may be
  train sweep --over model=simclr,swav,dino                       models side by side

  --over=FLAG=VALUE,...   The flag to vary. A value that is a list itself takes + for its commas: width=64+32,128+64.
                          Several flags in one --over change together.
  --out=DIR               Folder of the sweep, new or empty (runs/sweep-DATE-TIME); one that the same command was
                          interrupted in is gone on with, as "train resume DIR" does.

A run that fails does not stop the sweep; the exit code is then 1. Ctrl-C ends it with what there is. --json prints an
object for each run, one a line. All other flags: train --help, and train --model swav --help.
`

// sweepFile holds the command line of a sweep, for whoever goes on with it.
const sweepFile = "sweep.json"

// sweep is a job for each combination of the values of some flags.
type sweep struct {
	flags   []string
	points  []point
	command []string // the command line, without the folder
	quiet   bool     // the folder alone is printed
	sitting []string // flags that a run may be gone on with
}

// point is one job of a sweep.
type point struct {
	values   []string // of the flags
	folder   string
	args     []string // the command line
	settings record.Settings
}

// sweepVerb runs the default job once for each combination of values of some flags.
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
	s.command = again(args)
	dir, err := s.open(out, std)
	if err != nil {
		return err
	}
	unlock, err := record.Lock(dir)
	if err != nil {
		return usageError{err}
	}
	defer unlock()
	each := std
	if s.quiet {
		each.out = io.Discard
	}
	failed := errors.Join(s.carryOut(ctx, dir, each), s.layOut(dir, s.runs(dir, each), std))
	if s.quiet {
		fmt.Fprintln(std.out, dir)
	}
	return failed
}

// maxRuns is how many runs a sweep may have.
const maxRuns = 10000

// notVaried are flags that change no run, only what is shown of it or where it is kept.
var notVaried = []string{"out", "json", "quiet", "http", "http-anywhere"}

// newSweep makes the jobs, and rejects what makes no sense before the first is paid for.
func newSweep(over, rest []string, std streams) (*sweep, error) {
	s := &sweep{}
	grid := [][]string{nil} // settings FLAG=VALUE
	for _, o := range over {
		flags, rows, err := together(o)
		if err != nil {
			return nil, err
		}
		for k, flag := range flags {
			switch {
			case slices.Contains(s.flags, flag) || slices.Contains(flags[:k], flag):
				return nil, usagef("--over has %s twice: give all its values at once, %[1]s=VALUE,VALUE", flag)
			case slices.Contains(notVaried, flag):
				return nil, usagef("--over %s: no run depends on %s; vary another flag", o, flag)
			}
			if slices.ContainsFunc(rest, func(a string) bool { return a == "--"+flag || strings.HasPrefix(a, "--"+flag+"=") }) {
				return nil, usagef("--%s is given beside --over %s: leave one of them out", flag, o)
			}
		}
		if len(grid)*len(rows) > maxRuns {
			return nil, usagef("--over makes %d runs and more: %d at most", len(grid)*len(rows), maxRuns)
		}
		var finer [][]string
		for _, coarse := range grid {
			for _, row := range rows {
				finer = append(finer, slices.Concat(coarse, row))
			}
		}
		s.flags, grid = append(s.flags, flags...), finer
	}
	if len(s.flags) == 0 {
		return nil, usagef("sweep needs --over FLAG=VALUE,VALUE,..., such as --over shuffle=0,0.5,1 (see train sweep --help)")
	}
	for _, values := range grid {
		p := point{values: values}
		var parts []string
		for i, v := range values {
			parts = append(parts, s.flags[i]+"-"+strings.ReplaceAll(v, "/", "_"))
			p.args = append(p.args, "--"+s.flags[i]+"="+strings.ReplaceAll(v, "+", ","))
		}
		p.folder = strings.Join(parts, "_")
		same := func(other point) bool { return strings.EqualFold(other.folder, p.folder) }
		for slices.ContainsFunc(s.points, same) { // data/b and data_b, or A and a where files do not tell them apart
			p.folder += "_"
		}
		p.args = append(p.args, rest...)
		o, err := parse(p.args, std)
		if err != nil {
			return nil, err
		}
		p.settings = o.run().record()
		shown := o.common().sittingFlags
		s.points, s.sitting = append(s.points, p), shown.again()
		s.quiet = shown.Quiet && !shown.JSON
	}
	return s, nil
}

// together reads one --over: a flag with its values, or several that change together. Each row holds a value of every
// flag.
func together(over string) (flags []string, rows [][]string, err error) {
	var values [][]string
	for v := range strings.SplitSeq(over, ",") {
		flag, first, begins := strings.Cut(v, "=")
		if begins {
			flags, values = append(flags, strings.TrimLeft(flag, "-")), append(values, nil)
			v = first
		}
		if n := len(values); n > 0 {
			values[n-1] = append(values[n-1], v)
		}
	}
	if len(flags) == 0 || slices.Contains(flags, "") || values[0][0] == "" {
		return nil, nil, usagef("--over %s: it needs FLAG=VALUE,VALUE,..., such as --over shuffle=0,0.5,1 (see train sweep "+
			"--help)", over)
	}
	for k, column := range values {
		if len(column) != len(values[0]) {
			return nil, nil, usagef("--over %s: %d values of %s and %d of %s: flags that change together have as many each; "+
				"for every combination, give each its own --over", over, len(values[0]), flags[0], len(column), flags[k])
		}
	}
	for i := range values[0] {
		var row []string
		for _, column := range values {
			row = append(row, column[i])
		}
		if slices.Contains(row, "") || slices.ContainsFunc(rows, func(r []string) bool { return slices.Equal(r, row) }) {
			return nil, nil, usagef("--over %s: each value must be there, and once only", over)
		}
		rows = append(rows, row)
	}
	return flags, rows, nil
}

// open makes the folder, or goes on with the one that the same command left.
func (s *sweep) open(out string, std streams) (dir string, err error) {
	before, err := loadSweep(out)
	switch {
	case out == "" || errors.Is(err, fs.ErrNotExist):
		dir, err := prepareFolder(out, "sweep")
		if err != nil {
			return "", err
		}
		return dir, s.save(dir)
	case err != nil:
		return "", usageError{err}
	}
	over, _, rest, err := sweepArgs(before)
	if err == nil {
		var old *sweep
		old, err = newSweep(over, rest, std)
		if err == nil && slices.EqualFunc(s.points, old.points, point.same) {
			return out, nil
		}
	}
	return "", usagef("%s holds another sweep (train sweep %s): name another folder with --out", out,
		strings.Join(before, " "))
}

// same reports whether two jobs are the same, whatever is shown of them.
func (p point) same(other point) bool {
	return p.folder == other.folder && slices.Equal(p.settings, other.settings)
}

// loadSweep reads the command line of the sweep in a folder. Where there is none the error is an [fs.ErrNotExist].
func loadSweep(dir string) (command []string, err error) {
	path := filepath.Join(dir, sweepFile)
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var kept struct{ Command []string }
	if err := json.Unmarshal(data, &kept); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	n := len(sweepPrefix())
	if len(kept.Command) < n || !slices.Equal(kept.Command[:n], sweepPrefix()) {
		return nil, fmt.Errorf("%s was not written by train sweep: its command is %q", path, kept.Command)
	}
	return kept.Command[n:], nil
}

func sweepPrefix() []string { return append(slices.Clone(commandPrefix), "sweep") }

// save writes the command line into the folder.
func (s *sweep) save(dir string) error {
	return record.WriteAtomic(filepath.Join(dir, sweepFile), func(w io.Writer) error {
		return json.NewEncoder(w).Encode(map[string][]string{"command": slices.Concat(sweepPrefix(), s.command)})
	})
}

// resumeSweep goes on with the sweep in a folder.
func resumeSweep(ctx context.Context, command []string, dir string, f sittingFlags, std streams) error {
	return sweepVerb(ctx, slices.Concat(command, []string{"--out=" + dir}, f.again()), std)
}

// carryOut runs the jobs, until it is interrupted.
func (s *sweep) carryOut(ctx context.Context, dir string, std streams) (failed error) {
	for i, p := range s.points {
		words := s.words(p)
		fmt.Fprintf(std.err, "[%d/%d] %s\n", i+1, len(s.points), words)
		err := s.run(ctx, filepath.Join(dir, p.folder), p, std)
		if err != nil {
			fmt.Fprintf(std.err, "train: %v\n", err)
		}
		if errors.As(err, new(interruptedError)) {
			return errors.Join(failed, interruptedf("interrupted%s; go on with: train resume %s", s.left(i+1), dir))
		}
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("%s: %v", words, err)) // whatever it was: others have been trained
		}
	}
	return failed
}

// runs reads the runs that have curves.
func (s *sweep) runs(dir string, std streams) (runs []report.SweepRun) {
	for _, p := range s.points {
		sub := filepath.Join(dir, p.folder)
		if run, history, err := p.load(sub, std); err == nil && len(history.Events()) > 0 {
			runs = append(runs, report.SweepRun{Values: p.values, Dir: sub, Run: run, History: history})
		}
	}
	return runs
}

// left says which jobs are not begun from a number on.
func (s *sweep) left(from int) string {
	const few = 10
	var names []string
	for _, p := range s.points[from:] {
		names = append(names, s.words(p))
	}
	switch n := len(names); {
	case n == 0:
		return ""
	case n > few:
		return fmt.Sprintf(": %d runs are not begun", n)
	}
	return ": not begun are " + strings.Join(names, ", ")
}

// words are the settings of a job that the sweep varies.
func (s *sweep) words(p point) string {
	var words []string
	for i, v := range p.values {
		words = append(words, "--"+s.flags[i]+" "+v)
	}
	return strings.Join(words, " ")
}

// run carries out a job, or what is left of it. One that failed would fail again.
func (s *sweep) run(ctx context.Context, dir string, p point, std streams) error {
	run, _, err := p.load(dir, std)
	switch {
	case errors.Is(err, errOther):
		return fmt.Errorf("%s holds another run: move it away", dir)
	case err == nil && run.Status == record.Failed:
		return fmt.Errorf("it failed before: %s; remove %s to try again", run.Error, dir)
	}
	return goOn(ctx, dir, p.args, s.sitting, std)
}

// errOther says that a folder holds the run of another command.
var errOther = errors.New("another run")

// load reads the run of a job from its folder.
func (p point) load(dir string, std streams) (*record.Run, *record.History, error) {
	run, history, err := record.Load(dir)
	if err != nil {
		return nil, nil, err
	}
	n := len(commandPrefix)
	if len(run.Command) < n || !slices.Equal(run.Command[:n], commandPrefix) {
		return nil, nil, errOther
	}
	o, err := parse(run.Command[n:], std)
	if err != nil || !slices.Equal(o.run().record(), p.settings) {
		return nil, nil, errOther
	}
	return run, history, nil
}

// layOut lays the runs side by side.
func (s *sweep) layOut(dir string, runs []report.SweepRun, std streams) error {
	if len(runs) == 0 {
		return nil
	}
	files, err := report.WriteSweep(dir, s.flags, runs)
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
func sweepArgs(args []string) (over []string, out string, rest []string, err error) {
	for i := 0; i < len(args); i++ {
		name, value, joined := strings.Cut(args[i], "=")
		switch name {
		case "-h", "--help":
			return nil, "", nil, errHelp
		case "--over", "--out":
			if !joined {
				if i++; i == len(args) {
					return nil, "", nil, usagef("%s needs a value (see train sweep --help)", name)
				}
				value = args[i]
			}
			if name == "--over" {
				over = append(over, value)
			} else {
				out = value
			}
		default:
			rest = append(rest, args[i])
		}
	}
	return over, out, rest, nil
}
