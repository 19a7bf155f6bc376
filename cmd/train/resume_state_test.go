package main

import (
	"bytes"
	"context"
	"encoding/gob"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"calorimeter/instrument/record"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Deliberate errors that were tried, and the test that caught each:
//
//	the checksum not looked at                          TestADamagedStateIsRefused
//	settings compared after the model is built          TestAStateOfOtherSettingsIsRefused
//	labels left out of the checksum of the data         TestAStateOfOtherDataIsRefused
//	the path of the data recorded as it was given       TestAStateOfOtherDataIsRefused
//	state saved at observations alone                   TestAKilledRunGoesOnFromTheMiddle
//	the last observation counted before its nulls       TestNullsCanBeInterrupted
//	changes told by the last sitting alone              TestChangesBetweenSittingsAreKept

// stopped makes a run that is interrupted at its second observation, and returns the folder.
func stopped(t *testing.T, args []string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "run")
	ctx, stop := context.WithCancel(t.Context())
	std := streams{out: io.Discard, err: &once{text: "step 1:", act: stop}}
	require.Equal(t, exitFailed, run(ctx, append(args, "--out", dir), std)) // it was no signal
	require.FileExists(t, filepath.Join(dir, stateFile))
	return dir
}

// resumed resumes a run and returns the exit code with what was said.
func resumed(dir string) (code int, said string) {
	var errs bytes.Buffer
	code = run(context.Background(), []string{"resume", dir}, streams{out: io.Discard, err: &errs})
	return code, errs.String()
}

func bars(t *testing.T) (data string, args []string) {
	data = filepath.Join(t.TempDir(), "bars")
	writeBars(t, data, 1)
	return data, smallRBM(data)
}

// refused demands that a run is not resumed, for a reason told in a line, and that its record stays as it is.
func refused(t *testing.T, dir, why string) {
	t.Helper()
	curves := filepath.Join(dir, record.CurvesFile)
	before, err := os.ReadFile(curves)
	require.NoError(t, err)
	code, said := resumed(dir)
	assert.Equal(t, exitUsage, code, said)
	assert.Contains(t, said, why)
	assert.Equal(t, 1, strings.Count(said, "\n"), said)
	after, err := os.ReadFile(curves)
	require.NoError(t, err)
	assert.Equal(t, before, after)
}

func TestADamagedStateIsRefused(t *testing.T) {
	_, args := bars(t)
	dir := stopped(t, args)
	path := filepath.Join(dir, stateFile)
	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	const flips = 40
	for i := range flips {
		broken := bytes.Clone(whole)
		broken[i*(len(broken)-1)/(flips-1)] ^= 1 << (i % 8)
		require.NoError(t, os.WriteFile(path, broken, 0o644))
		refused(t, dir, "does not match its checksum")
	}
	for _, broken := range [][]byte{nil, whole[:len(whole)/2], append(bytes.Clone(whole), 0), whole[len(whole)/2:]} {
		require.NoError(t, os.WriteFile(path, broken, 0o644))
		refused(t, dir, "does not match its checksum")
	}
	require.NoError(t, record.WriteSealed(path, "state of train, format 4", func(w io.Writer) error {
		return gob.NewEncoder(w).Encode(state{})
	}))
	refused(t, dir, "another version of the program")
}

