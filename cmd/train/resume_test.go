package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"calorimeter/datasets"
	"calorimeter/instrument/ensemble"
	"calorimeter/instrument/record"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Deliberate errors that were tried, and the test that caught each:
//
//	run.json written before the report            TestARunThatCannotBeFinishedIsResumed
//	the state removed before the last file        TestARunThatCannotBeFinishedIsResumed
//	no state of the last observation              TestARunThatCannotBeFinishedIsResumed
//	nulls or samples left out of the state        TestARunThatCannotBeFinishedIsResumed
//	the system's errors taken for the model's     TestARunThatCannotBeWrittenIsResumed
//	an observation entered after a failed write   TestARunThatCannotBeWrittenIsResumed

// once acts before the first line that it is told of which contains a text.
type once struct {
	bytes.Buffer
	text string
	act  func()
}

func (o *once) Write(p []byte) (int, error) {
	if o.act != nil && strings.Contains(string(p), o.text) {
		o.act()
		o.act = nil
	}
	return o.Buffer.Write(p)
}

// block puts a folder in the place of a file, so that it cannot be written.
func block(t *testing.T, path string) {
	require.NoError(t, os.RemoveAll(path))
	require.NoError(t, os.MkdirAll(filepath.Join(path, "full"), 0o755))
}

// smallJob is a command line and the files that it writes along the way, the curves first, and at the end.
type smallJob struct{ args, along, late []string }

// writeBars writes a data set of small pictures into a folder.
func writeBars(t *testing.T, dir string, seed uint64) {
	t.Helper()
	split, err := datasets.Open(t.Context(), "bars-and-stripes", &datasets.Options{Size: 40, Seed: seed})
	require.NoError(t, err)
	for _, d := range []*datasets.Dataset{split.Train, split.Test} {
		d.Labels = make([]uint8, d.Len())
	}
	require.NoError(t, os.RemoveAll(dir))
	require.NoError(t, datasets.WriteFolder(dir, split))
}

// smallRBM is the command line of a small run on data in a folder.
func smallRBM(data string) []string {
	return strings.Fields("--model rbm --preprocess binarise --width 4 --subset 10 --datasets 3 --replicas 2 --chains 6" +
		" --particles 5 --burn-in 2 --moves 2 --follow-moves 1 --ais-chains 4 --ais-steps 10 --steps 8 --batch 5" +
		" --observations 4 --permutations 3 --data " + data)
}

// jobs are a small run of each kind.
func jobs(t *testing.T) map[string]smallJob {
	data := filepath.Join(t.TempDir(), "bars")
	writeBars(t, data, 1)
	rbm := smallRBM(data)
	return map[string]smallJob{
		"halves": {
			args:  append(slices.Clone(rbm), "--sets", "halves"),
			along: []string{record.CurvesFile},
			late:  []string{ensemble.AuditFile},
		},
		"ensemble": {
			args:  rbm,
			along: []string{record.CurvesFile, record.ReadingsFile, samplesOverTrainingFile, record.DiagramsFile},
			late: []string{
				chainsFile, "weights/d2-r1.safetensors", "samples.png", "nearest.png", ensemble.AuditFile, "memorized.png",
				"overview.png", "report.html",
			},
		},
		"self-supervised": {
			args: strings.Fields("--model swav --subset 60 --test-size 40 --width 8 --representation 6 --head 6 --projection 4" +
				" --labels 4 --batch 10 --steps 12 --observations 4 --replicas 2"),
			along: []string{record.CurvesFile, record.ReadingsFile, record.DiagramsFile},
			late:  []string{"weights/r1.safetensors", "cycle_books.svg", "report.html"},
		},
	}
}

// sameRun demands that two folders hold the same run.
func sameRun(t *testing.T, one, other string, files []string) {
	t.Helper()
	for _, name := range files {
		if name == record.ReportFile { // it tells when the run began
			assert.FileExists(t, filepath.Join(other, name))
			continue
		}
		a, err := os.ReadFile(filepath.Join(one, name))
		require.NoError(t, err)
		b, err := os.ReadFile(filepath.Join(other, name))
		require.NoError(t, err)
		assert.True(t, bytes.Equal(a, b), name)
	}
	a, b := runOf(t, one), runOf(t, other)
	a.Command, a.Seconds = b.Command, b.Seconds
	a.Started, a.Finished = b.Started, b.Finished
	assert.Equal(t, a, b)
	assert.NoFileExists(t, filepath.Join(other, stateFile))
}

func runOf(t *testing.T, dir string) *record.Run {
	t.Helper()
	run, _, err := record.Load(dir)
	require.NoError(t, err)
	return run
}

// quietly runs the program and returns its exit code.
func quietly(args ...string) int {
	return run(context.Background(), args, streams{out: io.Discard, err: io.Discard})
}

func TestARunThatCannotBeFinishedIsResumed(t *testing.T) {
	for kind, job := range jobs(t) {
		root := t.TempDir()
		whole := filepath.Join(root, "whole")
		require.Equal(t, exitDone, quietly(append(job.args, "--out", whole)...))
		for i, late := range job.late {
			t.Run(kind+" without "+late, func(t *testing.T) {
				if testing.Short() && i > 0 && late != record.ReportFile {
					t.Skip("another file of the same kind")
				}
				dir := filepath.Join(t.TempDir(), "run")
				said := &once{text: "step 0: ", act: func() { block(t, filepath.Join(dir, late)) }}
				code := run(context.Background(), append(job.args, "--out", dir), streams{out: io.Discard, err: said})
				assert.Equal(t, exitFailed, code)
				assert.Contains(t, said.String(), "the run cannot be finished")
				assert.Contains(t, said.String(), "go on with: train resume "+dir)
				assert.Equal(t, record.Interrupted, runOf(t, dir).Status)

				require.NoError(t, os.RemoveAll(filepath.Join(dir, late)))
				var again bytes.Buffer
				code = run(context.Background(), []string{"resume", dir}, streams{out: io.Discard, err: &again})
				require.Equal(t, exitDone, code, again.String())
				assert.NotContains(t, again.String(), "step ", "nothing is trained again")
				sameRun(t, whole, dir, slices.Concat(job.late, job.along))
			})
		}
	}
}

func TestARunThatCannotBeWrittenIsResumed(t *testing.T) {
	for kind, job := range jobs(t) {
		t.Run(kind, func(t *testing.T) {
			root := t.TempDir()
			whole, dir := filepath.Join(root, "whole"), filepath.Join(root, "part")
			require.Equal(t, exitDone, quietly(append(job.args, "--out", whole)...))
			said := &once{text: "step 1", act: func() { block(t, filepath.Join(dir, job.along[0])) }}
			std := streams{out: io.Discard, err: said}
			assert.Equal(t, exitFailed, run(context.Background(), append(job.args, "--out", dir), std))
			assert.Nil(t, said.act)
			assert.Contains(t, said.String(), "record: writing")
			assert.Contains(t, said.String(), "go on with: train resume "+dir)
			require.NoError(t, os.RemoveAll(filepath.Join(dir, job.along[0])))
			require.Equal(t, exitDone, quietly("resume", dir))
			sameRun(t, whole, dir, slices.Concat(job.late, job.along))
		})
	}
}
