package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"calorimeter/instrument/record"
	"calorimeter/model/blas"
)

const planHelp = `Usage: train plan --shards N [--out DIR] [--slurm ...] [JOB]

Spread a job over many tasks, on one machine or on a cluster, which come back as the run folder that one process would
have written, byte for byte. JOB is the flags of train, or sweep --over ..., or experiment NAME, with its flags. The
plan is a folder that all tasks see; nothing else has to be shared, no port is opened and no file is locked.

  train plan --shards 16 --out DIR --datasets 32    writes DIR/plan: settings, data, version, and who trains what
  train shard DIR --index 3                         trains the replicas of shard 3, or goes on with them
  train status DIR                                  which shards are done, running, dead; rate and time left
  train gather DIR                                  makes DIR the run folder, from what the shards left in DIR/shards
  train gather DIR --index 1 --of 4                 every 4th observation alone, for the last "train gather DIR"

  train plan --shards 4 --out DIR sweep --over width=8,32,128      each run of a sweep in 4 shards, 12 in all
  train plan --shards 4 --out DIR experiment capacity              the trainings of an experiment

A shard that was killed goes on where it was, as often as it is started; two with the same index do no harm. Every
task must be of the same program, on the same kind of BLAS: what is of another is refused, with the reason.

On Slurm: --slurm writes DIR/train.sbatch and DIR/gather.sbatch too, and prints the two lines that submit them. The
index is that of the array. Tasks that Slurm requeues, or loses with their node, go on by themselves. Where a task
failed, ran out of time or was cancelled, even if it is requeued by hand then, Slurm cancels gather: submit the two
lines again, and what is done ends at once.
On others the index is read from the environment too, which nobody has tested there yet:
  PBS          qsub -J 0-15 -- train shard DIR                       PBS_ARRAY_INDEX
  Kubernetes   a Job with completionMode: Indexed, completions: 16   JOB_COMPLETION_INDEX
A shard ends with 0 when it is done, and with 143 on SIGTERM, when it has saved where it is: start it again.

  --shards=N          Tasks that train; of a sweep or an experiment, for each run. A task trains one replica or more.
  --out=DIR           Folder, new or empty (runs/plan-DATE-TIME), on a disk that every task sees.
  --slurm             Write batch files for Slurm. The program must be built, go build -o train ./cmd/train, and lie
                      where every node finds it.
  --partition=NAME    Partition of Slurm.
  --time=TIME         Time limit of a task, as Slurm writes it (01:00:00); where it was too short, submit again.
  --memory=SIZE       Memory of a task, as Slurm writes it (2G).
  --sbatch=OPTION     Any other option of sbatch, such as --sbatch=--account=physics; may be repeated.

Gathering holds one observation at a time. With E replicas of d weights, K chains of m numbers each, and L examples in
all training sets and held out, it takes up to 60 MB + 1.5 (E (16 d + 8 K m + 24 L + 200 K) + 24 E^2 K) bytes, which the
plan tells, and for each observation E^2 K forward passes of a sample. 384 replicas of 6,484 weights, with 32 chains of
196 pixels and 5,192 examples, took 372 MB of the 394 MB that this says, and 62 s for 6 observations on two cores; 192
of them 165 of 167 MB, and 9 to 12 s. On disk a snapshot of a replica takes some 5 bytes a weight. DIR/shards can be
removed when all is gathered.
`

// planFile says who trains what.
const planFile = "plan"

// planKind changes with what a plan holds, and shards.
const planKind = "plan of train, format 1"

// plan says who trains what of one or several jobs, and with what.
type plan struct {
	Kind    string   `json:"kind"`    // of the verb: "train", "sweep" or "experiment"
	Command []string `json:"command"` // its command line, without the folder
	Version string   `json:"version"` // of the program
	Jobs    []*task  `json:"jobs"`

	dir string
	id  string // tells it from others
}

// task is a job of a plan, which trains so many replicas.
type task struct {
	Folder       string          `json:"folder"` // of its run, in that of the plan
	Command      []string        `json:"command"`
	Settings     record.Settings `json:"settings"`
	Fingerprint  record.Settings `json:"fingerprint"`  // of the data
	Observations int             `json:"observations"` // how many
	PerSet       int             `json:"per_set"`      // replicas of a training set
	BLAS         string          `json:"blas"`         // its name
	Rounds       string          `json:"rounds"`       // what of it the bits depend on
	Memory       float64         `json:"memory"`       // that gathering takes at most, bytes
	Shards       [][]int         `json:"shards"`       // replicas of each
}

// planFlags are those of the verb itself.
type planFlags struct {
	shards int
	out    string
	slurm  slurm
	rest   []string
}