// A run goes on from the state before where the newest is damaged, and from its beginning where there is none.
func TestOlderStatesGoOnToTheSameNumbers(t *testing.T) {
	_, args := bars(t)
	whole := filepath.Join(t.TempDir(), "whole")
	require.Equal(t, exitDone, quietly(append(args, "--out", whole)...))
	files := []string{record.CurvesFile, record.ReadingsFile, record.DiagramsFile, chainsFile, "samples.png"}

	dir := stopped(t, args)
	path := filepath.Join(dir, stateFile)
	good, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, stateBefore), good, 0o644))
	good[len(good)/2] ^= 4
	require.NoError(t, os.WriteFile(path, good, 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "weights", ".d0-r0.safetensors.3.tmp"), nil, 0o644))
	code, said := resumed(dir)
	require.Equal(t, exitDone, code, said)
	assert.Contains(t, said, "going on from "+stateBefore)
	sameRun(t, whole, dir, files)
	assert.NoFileExists(t, filepath.Join(dir, stateBefore))
	assert.NoFileExists(t, filepath.Join(dir, "weights", ".d0-r0.safetensors.3.tmp"))

	dir = stopped(t, args)
	require.NoError(t, os.Remove(filepath.Join(dir, stateFile)))
	require.NoError(t, os.WriteFile(filepath.Join(dir, record.ReadingsFile), []byte("no record\n"), 0o644))
	code, said = resumed(dir)
	require.Equal(t, exitDone, code, said)
	assert.Contains(t, said, "its run begins anew")
	sameRun(t, whole, dir, files)
}

func TestAStateOfOtherSettingsIsRefused(t *testing.T) {
	_, args := bars(t)
	dir := stopped(t, args)
	good := runOf(t, dir)
	for flag, value := range map[string]string{
		"--width": "1000000000", "--subset": "12", "--chains": "5", "--seed": "9", "--optimizer": "adam", "--batch": "2",
	} {
		edited := *good
		edited.Command = append(slices.Clone(good.Command), flag, value)
		if i := slices.Index(edited.Command, flag); i < len(edited.Command)-2 {
			edited.Command = slices.Delete(edited.Command, i, i+2)
		}
		require.NoError(t, edited.Save(dir))
		refused(t, dir, "the state was saved with "+flag)
	}
}

func TestAStateOfOtherDataIsRefused(t *testing.T) {
	data, args := bars(t)
	t.Chdir(filepath.Dir(data))
	args[slices.Index(args, data)] = filepath.Base(data)
	dir := stopped(t, args)
	assert.Contains(t, runOf(t, dir).Command, "--data="+data)
	assert.Len(t, runOf(t, dir).Fingerprint, 2)

	t.Chdir(t.TempDir())
	writeBars(t, data, 2)
	refused(t, dir, "the training examples of "+data+" are not those that the run began with")
	writeBars(t, data, 1)
	test := filepath.Join(data, "t10k-images-idx3-ubyte")
	images, err := filepath.Glob(test + "*")
	require.NoError(t, err)
	other := filepath.Join(t.TempDir(), "other")
	writeBars(t, other, 3)
	require.NoError(t, os.Rename(filepath.Join(other, filepath.Base(images[0])), images[0]))
	refused(t, dir, "the held-out examples of "+data)
	writeBars(t, data, 1)
	code, said := resumed(dir)
	require.Equal(t, exitDone, code, said)
}

func TestARunAtWorkIsNotResumed(t *testing.T) {
	_, args := bars(t)
	dir := stopped(t, args)
	unlock, err := record.Lock(dir)
	require.NoError(t, err)
	refused(t, dir, "works in "+dir)
	require.NoError(t, unlock())
}

// copyFolder copies what is in a run folder, as a kill would leave it.
func copyFolder(t *testing.T, from string) string {
	to := filepath.Join(t.TempDir(), "killed")
	require.NoError(t, os.CopyFS(to, os.DirFS(from)))
	return to
}

