//go:build ignore

// Kills counts what is lost where the program is killed: run as "go run .ci/kills.go [-n KILLS]" from the repository's
// root it runs small jobs of several kinds, kills each at random moments without warning, goes on with "train resume",
// now and then killed again, and compares every file with that of a run that was left alone. Of the kind shards it is
// the tasks of a plan and gather that are killed, and started again, two at a time now and then. It prints the counts
// of each kind and exits with 1 if a file differs or a run could not go on.
package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// kinds are the jobs, with their share of the kills.
var kinds = []struct {
	name  string
	share float64
	args  string
}{
	{"made", 0.25, "--width 16 --datasets 4 --replicas 2 --subset 100 --steps 400 --permutations 200 --blas tile"},
	{"rbm", 0.2, "--model rbm --width 12 --datasets 3 --replicas 2 --subset 60 --steps 200 --blas tile"},
	{"swav", 0.15, "--model swav --subset 200 --steps 150 --replicas 2 --blas tile"},
	{"sweep", 0.1, "sweep --over width=4,8 --datasets 3 --replicas 2 --subset 60 --steps 150 --blas tile"},
	{"experiment", 0.1, "experiment lagged --datasets 2 --steps 20 --observations 4 --blas tile"},
	{"shards", 0.2, "--width 8 --datasets 3 --replicas 2 --subset 60 --steps 600 --permutations 20 --blas tile"},
}

// timed are the files that tell when a run was made, or how long it took.
var timed = []string{"run.json", "report.html", "report-comparison.html", "experiment.json", "experiment.html", ".pdf"}

func main() {
	kills := flag.Int("n", 200, "how many kills")
	only := flag.String("only", "", "one kind alone")
	seed := flag.Uint64("seed", 1, "of the moments")
	flag.Parse()
	if err := count(*kills, *only, rand.New(rand.NewPCG(*seed, 2))); err != nil {
		fmt.Fprintln(os.Stderr, "kills:", err)
		os.Exit(1)
	}
}

func count(kills int, only string, rng *rand.Rand) error {
	scratch, err := os.MkdirTemp("", "kills")
	if err != nil {
		return err
	}
	defer os.RemoveAll(scratch)
	program := filepath.Join(scratch, "train")
	if out, err := exec.Command("go", "build", "-o", program, "./cmd/train").CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	failed := false
	for _, kind := range kinds {
		if only != "" && only != kind.name {
			continue
		}
		args := strings.Fields(kind.args)
		whole := filepath.Join(scratch, kind.name)
		began := time.Now()
		if _, err := run(0, program, append(args, "--out", whole)...); err != nil {
			return fmt.Errorf("%s: %w", kind.name, err)
		}
		took := time.Since(began)
		c := &counts{program: program, whole: whole, took: took, rng: rng}
		wanted := int(float64(kills)*kind.share + 0.5)
		if only != "" {
			wanted = kills
		}
		for c.kills < wanted {
			dir := filepath.Join(scratch, fmt.Sprint(kind.name, c.runs))
			if kind.name == "shards" {
				c.plan(args, dir)
			} else {
				c.once(append(args, "--out", dir), dir)
			}
			os.RemoveAll(dir)
		}
		fmt.Printf("%-10s %v: %d runs killed %d times; %d too early to go on, %d stuck, %d with files that differ\n",
			kind.name, took.Round(100*time.Millisecond), c.runs, c.kills, c.early, c.stuck, c.different)
		failed = failed || c.stuck+c.different > 0
	}
	if failed {
		return fmt.Errorf("something was lost")
	}
	return nil
}

type counts struct {
	program, whole                       string
	took                                 time.Duration
	rng                                  *rand.Rand
	runs, kills, early, stuck, different int
}

