package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"calorimeter/instrument/record"

	"github.com/alecthomas/kong"
)

const shardHelp = "Train the replicas of one shard of a plan, or go on with them, and leave their snapshots for " +
	"train gather. See train plan --help."

// The files of a shard, beside the state that it goes on from and its beat. The last is there when all others are.
const (
	shardsFolder = "shards" // DIR/shards/I
	endFile      = "end.gob"
	doneFile     = "done"
)

// The kinds of these files change with what they hold.
const (
	snapshotsKind = "snapshots of train, format 1"
	endKind       = "end of a shard of train, format 1"
	doneKind      = "shard of train, format 1"
)

// staleAfter is how long a file that was being written may lie there before it counts as left by a program that was
// killed.
const staleAfter = time.Hour

// shard is one part of a job of a plan.
type shard struct {
	plan  *plan
	task  *task
	index int // of the task's
	dir   string
}

// origin tells of a file whose it is.
type origin struct {
	Plan               string // its id
	Shard, Observation int
}

// kept is a snapshot or a state as gob takes it.
type kept struct{ Value any }

// doneShard says that a shard is done, and what made it.
type doneShard struct {
	Plan     string          `json:"plan"`
	Settings record.Settings `json:"settings"`
	Replicas []int           `json:"replicas"`
	Made     []maker         `json:"made"`
}

// indexVariables hold the number of a task where a scheduler starts many.
var indexVariables = []string{"SLURM_ARRAY_TASK_ID", "JOB_COMPLETION_INDEX", "PBS_ARRAY_INDEX"}

// taskIndex is the number of this task, as it was given, or as a scheduler says it, and of n.
func taskIndex(given *int, n int) (i int, from string, err error) {
	i, from = -1, "--index"
	for _, name := range indexVariables {
		if value := os.Getenv(name); given == nil && value != "" && i < 0 {
			from = name
			i, err = strconv.Atoi(value)
			if err != nil {
				return 0, "", usagef("%s is %q; it must be a number", name, value)
			}
		}
	}
	switch {
	case given != nil:
		i = *given
	case i < 0 && from == "--index":
		return 0, "", usagef("which task is it? Say --index I, from 0 to %d (it is read from %s too)", n-1,
			strings.Join(indexVariables, ", "))
	}
	if i < 0 || i >= n {
		return 0, "", usagef("%s is %d; it must be from 0 to %d", from, i, n-1)
	}
	return i, from, nil
}

// shardVerb trains a shard.
func shardVerb(ctx context.Context, args []string, std streams) error {
	var f struct {
		Dir     string `arg:"" help:"Folder of the plan."`
		Index   *int   `placeholder:"I" help:"Which shard, from 0 on (what the scheduler says, see train plan --help)."`
		Mixed   bool   `help:"Take another version of the program, or another BLAS, than the plan's: bits may differ."`
		Quiet   bool   `short:"q" help:"Print nothing but errors."`
		Workers int    `placeholder:"N" help:"Replicas trained at the same time (one a core)."`
	}
	_, err := parseLine(&f, args, std, "train shard", kong.Name("train shard"), kong.Description(shardHelp))
	if err != nil {
		return err
	}
	p, err := readPlan(f.Dir)
	if err != nil {
		return err
	}
	i, from, err := taskIndex(f.Index, p.shards())
	if err != nil {
		return err
	}
	s := p.shard(i)
	if !f.Quiet {
		fmt.Fprintf(std.err, "shard %d (%s) of %d: %s of %s\n", i, from, p.shards(),
			record.Plural(len(s.replicas()), "replica"), p.folder(s.task))
	}
	if _, err := s.done(); err == nil {
		fmt.Fprintf(std.err, "shard %d is done\n", i)
		return nil
	} else if !errors.Is(err, fs.ErrNotExist) {
		return usageError{err}
	}
	return s.carryOut(ctx, i, f.Mixed, sittingFlags{Quiet: f.Quiet, Workers: f.Workers}, std)
}

// shard is the i-th of all shards.
func (p *plan) shard(i int) *shard {
	for _, t := range p.Jobs {
		if i < len(t.Shards) {
			return p.shardOf(t, i)
		}
		i -= len(t.Shards)
	}
	panic("there is no such shard")
}

func (p *plan) shardOf(t *task, i int) *shard {
	return &shard{
		plan: p, task: t, index: i, dir: filepath.Join(p.folder(t), shardsFolder, fmt.Sprintf("%04d", i)),
	}
}

func (s *shard) replicas() []int { return s.task.Shards[s.index] }

