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
	"time"

	"calorimeter/instrument/experiment"
	"calorimeter/instrument/record"
	"calorimeter/instrument/report"
)

const experimentHelp = `Usage: train experiment [NAME|all] [--exact] [flags of train]

Put a claim of the papers to the test. NAME is one of

%s
The exact case, where the answer is known, comes first and must hold; then networks are trained. OUT/experiment.json
holds the verdict (holds, cannot tell, fails), every statement with its number and interval, and what would make it
sharper; OUT/figure.svg, .png and .pdf the figure, 7 inches wide, without a title; OUT/experiment.html the page; and
OUT/exact and OUT/runs the run folders. A claim that fails on networks is a result: the exit code is then 0.

  train experiment response                          the default: under a minute on two cores
  train experiment response --exact                  the exact case alone
  train experiment balance --datasets 32 --steps 5000
                                                     a larger one: flags of train are given to every training
  train experiment all                               each of them, and one page of all claims
  train report DIR...                                one page of the claims in these folders; draws their figures anew

  --exact       The exact case alone.
  --out=DIR     Folder, new or empty (runs/experiment-NAME-DATE-TIME); one that the same command was interrupted in is
                gone on with, as "train resume DIR" does.
  --json        experiment.json on standard output, in one line.
  -q, --quiet   Print the folder alone.
`

// experimentFlags are those of the verb itself.
type experimentFlags struct {
	name, out          string
	exact, json, quiet bool
	rest               []string // flags of train, "flag=value"
}

// experimentVerb lists the experiments, or carries one out.
func experimentVerb(ctx context.Context, args []string, std streams) error {
	f, err := parseExperiment(args)
	if errors.Is(err, errHelp) {
		fmt.Fprintf(std.out, experimentHelp, experimentList())
		return err
	}
	if err != nil {
		return err
	}
	switch f.name {
	case "":
		fmt.Fprint(std.out, experimentList())
		return nil
	case "all":
		return allExperiments(ctx, f, std)
	}
	l, err := newLaboratory(f, std)
	if err != nil {
		return err
	}
	return l.carryOut(ctx)
}

// allExperiments carries out every experiment in a folder of its own, and lays them side by side.
func allExperiments(ctx context.Context, f experimentFlags, std streams) error {
	if len(f.rest) > 0 {
		return usagef("--%s: flags of train are for one experiment, not for all", f.rest[0])
	}
	root := f.out
	if root == "" {
		dir, err := prepareFolder("", "experiments")
		if err != nil {
			return err
		}
		root = dir
	}
	var failed error
	var dirs []string
	for _, e := range experiment.All() {
		f.name, f.out = e.Name, filepath.Join(root, e.Name)
		l, err := newLaboratory(f, std)
		if err == nil {
			err = l.carryOut(ctx)
		}
		if errors.As(err, new(interruptedError)) {
			return interruptedf("interrupted: go on with: train experiment all --out %s", root)
		}
		failed = errors.Join(failed, err)
		if _, err := record.LoadExperiment(f.out); err == nil {
			dirs = append(dirs, f.out)
		}
	}
	if len(dirs) == 0 {
		return failed
	}
	page := filepath.Join(root, report.ClaimsFile)
	fmt.Fprintf(std.err, "%d claims side by side: open %s\n", len(dirs), page)
	return errors.Join(failed, report.WriteClaims(page, dirs))
}

// experimentList names the experiments with their claims.
func experimentList() string {
	var b strings.Builder
	for _, e := range experiment.All() {
		fmt.Fprintf(&b, "  %-13s %s\n", e.Name, e.Title)
	}
	return b.String()
}

func parseExperiment(args []string) (f experimentFlags, err error) {
	for i := 0; i < len(args); i++ {
		arg := args[i]
		name, value, joined := strings.Cut(arg, "=")
		takes := strings.HasPrefix(arg, "--") && !joined && !slices.Contains([]string{"--exact", "--json", "--quiet"}, arg)
		if takes && i+1 < len(args) && (!strings.HasPrefix(args[i+1], "-") || negative(args[i+1])) {
			i++
			value = args[i]
			arg = name + "=" + value
		}
		switch {
		case arg == "-h" || arg == "--help":
			return f, errHelp
		case arg == "--exact":
			f.exact = true
		case arg == "--json":
			f.json = true
		case arg == "-q" || arg == "--quiet":
			f.quiet = true
		case name == "--out" && value == "":
			return f, usagef("--out needs the name of a folder (see train experiment --help)")
		case name == "--out":
			f.out = value
		case strings.HasPrefix(arg, "-"):
			f.rest = append(f.rest, strings.TrimLeft(arg, "-"))
		case f.name == "":
			f.name = arg
		default:
			return f, usagef("%q is one name too many: one experiment at a time (see train experiment --help)", arg)
		}
	}
	return f, nil
}