// Whatever is between two observations, a killed run has a state from there.
func TestAKilledRunGoesOnFromTheMiddle(t *testing.T) {
	defer func(d time.Duration) { stateEvery = d }(stateEvery)
	stateEvery = time.Millisecond
	for kind, args := range map[string][]string{
		"gaussian": strings.Fields("--model gaussian --datasets 3 --replicas 2 --subset 20 --chains 4 --steps 4000" +
			" --observations 2 --permutations 2"),
		"swav": strings.Fields("--model swav --subset 60 --test-size 40 --width 8 --representation 6 --head 6" +
			" --projection 4 --labels 4 --batch 10 --steps 60 --observations 2 --replicas 2"),
	} {
		whole := filepath.Join(t.TempDir(), "whole")
		ended := make(chan int)
		go func() { ended <- quietly(append(args, "--out", whole)...) }()
		killed, from := "", 0
		for over := false; !over; {
			select {
			case code := <-ended:
				require.Equal(t, exitDone, code)
				over = true
			case <-time.After(time.Millisecond):
				if s, _, err := readState(whole); killed == "" && err == nil && s != nil && s.Engine.Observed == 1 {
					killed, from = copyFolder(t, whole), int(s.Engine.Done)
				}
			}
		}
		require.NotEmpty(t, killed, kind)
		require.NoError(t, os.Remove(filepath.Join(killed, record.LockFile)))
		t.Logf("%s: killed after %d steps of all replicas", kind, from)
		code, said := resumed(killed)
		require.Equal(t, exitDone, code, said)
		assert.NotContains(t, said, "anew")
		sameRun(t, whole, killed, []string{record.CurvesFile, record.ReadingsFile, record.DiagramsFile})
	}
}

// Ctrl-C is heard while the last observation is read against chance; the run is then not done.
func TestNullsCanBeInterrupted(t *testing.T) {
	_, args := bars(t)
	args[slices.Index(args, "--permutations")+1] = "3000"
	dir := filepath.Join(t.TempDir(), "run")
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	std := streams{out: io.Discard, err: io.Discard}
	o, err := parse(args, std)
	require.NoError(t, err)
	show := newDisplay(o.common().sittingFlags, std)
	j, err := prepare(ctx, o, args, show)
	require.NoError(t, err)
	defer j.engine.Close()
	j.dir = dir
	require.NoError(t, os.Mkdir(dir, 0o755))
	go func() {
		for ctx.Err() == nil {
			if done, total := j.engine.Progress(); done == total {
				stop()
			}
			time.Sleep(time.Millisecond)
		}
	}()
	require.ErrorContains(t, j.carryOut(ctx, show), "4 of 4 observations")
	assert.Equal(t, record.Interrupted, runOf(t, dir).Status)
	assert.Empty(t, runOf(t, dir).Nulls)
	s, _, err := readState(dir)
	require.NoError(t, err)
	assert.Equal(t, 3, s.Engine.Observed)

	code, said := resumed(dir)
	require.Equal(t, exitDone, code, said)
	assert.Equal(t, 3000, runOf(t, dir).Nulls["m_info"].Permutations)
}

// What changed between two sittings is in the record for good.
func TestChangesBetweenSittingsAreKept(t *testing.T) {
	_, args := bars(t)
	dir := stopped(t, args)
	s, _, err := readState(dir)
	require.NoError(t, err)
	s.BLAS, s.Version = "another", "1.2"
	s.Changes = []record.Warning{{Text: "begun with BLAS a third and resumed with another, which rounds differently"}}
	require.NoError(t, record.WriteSealed(filepath.Join(dir, stateFile), stateKind, func(w io.Writer) error {
		return gob.NewEncoder(w).Encode(s)
	}))
	ctx, stop := context.WithCancel(t.Context())
	run(ctx, []string{"resume", dir}, streams{out: io.Discard, err: &once{text: "step 3:", act: stop}})
	code, said := resumed(dir)
	require.Equal(t, exitDone, code, said)
	var texts []string
	for _, w := range runOf(t, dir).Warnings {
		texts = append(texts, w.Text)
	}
	here := runOf(t, dir)
	assert.Contains(t, texts, s.Changes[0].Text)
	assert.Contains(t, texts, "begun with BLAS another and resumed with "+here.Machine.BLAS+", which rounds differently")
	assert.Contains(t, texts, "begun with version 1.2 of the program and resumed with "+here.Version+
		", which may compute otherwise")
}
