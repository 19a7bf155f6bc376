package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// patience is how long any one thing may take.
const patience = 2 * time.Minute

// settings are those of the cluster: its name, the folder, and the ports of controller and nodes. A task that is
// requeued waits cred_expire and a second.
const settings = `ClusterName=test
SlurmctldHost=%[1]s(127.0.0.1)
SlurmctldPort=%[3]d
AuthType=auth/munge
AuthInfo=socket=%[2]s/munge.socket,cred_expire=5
SlurmUser=root
SlurmdUser=root
StateSaveLocation=%[2]s/state
SlurmdSpoolDir=%[2]s/spool-%%n
SlurmctldPidFile=%[2]s/slurmctld.pid
SlurmdPidFile=%[2]s/slurmd-%%n.pid
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerParameters=bf_interval=1,sched_interval=1
BatchStartTimeout=1
MessageTimeout=5
ReturnToService=2
SlurmdParameters=config_overrides
NodeName=a,b NodeHostname=%[1]s NodeAddr=127.0.0.1 Port=%[4]d,%[5]d CPUs=2 RealMemory=16000
PartitionName=test Nodes=a,b Default=YES
`

// cluster is a Slurm in a folder.
type cluster struct {
	dir    string
	began  time.Time
	nodes  map[string]*os.Process // their slurmd
	last   map[string]job         // as squeue told last, by id
	starts map[string]int         // how often each was seen to begin
}

// job is what squeue tells of a job or a task.
type job struct{ state, node, reason string }

func (c *cluster) say(format string, args ...any) {
	fmt.Printf("%5.1f s  %s\n", time.Since(c.began).Seconds(), fmt.Sprintf(format, args...))
}

// mark is in the environment of all that belongs to the cluster.
func (c *cluster) mark() string { return "SLURM_CONF=" + filepath.Join(c.dir, "slurm.conf") }

// run runs a command, of Slurm or another, and returns what it prints.
func (c *cluster) run(ctx context.Context, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append(os.Environ(), c.mark())
	out, err := cmd.Output()
	if exit := new(exec.ExitError); errors.As(err, &exit) {
		err = fmt.Errorf("%s: %w: %s", name, err, exit.Stderr)
	}
	return string(out), err
}

// daemon starts a program that stays, and writes what it says into a log.
func (c *cluster) daemon(log, node, name string, args ...string) (*os.Process, error) {
	file, err := os.OpenFile(filepath.Join(c.dir, log+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), c.mark())
	if node != "" {
		cmd.Env = append(cmd.Env, "SLURMD_NODENAME="+node)
	}
	cmd.Stdout, cmd.Stderr = file, file
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // an interrupt is for this program, which stops them
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	go cmd.Wait()
	return cmd.Process, nil
}

// node starts the slurmd of a node.
func (c *cluster) node(name string) (err error) {
	c.nodes[name], err = c.daemon("slurmd-"+name, name, "slurmd", "-D", "-N", name)
	return err
}

// start starts the daemons, and waits until both nodes can be used.
func (c *cluster) start(ctx context.Context) error {
	host, err := os.Hostname()
	if err != nil {
		return err
	}
	host, _, _ = strings.Cut(host, ".")
	in := func(name string) string { return filepath.Join(c.dir, name) }
	key := make([]byte, 128)
	rand.Read(key)
	ports, err := freePorts(3)
	err = errors.Join(err,
		os.Chmod(c.dir, 0o755),
		os.WriteFile(in("munge.key"), key, 0o600),
		os.WriteFile(in("slurm.conf"), fmt.Appendf(nil, settings, host, c.dir, ports[0], ports[1], ports[2]), 0o644))
	if err != nil {
		return err
	}
	_, err = c.daemon("munged", "", "munged", "--foreground", "--key-file="+in("munge.key"),
		"--socket="+in("munge.socket"), "--pid-file="+in("munged.pid"), "--log-file="+in("munged.log"),
		"--seed-file="+in("munged.seed"))
	if err != nil {
		return err
	}
	err = c.until(ctx, "munged", func() (bool, error) {
		_, err := os.Stat(in("munge.socket"))
		return err == nil, nil
	})
	if err != nil {
		return err
	}
	if _, err := c.daemon("slurmctld", "", "slurmctld", "-D", "-i"); err != nil {
		return err
	}
	c.nodes = map[string]*os.Process{}
	if err := errors.Join(c.node("a"), c.node("b")); err != nil {
		return err
	}
	err = c.until(ctx, "two nodes", func() (bool, error) {
		out, err := c.run(ctx, "sinfo", "--noheader", "--Node", "--format=%T")
		return err == nil && out == "idle\nidle\n", nil
	})
	if err == nil {
		c.say("a controller and two nodes, a and b, of two cores")
	}
	return err
}

