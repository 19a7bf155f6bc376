package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"

	"calorimeter/instrument/record"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// An experiment that is interrupted in the middle of a run goes on to the same numbers.
func TestExperimentIsResumed(t *testing.T) {
	if testing.Short() || runtime.GOOS == "windows" {
		t.Skip("waits for runs to be under way")
	}
	self, err := os.Executable()
	require.NoError(t, err)
	root := t.TempDir()
	whole, part := filepath.Join(root, "whole"), filepath.Join(root, "part")
	args := []string{"experiment", "balance", "--datasets=3", "--replicas=2", "--width=32", "--chains=8", "--subset=200",
		"--steps=800", "--observations=25", "--permutations=0", "-q"}
	require.Equal(t, exitDone, quietly(append(args, "--out", whole)...))
	require.NoError(t, os.Mkdir(part, 0o755))
	require.NoError(t, os.CopyFS(filepath.Join(part, "exact"), os.DirFS(filepath.Join(whole, "exact"))))
	begun, err := record.LoadExperiment(whole)
	require.NoError(t, err)
	begun.Network, begun.Verdict = nil, ""
	require.NoError(t, begun.Save(part))

	cmd := exec.Command(self)
	cmd.Args = append([]string{"train"}, append(args, "--out", part)...)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	require.NoError(t, cmd.Start())
	require.Eventually(t, func() bool {
		data, _ := os.ReadFile(filepath.Join(part, "runs", "made", "curves.csv"))
		return bytes.Count(data, []byte("\n")) > 3
	}, time.Minute, time.Millisecond)
	require.NoError(t, cmd.Process.Signal(syscall.SIGINT))
	assert.Error(t, cmd.Wait())
	assert.Equal(t, 130, cmd.ProcessState.ExitCode(), errs.String())
	assert.Contains(t, errs.String(), "go on with: train resume "+part)
	halted, err := record.LoadExperiment(part)
	require.NoError(t, err)
	assert.Empty(t, halted.Verdict)

	require.Equal(t, exitDone, quietly("resume", part))
	first, err := record.LoadExperiment(whole)
	require.NoError(t, err)
	second, err := record.LoadExperiment(part)
	require.NoError(t, err)
	assert.Equal(t, first.Network.Diagrams, second.Network.Diagrams)
	assert.Equal(t, first.Verdict, second.Verdict)
	assert.Equal(t, first.Answer, second.Answer)
}
