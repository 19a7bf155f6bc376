package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"

	"calorimeter/instrument/ensemble"
	"calorimeter/instrument/record"

	"github.com/alecthomas/kong"
)

const gatherHelp = "Make the folder of a plan the run folder that one process would have written, from what its " +
	"shards left, byte for byte. Where shards are missing it gives what there is of whole training sets, says what is " +
	"missing, and exits with 1. See train plan --help."

// gatherGCPercent spares memory: what is gathered is large and seldom allocated.
const gatherGCPercent = 50

const observedKind = "observation of train, format 1"

// gatherFlags are those of the verb.
type gatherFlags struct {
	Dir   string `arg:"" help:"Folder of the plan."`
	Index *int   `placeholder:"J" help:"Make every M-th observation from the J-th on alone (what the scheduler says)."`
	Of    int    `placeholder:"M" help:"How many tasks share the observations; the last, train gather DIR, joins them."`
	Mixed bool   `help:"Take shards of another version of the program, or another BLAS: the record says so."`
	sittingFlags
}

// gatherVerb makes the run folders of a plan from what its shards left.
func gatherVerb(ctx context.Context, args []string, std streams) error {
	var f gatherFlags
	_, err := parseLine(&f, args, std, "train gather", kong.Name("train gather"), kong.Description(gatherHelp))
	if err != nil {
		return err
	}
	if err := f.liveFlags.check(); err != nil {
		return err
	}
	p, err := readPlan(f.Dir)
	if err != nil {
		return err
	}
	index := 0
	switch {
	case f.Of > 0:
		index, _, err = taskIndex(f.Index, f.Of)
	case f.Index != nil || f.Of < 0:
		err = usagef("--index is for one of several tasks: add --of M, how many they are")
	}
	if err != nil {
		return err
	}
	each := std
	each.bare = each.bare || p.Kind == "experiment"
	if p.Kind == "experiment" || p.Kind == "sweep" && f.Quiet && !f.JSON {
		each.out = io.Discard
	}
	var failed error
	for i, t := range p.Jobs {
		if len(p.Jobs) > 1 && !f.Quiet {
			fmt.Fprintf(std.err, "[%d/%d] %s\n", i+1, len(p.Jobs), t.Folder)
		}
		g := &gathering{plan: p, task: t, dir: p.folder(t), flags: &f}
		err := g.carryOut(ctx, index, each)
		if errors.As(err, new(interruptedError)) {
			return err
		}
		if p.Kind == "experiment" {
			err = judgeable(g.dir, err)
		}
		failed = errors.Join(failed, err)
	}
	switch {
	case f.Of > 0:
		return failed
	case p.Kind == "sweep":
		if f.Quiet && !f.JSON {
			fmt.Fprintln(std.out, p.dir)
		}
		return errors.Join(failed, p.layOut(each))
	case p.Kind == "experiment" && failed == nil:
		return p.judge(ctx, f.sittingFlags, std)
	}
	return failed
}

// layOut lays the runs of a sweep side by side.
func (p *plan) layOut(std streams) error {
	over, _, rest, err := sweepArgs(p.Command)
	if err != nil {
		return err
	}
	s, err := newSweep(over, rest, std)
	if err != nil {
		return err
	}
	s.command = p.Command
	if err := s.save(p.dir); err != nil {
		return err
	}
	return s.layOut(p.dir, s.runs(p.dir, std), std)
}

// laboratory is that of an experiment.
func (p *plan) laboratory(std streams) (*laboratory, error) {
	f, err := parseExperiment(p.Command)
	switch {
	case err == nil && (f.name == "" || f.name == "all"):
		err = usagef("one experiment is planned at a time: which of\n%s", experimentList())
	case err == nil && f.out != "":
		err = usagef("--out stands before experiment")
	}
	if err != nil {
		return nil, err
	}
	return newLaboratory(f, std)
}

// judge judges the runs of an experiment.
func (p *plan) judge(ctx context.Context, shown sittingFlags, std streams) error {
	l, err := p.laboratory(std)
	if err != nil {
		return err
	}
	l.dir = p.dir
	l.quiet, l.json = shown.Quiet, shown.JSON
	return l.conduct(ctx)
}

