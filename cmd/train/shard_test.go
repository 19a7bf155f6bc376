package main

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"calorimeter/instrument/record"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Deliberate errors, and the tests that caught them:
//
//	the first replicas trained in every shard          TestShardsAreOneRun
//	states at the end of the shards in reverse         TestShardsAreOneRun
//	all training sets compared, whole or not           TestGatherOfWholeTrainingSets
//	another version gathered without a word            TestShardsOfAnotherProgramAreRefused
//	snapshots of any observation taken for the one     TestShardsOfAnotherProgramAreRefused

// smallJobs are jobs of a second or less.
var smallJobs = map[string]string{
	"made": "--data bars-and-stripes --width 6 --datasets 4 --replicas 2 --subset 60 --steps 30 " +
		"--observations 5 --chains 4 --permutations 3",
	"rbm": "--model rbm --data bars-and-stripes --width 5 --datasets 4 --replicas 2 --subset 60 " +
		"--steps 12 --observations 4 --chains 4 --particles 5 --burn-in 20 --moves 5 --follow 5 " +
		"--ais-chains 4 --ais-steps 10 --permutations 3",
	"swav": "--model swav --subset 60 --datasets 4 --replicas 2 --test-size 60 --width 8 --representation 6 --head 6 " +
		"--projection 4 --labels 4 --batch 16 --steps 20 --observations 4 --view-pairs 2 --permutations 3",
}

// do runs the program without figures and returns its exit code and what it said.
func do(t *testing.T, line string, args ...string) (code int, said string) {
	var errs bytes.Buffer
	std := streams{out: io.Discard, err: &errs, bare: true}
	return run(t.Context(), append(strings.Fields(line), args...), std), errs.String()
}

func must(t *testing.T, line string, args ...string) {
	t.Helper()
	code, said := do(t, line, args...)
	require.Equal(t, exitDone, code, said)
}

// requireSameRun demands that every file of a run is there and the same, but for what tells when it was made.
func requireSameRun(t *testing.T, whole, other string) {
	t.Helper()
	files := 0
	require.NoError(t, filepath.WalkDir(whole, func(path string, e fs.DirEntry, err error) error {
		name, _ := filepath.Rel(whole, path)
		if err != nil || e.IsDir() || name == record.RunFile || name == record.ReportFile {
			return err
		}
		want, err := os.ReadFile(path)
		require.NoError(t, err)
		have, err := os.ReadFile(filepath.Join(other, name))
		require.NoError(t, err)
		require.True(t, bytes.Equal(want, have), "%s differs", name)
		files++
		return nil
	}))
	require.Greater(t, files, 8)
	one, two := runOf(t, whole), runOf(t, other)
	require.Equal(t, one.Files, two.Files)
	require.Equal(t, one.Books, two.Books)
	require.Equal(t, one.Findings, two.Findings)
	require.Equal(t, one.Warnings, two.Warnings)
	require.Equal(t, one.Notes, two.Notes)
	require.Equal(t, one.Status, two.Status)
}

// One process, and 1, 3 and 8 shards, which are trained in any order, write the same run folder.
func TestShardsAreOneRun(t *testing.T) {
	for name, args := range smallJobs {
		dir := t.TempDir()
		whole := filepath.Join(dir, "whole")
		must(t, args, "--out", whole, "--blas", "tile")
		for _, n := range []int{1, 3, 8} {
			in := filepath.Join(dir, fmt.Sprint(n))
			must(t, "plan "+args, "--shards", fmt.Sprint(n), "--out", in, "--blas=tile")
			for i := n - 1; i >= 0; i-- {
				must(t, "shard", in, "--index", fmt.Sprint(i), "-q")
			}
			for j := range 3 {
				if n == 3 { // spread over three tasks too
					must(t, "gather -q --of 3", in, fmt.Sprint("--index=", j))
				}
			}
			must(t, "gather -q", in)
			requireSameRun(t, whole, in)
			t.Log(name, n)
		}
	}
}

