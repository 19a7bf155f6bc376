package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"

	"calorimeter/instrument/record"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// programInPath returns a PATH in which this program is train: the test's own binary, which TestMain makes it.
func programInPath(t *testing.T) string {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	dir := t.TempDir()
	if err := os.Symlink(self, filepath.Join(dir, "train")); err != nil {
		t.Skip(err)
	}
	return dir + string(os.PathListSeparator) + os.Getenv("PATH")
}

// A signal ends the program with the code that shells give it, and with the way to go on.
func TestSignals(t *testing.T) {
	if testing.Short() || runtime.GOOS == "windows" {
		t.Skip("waits for runs to be under way")
	}
	self, err := os.Executable()
	require.NoError(t, err)
	for _, c := range []struct {
		signal syscall.Signal
		code   int
		nohup  bool
	}{{syscall.SIGINT, 130, false}, {syscall.SIGTERM, 143, true}, {syscall.SIGHUP, 129, false}} {
		if signal.Ignored(c.signal) {
			t.Logf("%v is ignored here, under nohup for example, and by what is started from here", c.signal)
			continue
		}
		dir := filepath.Join(t.TempDir(), "run")
		cmd := exec.Command(self)
		cmd.Args[0] = "train"
		if c.nohup {
			cmd = exec.Command("sh", "-c", `trap "" HUP; exec "$0" "$@"`, "train")
			cmd.Env = append(os.Environ(), "PATH="+programInPath(t))
		}
		cmd.Args = append(cmd.Args, "--model", "gaussian", "--steps", "100000000", "--datasets", "4", "--replicas", "2",
			"--observations", "60", "--permutations", "0", "-q", "--out", dir)
		var errs bytes.Buffer
		cmd.Stderr = &errs
		require.NoError(t, cmd.Start())
		require.Eventually(t, func() bool {
			data, _ := os.ReadFile(filepath.Join(dir, "curves.csv"))
			return bytes.Count(data, []byte("\n")) > 3
		}, time.Minute, 10*time.Millisecond)
		if c.nohup { // a hang-up does nothing then
			require.NoError(t, cmd.Process.Signal(syscall.SIGHUP))
			time.Sleep(100 * time.Millisecond)
		}
		require.NoError(t, cmd.Process.Signal(c.signal))
		assert.Error(t, cmd.Wait())
		assert.Equal(t, c.code, cmd.ProcessState.ExitCode(), "%v\n%s", c.signal, errs.String())
		assert.Regexp(t, `^train: interrupted: \d+ of 60 observations are in .*run; go on with: train resume `, errs.String())
		assert.FileExists(t, filepath.Join(dir, stateFile))
	}
}

// A run whose output nobody reads to the end goes on to its own.
func TestOutputThatNobodyReads(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("has no such pipes")
	}
	self, err := os.Executable()
	require.NoError(t, err)
	for _, flag := range []string{"--blas=auto", "--json", "--quiet"} {
		dir := filepath.Join(t.TempDir(), "run")
		cmd := exec.Command(self)
		cmd.Args = []string{"train", "--model", "gaussian", "--steps", "20", "--datasets", "2", "--replicas", "2",
			"--observations", "5", "--permutations", "0", flag, "--out", dir}
		read, write, err := os.Pipe()
		require.NoError(t, err)
		cmd.Stdout, cmd.Stderr = write, write
		require.NoError(t, cmd.Start())
		require.NoError(t, errors.Join(write.Close(), read.Close()))
		require.NoError(t, cmd.Wait())
		assert.Equal(t, record.Done, runOf(t, dir).Status)
	}
}

func TestExitCodes(t *testing.T) {
	free := context.Background()
	stopped, stop := context.WithCancelCause(free)
	stop(signalled{syscall.SIGINT})
	failed := errors.New("the disk is full")
	for _, c := range []struct {
		name string
		ctx  context.Context
		err  error
		code int
	}{
		{"done", free, nil, 0},
		{"done before the signal was seen", stopped, nil, 0},
		{"help", free, errHelp, 0},
		{"failed", free, failed, 1},
		{"usage", free, usagef("no"), 2},
		{"a usage error inside of others", free, errors.Join(failed, usagef("no")), 2},
		{"interrupted", stopped, interruptedf("on the way"), 130},
		{"a sweep with a failed run, interrupted", stopped, errors.Join(failed, interruptedf("on the way")), 130},
		{"interrupted, but not all could be kept", stopped, errors.Join(context.Canceled, failed), 1},
	} {
		assert.Equal(t, c.code, exitCode(c.ctx, c.err), c.name)
	}
}