// gathering makes the run of a job of a plan: it is [ensemble.Shards], what its shards left.
type gathering struct {
	plan     *plan
	task     *task
	dir      string // of the run
	flags    *gatherFlags
	made     []string // what shards were made with, where that is not what the plan has
	missing  []int    // shards that are not done
	compared []int    // the training sets all of whose replicas are there
}

func (g *gathering) carryOut(ctx context.Context, index int, std streams) error {
	if run, _, err := record.Load(g.dir); err == nil && run.Status == record.Done {
		fmt.Fprintf(std.err, "%s is complete\n", g.dir)
		return nil
	}
	if err := g.survey(); err != nil {
		return err
	}
	if g.flags.Of > 0 && g.missing != nil {
		return g.lacking()
	}
	here := share{train: []int{0}}
	if g.missing != nil {
		here.compare = g.compared
	}
	if len(g.compared) == 0 {
		return fmt.Errorf("%w: no training set is whole, and there is nothing to compare", g.lacking())
	}
	j, show, err := g.plan.prepare(ctx, g.task, here, g.flags.Mixed, g.flags.sittingFlags, std)
	if err != nil {
		return err
	}
	defer j.engine.Close()
	debug.SetGCPercent(gatherGCPercent)
	j.engine.Gather(g)
	j.dir, j.gathers = g.dir, true
	if g.flags.Of > 0 {
		return g.observe(ctx, index, j, show)
	}
	j.onward = "train gather " + g.plan.dir
	if g.missing != nil {
		j.missing = g.lacking()
		j.settings = append(j.settings, record.Setting{Name: "training sets", Value: fmt.Sprint(g.compared)})
	}
	if err := record.RemoveTemporary(g.dir, staleAfter); err != nil {
		return err
	}
	if err := g.resume(j, std); err != nil {
		return err
	}
	return j.carryOut(ctx, show)
}

// survey looks at what the shards left. It returns an error where something of it is not of the plan.
func (g *gathering) survey() error {
	replicas := 0
	var there []bool // of each replica
	var refused []error
	for i, own := range g.task.Shards {
		s := g.plan.shardOf(g.task, i)
		d, err := s.done()
		replicas += len(own)
		there = append(there, slices.Repeat([]bool{err == nil}, len(own))...)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			g.missing = append(g.missing, i)
		case err != nil:
			refused = append(refused, err)
		default:
			refused = append(refused, g.accept(i, d))
		}
	}
	if err := errors.Join(refused...); err != nil {
		return err
	}
	for d := range replicas / g.task.PerSet {
		if !slices.Contains(there[d*g.task.PerSet:(d+1)*g.task.PerSet], false) {
			g.compared = append(g.compared, d)
		}
	}
	return nil
}

// accept returns an error where a shard that is done is not of the plan, or not made as the plan has it.
func (g *gathering) accept(i int, d *doneShard) error {
	name := fmt.Sprintf("shard %d of %s", i, g.dir)
	if differ := g.task.Settings.Differing(d.Settings); len(differ) > 0 {
		return fmt.Errorf("%s was trained with --%s %s, and the plan has %s: remove it, and train it again", name,
			differ[0].Name, d.Settings.Of(differ[0].Name), differ[0].Value)
	}
	if d.Plan != g.plan.id {
		return fmt.Errorf("%s is of another plan: remove it, and train it again", name)
	}
	for _, m := range d.Made {
		why := g.plan.foreign(g.task, m)
		switch {
		case why == "":
		case !g.flags.Mixed:
			return fmt.Errorf("%s is refused: %s; train it again, or add --mixed, and the record says that bits may differ",
				name, why)
		default:
			g.made = append(g.made, fmt.Sprintf("shard %d: %s: bits may differ from those of one process", i, why))
		}
	}
	return nil
}

// lacking is the error about shards that are not done.
func (g *gathering) lacking() error {
	return fmt.Errorf("%d of %d shards of %s are not done: %s (see train status %s)", len(g.missing), len(g.task.Shards),
		g.dir, strings.ReplaceAll(strings.Trim(fmt.Sprint(g.missing), "[]"), " ", ", "), g.plan.dir)
}