// once kills one run until it is done, four times at most.
func (c *counts) once(args []string, dir string) {
	c.runs++
	left := 1 + c.rng.IntN(4)
	for n := 0; ; n++ {
		wait := time.Duration(0)
		if n < left {
			wait = 1 + time.Duration(c.rng.Float64()*float64(c.took))
		}
		killed, err := run(wait, c.program, args...)
		switch {
		case killed:
			c.kills++
		case err != nil && n > 0 && strings.Contains(err.Error(), "there is no folder"):
			c.early++ // killed before it had one
			return
		case err != nil:
			c.stuck++
			fmt.Printf("stuck: train %s: %v\n", strings.Join(args, " "), err)
			return
		default:
			for _, name := range differences(c.whole, dir) {
				c.different++
				fmt.Printf("train %s: %s differs\n", strings.Join(args, " "), name)
			}
			return
		}
		args = []string{"resume", dir}
	}
}

// plan kills the tasks of a plan, each twice at most, and now and then has two of a shard at the same time.
func (c *counts) plan(args []string, dir string) {
	c.runs++
	const shards = 3
	_, err := run(0, c.program, slices.Concat([]string{"plan", "--shards", fmt.Sprint(shards), "--out", dir}, args)...)
	for i := 0; i <= shards && err == nil; i++ {
		task := []string{"shard", dir, "--index", fmt.Sprint(i)}
		if i == shards {
			task = []string{"gather", dir}
		}
		for left := c.rng.IntN(3); ; left-- {
			twin := make(chan bool, 1)
			if wait := c.wait(); left > 0 && c.rng.IntN(3) == 0 {
				go func() {
					killed, _ := run(wait, c.program, task...)
					twin <- killed
				}()
			} else {
				twin <- false
			}
			wait := time.Duration(0)
			if left > 0 {
				wait = c.wait()
			}
			var killed bool
			killed, err = run(wait, c.program, task...)
			if <-twin {
				c.kills++
			}
			if !killed {
				break
			}
			c.kills++
			err = nil
		}
	}
	if err != nil {
		c.stuck++
		fmt.Printf("stuck: %s: %v\n", dir, err)
		return
	}
	for _, name := range differences(c.whole, dir) {
		own := strings.HasPrefix(name, "plan") || strings.HasPrefix(name, "shards/") || strings.HasSuffix(name, ".tmp")
		if !own { // of the plan, or left by who was killed less than an hour ago
			c.different++
			fmt.Printf("plan %s: %s differs\n", dir, name)
		}
	}
}

// wait is when to kill a task of a plan.
func (c *counts) wait() time.Duration { return 1 + time.Duration(c.rng.Float64()*float64(c.took)/2) }

// run runs a program, and kills it after a while if that is not 0.
func run(wait time.Duration, program string, args ...string) (killed bool, err error) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if wait > 0 {
		ctx, cancel = context.WithTimeout(ctx, wait)
		defer cancel()
	}
	out, err := exec.CommandContext(ctx, program, args...).CombinedOutput()
	if err != nil && ctx.Err() == nil {
		lines := bytes.Split(bytes.TrimSpace(out), []byte("\n"))
		err = fmt.Errorf("%w: %s", err, lines[len(lines)-1])
	}
	return err != nil && ctx.Err() != nil, err
}

// differences are the files that are not the same in two folders.
func differences(one, other string) (names []string) {
	var all []string
	for _, dir := range []string{one, other} {
		_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() {
				name, _ := filepath.Rel(dir, path)
				all = append(all, name)
			}
			return err
		})
	}
	slices.Sort(all)
	for _, name := range slices.Compact(all) {
		a, err := os.ReadFile(filepath.Join(one, name))
		b, err2 := os.ReadFile(filepath.Join(other, name))
		tells := slices.ContainsFunc(timed, func(t string) bool { return strings.HasSuffix(name, t) })
		b = bytes.ReplaceAll(b, []byte(other), []byte(one)) // what tells where it is
		if err != nil || err2 != nil || !tells && !bytes.Equal(a, b) {
			names = append(names, name)
		}
	}
	return names
}