// laboratory carries out an experiment.
type laboratory struct {
	experimentFlags
	experiment *experiment.Experiment
	network    experiment.Trial
	record     *record.Experiment
	dir        string
	earlier    float64 // seconds of earlier sittings
	began      time.Time
	std        streams
}

// newLaboratory rejects what makes no sense before anything is paid for.
func newLaboratory(f experimentFlags, std streams) (*laboratory, error) {
	e, err := experiment.Named(f.name)
	if err != nil {
		return nil, usageError{err}
	}
	l := &laboratory{experimentFlags: f, experiment: e, began: time.Now(), std: std}
	l.network, err = e.Network.With(f.rest)
	if err != nil {
		return nil, usageError{err}
	}
	for _, job := range slices.Concat(e.Exact.Jobs, l.network.Jobs) {
		if _, err := parse(flagsOf(job), std); err != nil {
			return nil, fmt.Errorf("the run %s: %w", job.Name, err)
		}
	}
	var here record.Run
	here.FillIn()
	l.record = &record.Experiment{
		Name: e.Name, Title: e.Title, Claim: e.Claim, Source: e.Source, Limits: e.Limits, Caption: e.Caption,
		Command: append(slices.Concat(commandPrefix, []string{"experiment", f.name}), dashed(f.rest)...),
		Version: here.Version, Machine: here.Machine,
		Made: time.Now().UTC().Truncate(time.Second),
	}
	if f.exact {
		l.record.Command = append(l.record.Command, "--exact")
	}
	return l, nil
}

// open makes the folder, or goes on with the one that the same command left.
func (l *laboratory) open() error {
	before, err := record.LoadExperiment(l.out)
	switch {
	case l.out != "" && err == nil && !slices.Equal(before.Command, l.record.Command):
		return usagef("%s holds another experiment (%s): name another folder with --out", l.out,
			strings.Join(before.Command[min(len(commandPrefix), len(before.Command)):], " "))
	case l.out != "" && err == nil:
		l.dir, l.earlier = l.out, before.Seconds
		l.record.Made = before.Made
		return nil
	case l.out != "" && !errors.Is(err, fs.ErrNotExist):
		return usageError{err}
	}
	l.dir, err = prepareFolder(l.out, "experiment-"+l.name)
	return err
}

// flagsOf are the settings of a job as they are written on a command line.
func flagsOf(job experiment.Job) []string { return dashed(job.Settings) }

func dashed(settings []string) (flags []string) {
	for _, s := range settings {
		flags = append(flags, "--"+s)
	}
	return flags
}

func (l *laboratory) carryOut(ctx context.Context) error {
	if err := l.open(); err != nil {
		return err
	}
	unlock, err := record.Lock(l.dir)
	if err != nil {
		return usageError{err}
	}
	defer unlock()
	return l.conduct(ctx)
}

// tasks are the jobs of both trials, for a plan.
func (l *laboratory) tasks() (all []*task) {
	for _, job := range l.experiment.Exact.Jobs {
		all = append(all, &task{Folder: "exact/" + job.Name, Command: flagsOf(job)})
	}
	for _, job := range l.network.Jobs {
		if !l.exact {
			all = append(all, &task{Folder: "runs/" + job.Name, Command: flagsOf(job)})
		}
	}
	return all
}

// conduct carries out the trials, those of their jobs that are done already aside, and judges them.
func (l *laboratory) conduct(ctx context.Context) error {
	if err := l.save(); err != nil {
		return err
	}
	exact, err := l.try(ctx, "exact", l.experiment.Exact)
	if err != nil {
		return err
	}
	l.record.Exact, l.record.Answer = exact.trial, exact.Told()
	if err := l.show("Where the answer is known", exact.trial); err != nil {
		return err
	}
	if exact.trial.Verdict == record.Holds && !l.exact {
		network, err := l.try(ctx, "runs", l.network)
		if err != nil {
			return err
		}
		l.record.Network, l.record.Verdict = network.trial, network.trial.Verdict
		l.record.Answer, l.record.Sharpen = network.Told(), network.Sharpen
		if err := l.show("On networks", network.trial); err != nil {
			return err
		}
	}
	return l.finish()
}

// tried is the outcome of a trial with its record.
type tried struct {
	experiment.Outcome
	trial *record.Trial
}