// Where shards are missing, the training sets that are whole are compared; later all are.
func TestGatherOfWholeTrainingSets(t *testing.T) {
	for name, args := range smallJobs {
		if name == "rbm" { // as made
			continue
		}
		dir := t.TempDir()
		whole, in := filepath.Join(dir, "whole"), filepath.Join(dir, "plan")
		must(t, args, "--out", whole, "--blas", "tile")
		must(t, "plan --shards 8 --blas tile "+args, "--out", in)
		code, said := do(t, "gather -q", in)
		require.Equal(t, exitFailed, code, said)
		require.Contains(t, said, "no training set is whole")
		for _, i := range []int{0, 1, 2, 4, 5, 6, 7} {
			must(t, "shard -q", in, "--index", fmt.Sprint(i))
		}
		code, said = do(t, "gather -q", in)
		require.Equal(t, exitFailed, code, said)
		require.Contains(t, said, "1 of 8 shards of "+in+" are not done: 3")
		run, history, err := record.Load(in)
		require.NoError(t, err)
		require.Equal(t, record.Interrupted, run.Status)
		require.Equal(t, 3, run.Datasets)
		require.Equal(t, 3, run.Units.Count)
		require.True(t, strings.Contains(run.Warnings[0].Text, "shards of"), run.Warnings)
		all, found := runOf(t, whole), false
		wanted := map[string]string{"made": "test_nll", "swav": "test_loss"}[name]
		_, three := history.Last(wanted)
		require.True(t, three.Known(), wanted)
		for _, f := range all.Files { // of the replicas that are there
			if strings.HasPrefix(f.Name, "weights/") {
				sum := run.Files.Of(f.Name)
				require.Equal(t, !strings.HasPrefix(f.Name, "weights/d1"), sum == f.Value, f.Name)
				found = true
			}
		}
		require.True(t, found)
		code, said = do(t, "gather -q --of 2 --index 0", in)
		require.Equal(t, exitFailed, code, said)
		must(t, "shard -q", in, "--index", "3")
		must(t, "gather -q", in)
		requireSameRun(t, whole, in)
	}
}

// A shard that another program has trained is refused, or taken where that is wanted; then the record says so.
func TestShardsOfAnotherProgramAreRefused(t *testing.T) {
	in := filepath.Join(t.TempDir(), "plan")
	must(t, "plan --shards 2 --blas tile "+smallJobs["made"], "--out", in)
	p, err := readPlan(in)
	require.NoError(t, err)
	must(t, "shard -q --index 0", in)
	p.Version = "v0.0.1"
	require.NoError(t, p.save())
	code, said := do(t, "shard -q --index 1", in)
	require.Equal(t, exitUsage, code, said)
	require.Contains(t, said, "is not that of the plan, v0.0.1")
	must(t, "shard -q --index 1 --mixed", in)
	code, said = do(t, "gather -q", in)
	require.Equal(t, exitFailed, code, said)
	require.Contains(t, said, "shard 0 of "+in+" is of another plan: remove it")
	require.Contains(t, said, "shard 1 of "+in+" is refused: version")
	require.NoFileExists(t, filepath.Join(in, record.RunFile))
	require.NoError(t, os.RemoveAll(filepath.Join(in, shardsFolder, "0000")))
	must(t, "shard -q --index 0 --mixed", in)
	one := p.shardOf(p.Jobs[0], 0)
	right, err := os.ReadFile(one.snapshotsFile(2))
	require.NoError(t, err)
	other, err := os.ReadFile(one.snapshotsFile(1))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(one.snapshotsFile(2), other, 0o644))
	code, said = do(t, "gather -q --mixed", in)
	require.Equal(t, exitFailed, code, said)
	require.Contains(t, said, "observation-0002.gob is not of this plan, or of another shard or observation")
	require.NoError(t, os.WriteFile(one.snapshotsFile(2), right[:len(right)-1], 0o644))
	code, said = do(t, "gather -q --mixed", in)
	require.Equal(t, exitFailed, code, said)
	require.Contains(t, said, "its content does not match its checksum; remove")
	require.NoError(t, os.WriteFile(one.snapshotsFile(2), right, 0o644))
	must(t, "gather -q --mixed", in)
	var texts []string
	for _, w := range runOf(t, in).Warnings {
		texts = append(texts, w.Text)
	}
	assert.Contains(t, strings.Join(texts, "\n"), "shard 1: version")
	assert.Contains(t, strings.Join(texts, "\n"), "bits may differ")
}