// planVerb writes a plan.
func planVerb(ctx context.Context, args []string, std streams) error {
	f, err := parsePlan(args)
	if errors.Is(err, errHelp) {
		fmt.Fprint(std.out, planHelp)
		return err
	}
	if err != nil {
		return err
	}
	p, jobs, err := planned(f, std)
	if err != nil {
		return err
	}
	for _, t := range jobs {
		err := p.add(ctx, t, f.shards, std)
		if err != nil && len(jobs) > 1 {
			err = fmt.Errorf("%s: %w", t.Folder, err)
		}
		if err != nil {
			return err
		}
	}
	p.dir, err = prepareFolder(f.out, "plan")
	if err != nil {
		return err
	}
	if err := p.save(); err != nil {
		return err
	}
	n := p.shards()
	fmt.Fprintf(std.err, "%s for %s in %s; gathering takes up to %.0f MB\n", record.Plural(n, "shard"),
		record.Plural(len(p.Jobs), "run"), p.dir, p.memory()/1e6)
	if f.slurm.wanted {
		return f.slurm.write(p, std.out)
	}
	for _, line := range []string{
		fmt.Sprintf("train shard %s --index I      for I from 0 to %d, in any order, anywhere", p.dir, n-1),
		"train status " + p.dir, "train gather " + p.dir,
	} {
		fmt.Fprintln(std.out, line)
	}
	return nil
}

// parsePlan takes the plan's own flags out of the command line.
func parsePlan(args []string) (f planFlags, err error) {
	own := map[string]*string{
		"--out": &f.out, "--partition": &f.slurm.partition, "--time": &f.slurm.time, "--memory": &f.slurm.memory,
	}
	var shards, option string
	own["--shards"], own["--sbatch"] = &shards, &option
	for i := 0; i < len(args); i++ {
		name, value, joined := strings.Cut(args[i], "=")
		field, mine := own[name]
		switch {
		case args[i] == "-h" || args[i] == "--help":
			return f, errHelp
		case args[i] == "--slurm":
			f.slurm.wanted = true
			continue
		case !mine:
			f.rest = append(f.rest, args[i])
			continue
		case !joined:
			if i++; i == len(args) {
				return f, usagef("%s needs a value (see train plan --help)", name)
			}
			value = args[i]
		}
		*field = value
		if name == "--sbatch" {
			f.slurm.options = append(f.slurm.options, value)
		}
	}
	f.shards, err = strconv.Atoi(shards)
	if err != nil || f.shards < 1 {
		return f, usagef("--shards is %q: say how many tasks there are to be, 1 or more (see train plan --help)", shards)
	}
	return f, f.slurm.check()
}

// planned makes the plan, and the jobs that it is to have.
func planned(f planFlags, std streams) (p *plan, jobs []*task, err error) {
	p = &plan{Kind: "train", Command: again(f.rest)}
	if len(f.rest) > 0 && slices.Contains([]string{"sweep", "experiment"}, f.rest[0]) {
		p.Kind, p.Command = f.rest[0], p.Command[1:]
	}
	switch p.Kind {
	case "train":
		jobs = append(jobs, &task{Folder: ".", Command: p.Command})
	case "sweep":
		over, _, rest, err := sweepArgs(p.Command)
		if err != nil {
			return nil, nil, err
		}
		s, err := newSweep(over, rest, std)
		if err != nil {
			return nil, nil, err
		}
		for _, point := range s.points {
			jobs = append(jobs, &task{Folder: point.folder, Command: again(point.args)})
		}
	case "experiment":
		l, err := p.laboratory(std)
		if err != nil {
			return nil, nil, err
		}
		jobs = l.tasks()
	}
	return p, jobs, nil
}

// add opens the data of a job and enters it in the plan.
func (p *plan) add(ctx context.Context, t *task, shards int, std streams) error {
	o, err := parse(t.Command, std)
	if err != nil {
		return err
	}
	o.run().share.train = []int{0}
	j, err := prepare(ctx, o, t.Command, newDisplay(sittingFlags{}, std))
	if err != nil {
		return beforeTraining(ctx, err)
	}
	defer j.engine.Close()
	replicas := j.engine.Trainee().Count()
	if shards > replicas && p.Kind == "train" {
		return usagef("--shards %d: there are %d replicas, and a shard has one or more", shards, replicas)
	}
	shards = min(shards, replicas)
	t.Memory = j.gatherMemory()
	p.Version = j.run().Version
	t.BLAS, _, _ = strings.Cut(j.rounds, " ")
	t.Rounds = j.rounds
	t.Settings, t.Fingerprint = j.settings, j.run().Fingerprint
	t.Observations, t.PerSet = len(j.engine.Steps()), j.run().Replicas
	for i := range shards {
		var own []int
		for s := i * replicas / shards; s < (i+1)*replicas/shards; s++ {
			own = append(own, s)
		}
		t.Shards = append(t.Shards, own)
	}
	p.Jobs = append(p.Jobs, t)
	return nil
}