// try carries out the jobs of a trial, those that are done already aside, and judges them.
func (l *laboratory) try(ctx context.Context, under string, t experiment.Trial) (tried, error) {
	var runs []*experiment.Run
	var folders []string
	for i, job := range t.Jobs {
		folder := filepath.Join(under, job.Name)
		dir := filepath.Join(l.dir, folder)
		if ctx.Err() != nil {
			return tried{}, l.interrupted()
		}
		if !l.quiet {
			line := strings.Join(flagsOf(job), " ")
			fmt.Fprintf(l.std.err, "[%s %d/%d] %s: train %s\n", under, i+1, len(t.Jobs), job.Name, line)
		}
		if err := l.run(ctx, dir, job); err != nil {
			if errors.As(err, new(interruptedError)) {
				return tried{}, l.interrupted()
			}
			return tried{}, fmt.Errorf("the run %s: %w", job.Name, err)
		}
		run, err := experiment.Load(job.Name, dir)
		if err != nil {
			return tried{}, err
		}
		l.record.Machine = run.Machine
		runs, folders = append(runs, run), append(folders, folder)
	}
	outcome, err := t.Judge(runs)
	if err != nil {
		return tried{}, err
	}
	return tried{Outcome: outcome, trial: outcome.Trial(folders)}, nil
}

func (l *laboratory) interrupted() error {
	const text = "interrupted: what was trained is in %s; go on with: train resume %s"
	return errors.Join(l.save(), interruptedf(text, l.dir, l.dir))
}

// run carries out a job, goes on with it where it was interrupted, and leaves it alone where it is done. A run whose
// books do not balance is judged as any other: its numbers are what is put to the test.
func (l *laboratory) run(ctx context.Context, dir string, job experiment.Job) error {
	quiet := streams{out: io.Discard, err: l.std.err, bare: true}
	var sitting []string
	if l.quiet {
		sitting = []string{"--quiet"}
	}
	return judgeable(dir, goOn(ctx, dir, flagsOf(job), sitting, quiet))
}

// goOn carries out the job of a command line in a folder: it goes on with one that was interrupted there, anew where
// there is no state, and leaves one alone that is done. sitting are flags that a job may be gone on with.
func goOn(ctx context.Context, dir string, args, sitting []string, std streams) error {
	run, _, err := record.Load(dir)
	switch {
	case err == nil && run.Status == record.Done:
		return nil
	case err == nil && run.Status == record.Interrupted:
		return resumeVerb(ctx, append(sitting, dir), std)
	}
	if _, damaged := os.Stat(filepath.Join(dir, record.RunFile)); err != nil && damaged == nil {
		return usageError{err}
	}
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	return trainVerb(ctx, slices.Concat(args, sitting, []string{"--out=" + dir}), std)
}

// judgeable forgives an error of a run that is done.
func judgeable(dir string, failed error) error {
	if run, _, err := record.Load(dir); failed != nil && err == nil && run.Status == record.Done {
		return nil
	}
	return failed
}

func (l *laboratory) save() error {
	l.record.Seconds = l.earlier + time.Since(l.began).Round(100*time.Millisecond).Seconds()
	return l.record.Save(l.dir)
}

// show prints the statements of a trial.
func (l *laboratory) show(heading string, t *record.Trial) error {
	if l.quiet || l.json {
		return l.save()
	}
	fmt.Fprintf(l.std.out, "\n%s: %s\n%s\n", heading, t.Verdict, t.Setup)
	if err := report.Statements(l.std.out, t.Statements); err != nil {
		return err
	}
	return l.save()
}

// resumeExperiment goes on with an experiment in the folder dir.
func resumeExperiment(ctx context.Context, e *record.Experiment, dir string, f sittingFlags, std streams) error {
	verb := append(slices.Clone(commandPrefix), "experiment")
	if n := len(verb); len(e.Command) <= n || !slices.Equal(e.Command[:n], verb) {
		return usagef("%s was not written by train: its command is %q", dir, e.Command)
	}
	return experimentVerb(ctx, slices.Concat(e.Command[len(verb):], []string{"--out=" + dir}, f.again()), std)
}

// finish writes the figure and the page, and says what was seen.
func (l *laboratory) finish() error {
	if err := l.save(); err != nil {
		return err
	}
	if _, err := report.WriteExperiment(l.dir, l.record); err != nil {
		return err
	}
	switch {
	case l.json:
		line, err := json.Marshal(l.record)
		if err != nil {
			return err
		}
		fmt.Fprintf(l.std.out, "%s\n", line)
	case l.quiet:
		fmt.Fprintln(l.std.out, l.dir)
	default:
		fmt.Fprintf(l.std.out, "\n%s\n", l.record.Claim)
		if l.record.Verdict != "" {
			fmt.Fprintf(l.std.out, "On networks this %s: ", inSentence(l.record.Verdict))
		}
		fmt.Fprintf(l.std.out, "%s.\n", l.record.Answer)
		fmt.Fprintf(l.std.out, "%.1f s. Everything is in %s; open %s\n", l.record.Seconds, l.dir,
			filepath.Join(l.dir, record.ExperimentPage))
	}
	if v := l.record.Exact.Verdict; v != record.Holds {
		return fmt.Errorf("the exact case does not hold (%s), so that nothing can be said of networks: see %s", v, l.dir)
	}
	return nil
}

// inSentence is a verdict as a verb.
func inSentence(v record.Verdict) string {
	if v == record.CannotTell {
		return "cannot be told"
	}
	return string(v)
}
