package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// wellUnderWay is what a shard has left when it is hurt, far from its end.
const wellUnderWay = "observation-0018.gob"

// dark is how long a node stays away: Slurm, which counts a task as lost where its node comes up without it, overlooks
// those that began less than BatchStartTimeout and MessageTimeout before.
const dark = 8 * time.Second

// plan is a plan in the hands of Slurm.
type plan struct {
	*cluster
	dir, lines string // its folder, and how to submit it
	array, job string // as submitted last
}

// submit submits the plan as a person does, by the lines that were printed.
func (p *plan) submit(ctx context.Context) error {
	out, err := p.run(ctx, "sh", "-ec", p.lines+"echo $job\n")
	if err != nil {
		return err
	}
	if _, err := fmt.Sscanf(out, "Submitted batch job %s\n%s", &p.job, &p.array); err != nil {
		return fmt.Errorf("sbatch printed %q: %w", out, err)
	}
	p.say("submitted: array %s, gather %s", p.array, p.job)
	return nil
}

func (p *plan) task(i int) string  { return fmt.Sprintf("%s_%d", p.array, i) }
func (p *plan) shard(i int) string { return filepath.Join(p.dir, "shards", fmt.Sprintf("%04d", i)) }

// underWay waits until some shards are well under way.
func (p *plan) underWay(ctx context.Context, shards ...int) error {
	return p.wait(ctx, "training", func() bool {
		return !slices.ContainsFunc(shards, func(i int) bool {
			_, err := os.Stat(filepath.Join(p.shard(i), wellUnderWay))
			return err != nil || p.last[p.task(i)].state != "RUNNING"
		})
	})
}

// ended waits until the tasks are done, and gather too, or what else it may be.
func (p *plan) ended(ctx context.Context, gather ...string) error {
	return p.wait(ctx, "the end", func() bool {
		for i := range 4 {
			if p.last[p.task(i)].state != "COMPLETED" {
				return false
			}
		}
		return slices.Contains(gather, p.last[p.job].state)
	})
}

// wentOn returns an error if a task that was started twice did not go on where it was.
func (p *plan) wentOn(i int) error {
	name := filepath.Join(p.dir, "slurm-train-"+filepath.Base(p.dir)+"-"+p.task(i)+".out")
	log, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	starts := bytes.Count(log, []byte("(SLURM_ARRAY_TASK_ID)"))
	zeros := bytes.Count(log, []byte("\nstep 0 ("))
	if starts != 2 || zeros != 1 {
		return fmt.Errorf("task %s began %d times, at step 0 %d times; it must go on where it was\n%s",
			p.task(i), starts, zeros, log)
	}
	return nil
}

// hurt submits the plan and hurts each of its tasks in its way.
func (p *plan) hurt(ctx context.Context) error {
	err := p.submit(ctx)
	if err == nil {
		err = p.underWay(ctx, 0, 1, 2, 3)
	}
	if err != nil {
		return err
	}
	near, far := p.last[p.task(0)].node, p.last[p.task(3)].node
	if near == far {
		return fmt.Errorf("tasks 0 and 3 are both on node %s", near)
	}

	p.say("scancel --signal=KILL %s", p.task(0))
	if _, err := p.run(ctx, "scancel", "--signal=KILL", p.task(0)); err != nil {
		return err
	}
	err = p.wait(ctx, "task 0 CANCELLED", func() bool { return p.last[p.task(0)].state == "CANCELLED" })
	if err == nil {
		err = p.requeue(ctx, 0)
	}
	if err != nil {
		return err
	}

	p.say("node %s loses its power, with all that runs there", far)
	p.kill("SLURMD_NODENAME=" + far)
	p.say("kill -9 slurmd of node %s, and it is started again", near)
	if err := p.nodes[near].Kill(); err != nil {
		return err
	}
	if err := p.node(near); err != nil {
		return err
	}
	for i := 1; i < 4; i++ {
		if state := p.last[p.task(i)].state; state != "RUNNING" {
			return fmt.Errorf("task %d was %s when its node was hurt: the job is too short", i, state)
		}
	}
	back := time.Now().Add(dark)
	if err := p.wait(ctx, "the dark", func() bool { return time.Now().After(back) }); err != nil {
		return err
	}
	p.say("node %s is back", far)
	if err := p.node(far); err != nil {
		return err
	}

	if err := p.ended(ctx, "CANCELLED", "COMPLETED"); err != nil {
		return err
	}
	for i, starts := range []int{2, 1, 2, 2} {
		if p.starts[p.task(i)] != starts {
			return fmt.Errorf("task %d was started %d times; it should have been %d", i, p.starts[p.task(i)], starts)
		}
	}
	return p.wentOn(0)
}

// again submits the plan where a shard is gone, and has Slurm requeue it while it is trained anew.
func (p *plan) again(ctx context.Context) error {
	const gone = 2
	if err := os.RemoveAll(p.shard(gone)); err != nil {
		return err
	}
	p.say("shard %d is removed", gone)
	err := p.submit(ctx)
	if err == nil {
		err = p.underWay(ctx, gone)
	}
	if err == nil {
		err = p.requeue(ctx, gone)
	}
	if err == nil {
		err = p.ended(ctx, "COMPLETED")
	}
	if err != nil {
		return err
	}
	return p.wentOn(gone)
}

func (p *plan) requeue(ctx context.Context, i int) error {
	p.say("scontrol requeue %s", p.task(i))
	_, err := p.run(ctx, "scontrol", "requeue", p.task(i))
	return err
}