// gatherMemory is what gathering takes at most, bytes; see planHelp.
func (j *job) gatherMemory() float64 {
	run := j.run()
	width, judged := j.files.judges()
	e, k := float64(j.engine.Trainee().Count()), float64(run.Chains)
	of := 16*float64(run.Weights) + 8*k*float64(width) + 24*float64(judged) + 200*k
	return 60e6 + 1.5*(e*of+24*e*e*k)
}

// memory is what gathering takes at most.
func (p *plan) memory() (most float64) {
	for _, t := range p.Jobs {
		most = max(most, t.Memory)
	}
	return most
}

// shards is how many there are in all.
func (p *plan) shards() (n int) {
	for _, t := range p.Jobs {
		n += len(t.Shards)
	}
	return n
}

// save writes the plan.
func (p *plan) save() error {
	return record.WriteSealed(filepath.Join(p.dir, planFile), planKind, func(w io.Writer) error {
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		return enc.Encode(p)
	})
}

// readPlan reads the plan in a folder. Where there is none the error is an [fs.ErrNotExist].
func readPlan(dir string) (*plan, error) {
	path := filepath.Join(dir, planFile)
	content, err := record.ReadSealed(path, planKind)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, usagef("%s is not the folder of a plan (see train plan --help): %w", dir, err)
	}
	if err != nil {
		return nil, usageError{err}
	}
	sum := sha256.Sum256(content)
	p := &plan{dir: dir, id: hex.EncodeToString(sum[:])}
	if err := json.Unmarshal(content, p); err != nil {
		return nil, usagef("%s: %w", path, err)
	}
	return p, nil
}

// gathered is how many runs are whole.
func (p *plan) gathered() (n int) {
	for _, t := range p.Jobs {
		if run, err := record.LoadRun(p.folder(t)); err == nil && run.Status == record.Done {
			n++
		}
	}
	return n
}

// folder is that of the run of a job.
func (p *plan) folder(t *task) string { return filepath.Join(p.dir, filepath.FromSlash(t.Folder)) }

// prepare opens the data of a job of the plan and builds its networks, as [prepare] does, for the share that is done
// here. It returns an error where this is not the program, or not the data, that the plan is of; with mixed, another
// version or BLAS is taken.
func (p *plan) prepare(
	ctx context.Context, t *task, here share, mixed bool, f sittingFlags, std streams,
) (*job, *display, error) {
	o, err := parse(t.Command, std)
	if err != nil {
		return nil, nil, err
	}
	o.run().share = here
	o.common().sittingFlags, o.common().Blas = f, t.BLAS
	if _, err := blas.Use(t.BLAS); err != nil && mixed {
		o.common().Blas = "auto"
	}
	show := newDisplay(f, std)
	j, err := prepare(ctx, o, t.Command, show)
	if err != nil {
		return nil, nil, beforeTraining(ctx, err)
	}
	if err := p.agrees(t, j, mixed); err != nil {
		return nil, nil, errors.Join(usageError{err}, j.engine.Close())
	}
	return j, show, nil
}

// agrees returns an error where a job is not one of the plan.
func (p *plan) agrees(t *task, j *job, mixed bool) error {
	if differ := t.Settings.Differing(j.settings); len(differ) > 0 {
		return fmt.Errorf("the plan has --%s %s, and this program makes it %q: make a new plan", differ[0].Name,
			differ[0].Value, j.settings.Of(differ[0].Name))
	}
	if differ := t.Fingerprint.Differing(j.run().Fingerprint); len(differ) > 0 {
		return fmt.Errorf("the %s of %s are not those of the plan: put them back, or make a new plan", differ[0].Name,
			j.run().Data)
	}
	if why := p.foreign(t, j.maker()); why != "" && !mixed {
		return fmt.Errorf("%s: use the same everywhere, or add --mixed, and the record says that bits may differ", why)
	}
	return nil
}

// maker is what the bits of a run depend on beside its settings and its data.
type maker struct{ Version, Rounds string }

// maker is what this job is made with.
func (j *job) maker() maker { return maker{j.run().Version, j.rounds} }

// foreign says how a maker differs from that of the plan; empty if it does not.
func (p *plan) foreign(t *task, m maker) string {
	switch {
	case m.Version != p.Version:
		return fmt.Sprintf("version %s of the program is not that of the plan, %s", m.Version, p.Version)
	case m.Rounds != t.Rounds:
		return fmt.Sprintf("BLAS %s rounds otherwise than that of the plan, %s", m.Rounds, t.Rounds)
	}
	return ""
}