// carryOut trains the shard from where it was left, and leaves what it comes to. Whatever else is started for the same
// shard meanwhile writes the same bits under names of its own, and renames them.
func (s *shard) carryOut(ctx context.Context, number int, mixed bool, f sittingFlags, std streams) error {
	if err := os.MkdirAll(s.dir, 0o755); err != nil {
		return err
	}
	if err := record.RemoveTemporary(s.dir, staleAfter); err != nil {
		return err
	}
	f.Workers = min(cmp.Or(f.Workers, runtime.GOMAXPROCS(0)), len(s.replicas()))
	j, show, err := s.plan.prepare(ctx, s.task, share{train: s.replicas()}, mixed, f, std)
	if err != nil {
		return err
	}
	defer j.engine.Close()
	j.dir = s.dir
	made, err := s.restore(j, mixed, std)
	if err != nil {
		return err
	}
	beat := startBeat(s.dir, j)
	j.engine.Keep(stateEvery, func() error { return j.saveShard(made) })
	show.begin(j.engine, j.header, j.run().Warnings)
	trained := j.engine.Shard(ctx, func(n int, snapshots []any) error {
		show.say(fmt.Sprintf("step %d", j.engine.Steps()[n]))
		return s.write(n, snapshots)
	})
	show.stop()
	if trained == nil {
		trained = s.finish(j, made)
	}
	beat.end(trained)
	onward := fmt.Sprintf("go on with: train shard %s --index %d", s.plan.dir, number)
	switch {
	case errors.Is(trained, context.Canceled):
		return errors.Join(interruptedf("interrupted: %s", onward), j.saveShard(made))
	case stoppedOutside(trained):
		return fmt.Errorf("%w; %s", trained, onward)
	}
	return trained
}

// restore puts a job where the shard was left, and returns all that it was made with until now.
func (s *shard) restore(j *job, mixed bool, std streams) (made []maker, err error) {
	saved, instead, err := readState(s.dir)
	if err != nil {
		fmt.Fprintf(std.err, "%v\n", err) // it begins anew
	}
	if instead != "" {
		fmt.Fprintln(std.err, instead)
	}
	if saved == nil {
		return []maker{j.maker()}, nil
	}
	for _, m := range saved.Made {
		if why := s.plan.foreign(s.task, m); why != "" && !mixed {
			return nil, usagef("%s was begun with another program: %s; remove it to begin anew, or add --mixed", s.dir, why)
		}
	}
	if err := sameSettings(saved.Settings, j.settings); err != nil {
		return nil, err
	}
	if err := j.engine.Restore(saved.Engine); err != nil {
		return nil, usagef("%s: %w; it is not of this shard: remove it", s.dir, err)
	}
	if !slices.Contains(saved.Made, j.maker()) {
		saved.Made = append(saved.Made, j.maker())
	}
	return saved.Made, nil
}

// saveShard writes the state of a job that trains a shard.
func (j *job) saveShard(made []maker) error {
	return writeState(j.dir, state{
		Settings: j.settings, Fingerprint: j.run().Fingerprint, Engine: j.engine.Saved(), Elapsed: j.elapsed(),
		Version: j.run().Version, BLAS: j.run().Machine.BLAS, Made: made,
	})
}

// snapshotsFile holds those of an observation.
func (s *shard) snapshotsFile(n int) string {
	return filepath.Join(s.dir, fmt.Sprintf("observation-%04d.gob", n))
}

// write leaves the snapshots of an observation.
func (s *shard) write(n int, snapshots []any) error {
	return writeKept(s.snapshotsFile(n), snapshotsKind, origin{s.plan.id, s.index, n}, snapshots)
}

// finish leaves the states at the end, says that the shard is done, and clears away what it would go on from.
func (s *shard) finish(j *job, made []maker) error {
	var states []any
	for _, state := range j.engine.States() {
		states = append(states, state)
	}
	if err := writeKept(filepath.Join(s.dir, endFile), endKind, origin{s.plan.id, s.index, -1}, states); err != nil {
		return err
	}
	d := doneShard{Plan: s.plan.id, Settings: j.settings, Replicas: s.replicas(), Made: made}
	err := record.WriteSealed(filepath.Join(s.dir, doneFile), doneKind, func(w io.Writer) error {
		return json.NewEncoder(w).Encode(d)
	})
	return errors.Join(err, j.removeState())
}

// done reads that the shard is done; where it is not the error is an [fs.ErrNotExist].
func (s *shard) done() (*doneShard, error) {
	path := filepath.Join(s.dir, doneFile)
	content, err := record.ReadSealed(path, doneKind)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("%w; remove %s, and train the shard again", err, s.dir)
	}
	if err != nil {
		return nil, err
	}
	d := new(doneShard)
	if err := json.Unmarshal(content, d); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return d, nil
}