// freePorts returns some ports that nobody listens at.
func freePorts(n int) (ports []int, err error) {
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return make([]int, n), err
		}
		defer l.Close()
		ports = append(ports, l.Addr().(*net.TCPAddr).Port)
	}
	return ports, nil
}

// until waits for something.
func (c *cluster) until(ctx context.Context, what string, holds func() (bool, error)) error {
	ctx, cancel := context.WithTimeoutCause(ctx, patience, fmt.Errorf("waited %v for %s", patience, what))
	defer cancel()
	for {
		ok, err := holds()
		if ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// wait waits for something in the queue, and tells what happens there.
func (c *cluster) wait(ctx context.Context, what string, holds func() bool) error {
	return c.until(ctx, what, func() (bool, error) {
		out, err := c.run(ctx, "squeue", "--noheader", "--array", "--states=all", "--sort=i", "--format=%i|%T|%N|%r")
		if err != nil {
			return false, err
		}
		for _, line := range strings.Split(strings.TrimSpace(out), "\n") {
			f := strings.Split(line, "|")
			if len(f) != 4 {
				return false, fmt.Errorf("squeue printed %q", line)
			}
			id, now := f[0], job{f[1], f[2], f[3]}
			if now != c.last[id] {
				c.say("    %-5s %s %s (%s)", id, now.state, now.node, now.reason)
			}
			if now.state == "RUNNING" && c.last[id].state != "RUNNING" {
				c.starts[id]++
			}
			c.last[id] = now
			if now.state == "FAILED" {
				return false, fmt.Errorf("job %s failed: %s", id, now.reason)
			}
		}
		return holds(), nil
	})
}

// kill kills all processes of the cluster that have something in their environment, at the same moment, so that none
// can tell of the end of another.
func (c *cluster) kill(variable string) (n int) {
	names, _ := filepath.Glob("/proc/[0-9]*/environ")
	var found []int
	for _, name := range names {
		content, _ := os.ReadFile(name)
		env := strings.Split(string(content), "\x00")
		if slices.Contains(env, c.mark()) && slices.Contains(env, variable) {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(name)))
			found = append(found, pid)
		}
	}
	slices.Sort(found)
	for _, signal := range []syscall.Signal{syscall.SIGSTOP, syscall.SIGKILL} {
		for _, pid := range found {
			syscall.Kill(pid, signal)
		}
	}
	return len(found)
}

// stop kills all of the cluster, until there is nothing.
func (c *cluster) stop() {
	for c.kill(c.mark()) > 0 {
		time.Sleep(50 * time.Millisecond)
	}
}

// logs is the end of what the daemons said, as an error.
func (c *cluster) logs() (err error) {
	names, _ := filepath.Glob(filepath.Join(c.dir, "*.log"))
	for _, name := range names {
		content, _ := os.ReadFile(name)
		lines := strings.Split(strings.TrimSpace(string(content)), "\n")
		last := strings.Join(lines[max(0, len(lines)-20):], "\n")
		err = errors.Join(err, fmt.Errorf("-- %s\n%s", filepath.Base(name), last))
	}
	return err
}
