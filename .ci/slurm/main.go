// Slurm has a plan carried out by a real Slurm: run as "go run ./.ci/slurm" from the repository's root, by root, where
// Debian's slurm-wlm and munge are installed. In a folder of its own it starts a controller and two nodes, submits what
// "train plan --slurm" wrote by the lines that it printed, hurts what runs, and compares all files that come back with
// those of one process. It prints what Slurm did, and exits with 1 if a file differs or Slurm did something else; where
// there is no Slurm it says so, and exits with 0.
//
// The first time a task is killed by scancel and requeued by hand, one node loses its power, and the other its slurmd
// alone. A task that was cancelled is not ok for Slurm even when it is done after all: it cancels gather, which waits
// for afterok, and both lines are submitted again. That time one shard is trained anew, and requeued in the middle.
package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// flags are those of the job: a task takes some 6 s of a core.
const flags = "--width 16 --datasets 4 --replicas 1 --subset 100 --steps 150000 --permutations 20 --blas tile"

func main() {
	os.Setenv("PATH", os.Getenv("PATH")+":/usr/sbin")
	if why := missing(); why != "" {
		fmt.Println("slurm: skipped:", why)
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	if err := show(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "slurm:", err)
		os.Exit(1)
	}
}

// missing says why there can be no Slurm here; empty if there can.
func missing() string {
	for _, name := range []string{"munged", "slurmctld", "slurmd", "sbatch", "squeue", "scancel", "scontrol"} {
		if _, err := exec.LookPath(name); err != nil {
			return "there is no " + name + " here (Debian has slurm-wlm and munge)"
		}
	}
	if os.Getuid() != 0 {
		return "only root can start its daemons"
	}
	host, err := os.Hostname()
	if err == nil {
		_, err = net.LookupHost(host)
	}
	if err != nil {
		return "this host must know itself by its name: " + err.Error()
	}
	return ""
}

// show carries the plan out in one process and on a cluster, and compares them.
func show(ctx context.Context) (err error) {
	dir, err := os.MkdirTemp("", "slurm")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	c := &cluster{dir: dir, began: time.Now(), last: map[string]job{}, starts: map[string]int{}}
	if _, err := c.run(ctx, "go", "build", "-o", filepath.Join(dir, "train"), "./cmd/train"); err != nil {
		return err
	}
	c.say("one process")
	train := filepath.Join(dir, "train")
	one := filepath.Join(dir, "one")
	if _, err := c.run(ctx, train, append(strings.Fields(flags), "--quiet", "--out", one)...); err != nil {
		return err
	}
	defer c.stop()
	defer func() {
		if err != nil && ctx.Err() == nil {
			err = errors.Join(err, c.logs())
		}
	}()
	if err := c.start(ctx); err != nil {
		return err
	}
	p := &plan{cluster: c, dir: filepath.Join(dir, "it's 90%a plan")} // as a shell and Slurm must be told
	p.lines, err = c.run(ctx, train,
		slices.Concat([]string{"plan", "--shards", "4", "--slurm", "--out", p.dir}, strings.Fields(flags))...)
	if err == nil {
		err = p.hurt(ctx)
	}
	if err == nil {
		err = p.again(ctx)
	}
	if err != nil {
		return err
	}
	status, err := c.run(ctx, train, "status", p.dir)
	if err != nil {
		return err
	}
	if !strings.Contains(status, "4 of 4 shards are done; 1 of 1 runs are gathered") {
		return fmt.Errorf("train status printed %s", status)
	}
	if err := differ(one, p.dir); err != nil {
		return err
	}
	c.say("every file is the same")
	return nil
}

// differ returns an error where a file of one process is not that of the plan. Not compared are those that tell when a
// run was made, or how long it took, and what is of the plan alone.
func differ(one, plan string) error {
	args := []string{"-rq", one, plan}
	for _, name := range []string{"run.json", "report.html", "*.pdf", "plan", "shards", "*.sbatch", "slurm-*.out"} {
		args = append(args, "--exclude="+name)
	}
	out, err := exec.Command("diff", args...).CombinedOutput()
	if err != nil {
		err = fmt.Errorf("%w: %s", err, out)
	}
	return err
}