// resume goes on with a gathering that was interrupted, and enters in the record what it should say.
func (g *gathering) resume(j *job, std streams) error {
	saved, instead, err := readState(g.dir)
	if instead != "" {
		fmt.Fprintln(std.err, instead)
	}
	if err == nil && saved != nil && slices.Equal(saved.Settings, j.settings) && saved.Version == j.run().Version {
		if err := j.restore(saved); err != nil {
			return usageError{err}
		}
	}
	said := g.made
	if why := g.plan.foreign(g.task, j.maker()); why != "" {
		said = append(said, "gathered: "+why+": bits may differ from those of one process")
	}
	if j.missing != nil {
		said = append(said, j.missing.Error())
	}
	for _, text := range said {
		if !slices.ContainsFunc(j.changes, func(w record.Warning) bool { return w.Text == text }) {
			j.changed("%s", text)
			j.journal.Warn(j.changes[len(j.changes)-1])
		}
	}
	return nil
}

// observedFile holds an observation that one of several tasks has made.
func (g *gathering) observedFile(n int) string {
	return filepath.Join(g.dir, shardsFolder, "observed", fmt.Sprintf("%04d.gob", n))
}

// observedOrigin tells an observation from others.
func (g *gathering) observedOrigin(n int) origin { return origin{g.plan.id, -1, n} }

// observe makes every so many-th observation, and leaves it.
func (g *gathering) observe(ctx context.Context, index int, j *job, show *display) error {
	if err := os.MkdirAll(filepath.Dir(g.observedFile(0)), 0o755); err != nil {
		return err
	}
	for n := index; n < g.task.Observations; n += g.flags.Of {
		o, err := j.engine.Observation(ctx, n)
		if ctx.Err() != nil {
			return interruptedf("interrupted: go on with the same command")
		}
		if err != nil {
			return err
		}
		if err := writeKept(g.observedFile(n), observedKind, g.observedOrigin(n), []any{o}); err != nil {
			return err
		}
		if !show.Quiet {
			fmt.Fprintf(show.progress, "observation %d of %d made\n", n+1, g.task.Observations)
		}
	}
	return nil
}

// Observed implements [ensemble.Shards].
func (g *gathering) Observed(n int) (ensemble.Observed, error) {
	if g.missing != nil {
		return nil, nil
	}
	made, err := readKept(g.observedFile(n), observedKind, g.observedOrigin(n), 1)
	if err != nil { // it is made anew
		return nil, nil
	}
	return made[0].(ensemble.Observed), nil
}

// Snapshots implements [ensemble.Shards].
func (g *gathering) Snapshots(n int) ([]any, error) {
	return g.read(func(s *shard) (path, kind string, of origin) {
		return s.snapshotsFile(n), snapshotsKind, origin{g.plan.id, s.index, n}
	})
}

// States implements [ensemble.Shards].
func (g *gathering) States() (states []ensemble.State, err error) {
	all, err := g.read(func(s *shard) (path, kind string, of origin) {
		return filepath.Join(s.dir, endFile), endKind, origin{g.plan.id, s.index, -1}
	})
	for _, s := range all {
		states = append(states, s.(ensemble.State))
	}
	return states, err
}

// read reads one file of every shard that is done, and returns what it holds of the training sets that are compared.
func (g *gathering) read(which func(s *shard) (path, kind string, of origin)) (all []any, err error) {
	for i, own := range g.task.Shards {
		wanted := func(s int) bool { return slices.Contains(g.compared, s/g.task.PerSet) }
		if !slices.ContainsFunc(own, wanted) || slices.Contains(g.missing, i) {
			continue
		}
		path, kind, of := which(g.plan.shardOf(g.task, i))
		values, err := readKept(path, kind, of, len(own))
		if err != nil {
			return nil, fmt.Errorf("%w; remove %s, and train the shard again", err, filepath.Dir(path))
		}
		for k, s := range own {
			if wanted(s) {
				all = append(all, values[k])
			}
		}
	}
	return all, nil
}
