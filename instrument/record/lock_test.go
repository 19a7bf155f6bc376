package record

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// lockFor names the folder that a copy of this test's program is to lock until it is killed.
const lockFor = "CALORIMETER_TEST_LOCK"

// One program at a time works in a folder; the second is told which does. A killed one is no hindrance, even where its
// parent never asks how it died, and what it was writing is cleared away.
func TestLockOfAnotherProgram(t *testing.T) {
	if dir := os.Getenv(lockFor); dir != "" {
		_, err := Lock(dir)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, ".state.gob.17.tmp"), nil, 0o644))
		fmt.Println("locked")
		time.Sleep(time.Minute)
	}
	self, err := os.Executable()
	require.NoError(t, err)
	dir := t.TempDir()
	c := exec.Command(self, "-test.run", "TestLockOfAnotherProgram")
	c.Env = append(os.Environ(), lockFor+"="+dir)
	out, err := c.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, c.Start())
	_, err = io.ReadFull(out, make([]byte, len("locked")))
	require.NoError(t, err)

	_, err = Lock(dir)
	require.ErrorContains(t, err, fmt.Sprintf("another program works in %s (process %d on ", dir, c.Process.Pid))
	require.ErrorContains(t, err, ", since 20")

	require.NoError(t, c.Process.Kill())
	var unlock func() error
	require.Eventually(t, func() bool {
		unlock, err = Lock(dir)
		return err == nil
	}, 10*time.Second, time.Millisecond)
	c.Wait()
	require.NoFileExists(t, filepath.Join(dir, ".state.gob.17.tmp"))
	_, err = Lock(dir)
	require.ErrorContains(t, err, "another run of this program works in "+dir)
	require.NoError(t, unlock())
	require.NoError(t, unlock())
	require.NoFileExists(t, filepath.Join(dir, LockFile))
}

// Of many that want a folder at the same time one has it, whatever a lock that was left behind says.
func TestLockIsHadByOne(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, LockFile), []byte("1 elsewhere"), 0o644))
	for range 20 {
		type lock struct {
			unlock func() error
			err    error
		}
		had := make(chan lock)
		for range 8 {
			go func() {
				unlock, err := Lock(dir)
				had <- lock{unlock, err}
			}()
		}
		holders := []func() error{}
		for range 8 {
			if l := <-had; l.err == nil {
				holders = append(holders, l.unlock)
			}
		}
		require.Len(t, holders, 1)
		require.NoError(t, holders[0]())
	}
}

// A run folder whose names lead elsewhere is neither written in nor read, nor is one with a pipe that never ends.
func TestLinksInAFolderAreRefused(t *testing.T) {
	run := Run{Status: Done, Quantities: []Info{}}
	for what, plant := range map[string]func(dir, elsewhere string) error{
		"samples.png is a symbolic link":   link("samples.png"),
		"weights is a symbolic link":       link("weights"),
		"run.lock is a symbolic link":      link(LockFile),
		"d0-r0.gob is a symbolic link":     link("snapshots/d0-r0.gob"),
		"run.json is not a regular file":   pipe(RunFile),
		"curves.csv is not a regular file": pipe(CurvesFile),
	} {
		dir, elsewhere := t.TempDir(), t.TempDir()
		require.NoError(t, run.Save(dir))
		if err := plant(dir, elsewhere); err != nil {
			t.Skip(err)
		}
		_, err := LoadRun(dir)
		require.ErrorContains(t, err, what)
		_, err = Lock(dir)
		require.ErrorContains(t, err, what)
	}
}

// link puts a symbolic link to elsewhere in the place of a file.
func link(name string) func(dir, elsewhere string) error {
	return func(dir, elsewhere string) error {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		return os.Symlink(elsewhere, path)
	}
}

// pipe puts a pipe in the place of a file.
func pipe(name string) func(dir, elsewhere string) error {
	return func(dir, _ string) error {
		path := filepath.Join(dir, name)
		os.Remove(path)
		return exec.Command("mkfifo", path).Run()
	}
}
