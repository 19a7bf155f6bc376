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
//	the checksum not looked at                          TestWhatIsResumed, a damaged state
//	settings not compared                               TestWhatIsResumed, other settings
//	the path of the data recorded as it was given       TestWhatIsResumed, other data
//	state saved at observations alone                   TestAKilledRunGoesOnFromTheMiddle
//	the last observation counted before its nulls       TestNullsCanBeInterrupted
//	changes told by the last sitting alone              TestWhatIsResumed, changes between sittings

// bars are a small run that is done and the same run interrupted at its second observation, with their data.
type bars struct {
	data, whole, part string
	args              []string
}

func newBars(t *testing.T) bars {
	t.Helper()
	root := t.TempDir()
	b := bars{data: filepath.Join(root, "bars"), whole: filepath.Join(root, "whole"), part: filepath.Join(root, "part")}
	writeBars(t, b.data, 1)
	b.args = smallRBM("bars")
	t.Chdir(root)
	require.Equal(t, exitDone, run(t.Context(), append(b.args, "--out", b.whole), barely(io.Discard)))
	ctx, stop := context.WithCancel(t.Context())
	std := streams{out: io.Discard, err: &once{text: "step 1:", act: stop}}
	require.Equal(t, exitFailed, run(ctx, append(b.args, "--out", b.part), std)) // it was no signal
	require.FileExists(t, filepath.Join(b.part, stateFile))
	return b
}

// barely leaves figures away.
func barely(errs io.Writer) streams { return streams{out: io.Discard, err: errs, bare: true} }

// copyFolder copies a run folder, as a kill would leave it.
func copyFolder(t *testing.T, from string) string {
	to := filepath.Join(t.TempDir(), "copy")
	require.NoError(t, os.CopyFS(to, os.DirFS(from)))
	require.NoError(t, os.RemoveAll(filepath.Join(to, record.LockFile)))
	return to
}

// resumed resumes a run and returns the exit code with what was said.
func resumed(dir string) (code int, said string) {
	var errs bytes.Buffer
	code = run(context.Background(), []string{"resume", dir}, barely(&errs))
	return code, errs.String()
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

// What a run that was stopped is gone on with, and what it is not.
func TestWhatIsResumed(t *testing.T) {
	b := newBars(t)
	for name, test := range map[string]func(*testing.T, bars){
		"a damaged state": aDamagedState, "older states": olderStates, "other settings": otherSettings,
		"other data": otherData, "a run at work": atWork, "changes between sittings": changes,
		"a report of a cut record": aCutRecord,
	} {
		t.Run(name, func(t *testing.T) { test(t, b) })
	}
}

func aDamagedState(t *testing.T, b bars) {
	dir := copyFolder(t, b.part)
	path := filepath.Join(dir, stateFile)
	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	const flips = 24
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
func olderStates(t *testing.T, b bars) {
	files := []string{record.CurvesFile, record.ReadingsFile, record.DiagramsFile, chainsFile, "samples.png"}

	dir := copyFolder(t, b.part)
	path := filepath.Join(dir, stateFile)
	good, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, stateBefore), good, 0o644))
	good[len(good)/2] ^= 4
	require.NoError(t, os.WriteFile(path, good, 0o644))
	noPort := []string{"resume", dir, "--http", "127.0.0.1:99999"} // ends before training; the older state outlives it
	require.Equal(t, exitUsage, run(t.Context(), noPort, barely(io.Discard)))
	require.NoFileExists(t, path, "the damaged state would take the place of the older one")
	require.NoError(t, os.WriteFile(path, good, 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "weights", ".d0-r0.safetensors.3.tmp"), nil, 0o644))
	code, said := resumed(dir)
	require.Equal(t, exitDone, code, said)
	assert.Contains(t, said, "going on from "+stateBefore)
	sameRun(t, b.whole, dir, files)
	assert.NoFileExists(t, filepath.Join(dir, stateBefore))
	assert.NoFileExists(t, filepath.Join(dir, "weights", ".d0-r0.safetensors.3.tmp"))

	dir = copyFolder(t, b.part)
	require.NoError(t, os.Remove(filepath.Join(dir, stateFile)))
	require.NoError(t, os.WriteFile(filepath.Join(dir, record.ReadingsFile), []byte("no record\n"), 0o644))
	code, said = resumed(dir)
	require.Equal(t, exitDone, code, said)
	assert.Contains(t, said, "its run begins anew")
	sameRun(t, b.whole, dir, files)
}

func otherSettings(t *testing.T, b bars) {
	dir := copyFolder(t, b.part)
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

func otherData(t *testing.T, b bars) {
	dir, data := copyFolder(t, b.part), b.data
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
	writeBars(t, data, 1) // from which other tests go on, whatever folder they are in
}

func atWork(t *testing.T, b bars) {
	dir := copyFolder(t, b.part)
	unlock, err := record.Lock(dir)
	require.NoError(t, err)
	refused(t, dir, "works in "+dir)
	require.NoError(t, unlock())
}

// Whatever is between two observations, a killed run has a state from there.
func TestAKilledRunGoesOnFromTheMiddle(t *testing.T) {
	defer func(d time.Duration) { stateEvery = d }(stateEvery)
	stateEvery = time.Millisecond
	for kind, args := range map[string][]string{
		"gaussian": strings.Fields("--model gaussian --datasets 3 --replicas 2 --subset 20 --chains 4 --steps 800" +
			" --observations 2 --permutations 2"),
		"swav": strings.Fields("--model swav --subset 60 --test-size 40 --width 8 --representation 6 --head 6" +
			" --projection 4 --labels 4 --batch 10 --steps 600 --observations 2 --replicas 2"),
	} {
		whole := filepath.Join(t.TempDir(), "whole")
		ended := make(chan int)
		go func() { ended <- run(t.Context(), append(args, "--out", whole), barely(io.Discard)) }()
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
		t.Logf("%s: killed after %d steps of all replicas", kind, from)
		code, said := resumed(killed)
		require.Equal(t, exitDone, code, said)
		assert.NotContains(t, said, "anew")
		sameRun(t, whole, killed, []string{record.CurvesFile, record.ReadingsFile, record.DiagramsFile})
	}
}

// Ctrl-C is heard while the last observation is read against chance; the run is then not done.
func TestNullsCanBeInterrupted(t *testing.T) {
	data, dir := filepath.Join(t.TempDir(), "bars"), filepath.Join(t.TempDir(), "run")
	writeBars(t, data, 1)
	args := smallRBM(data)
	args[slices.Index(args, "--permutations")+1] = "3000"
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	std := barely(io.Discard)
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
	require.ErrorContains(t, j.carryOut(ctx, show), "3 of 4 observations")
	assert.Equal(t, record.Interrupted, runOf(t, dir).Status)
	assert.Empty(t, runOf(t, dir).Nulls)
	s, _, err := readState(dir)
	require.NoError(t, err)
	assert.Equal(t, 3, s.Engine.Observed)

	code, said := resumed(dir)
	require.Equal(t, exitDone, code, said)
	assert.Equal(t, 3000, runOf(t, dir).Nulls["m_info"].Permutations)
}

// A report is not made of a record that was cut; what can be made of the rest is made anew.
func aCutRecord(t *testing.T, b bars) {
	dir := copyFolder(t, b.whole)
	report := func() (code int, said string) {
		var errs bytes.Buffer
		code = run(t.Context(), []string{"report", dir}, streams{out: io.Discard, err: &errs})
		return code, errs.String()
	}
	cut := func(name string) (whole []byte) {
		whole, err := os.ReadFile(filepath.Join(dir, name))
		require.NoError(t, err)
		rows := bytes.SplitAfter(whole, []byte("\n"))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), slices.Concat(rows[:len(rows)/2]...), 0o644))
		return whole
	}
	curves := cut(record.CurvesFile)
	code, said := report()
	require.Equal(t, exitDone, code)
	assert.Contains(t, said, "curves.csv is missing, or not as the run wrote it: rebuilt from readings.jsonl")
	again, err := os.ReadFile(filepath.Join(dir, record.CurvesFile))
	require.NoError(t, err)
	assert.Equal(t, string(curves), string(again))

	cut(record.ReadingsFile)
	code, said = report()
	require.Equal(t, exitUsage, code)
	assert.Contains(t, said, "readings.jsonl is not the one that the run wrote")
}

// What changed between two sittings is in the record for good.
func changes(t *testing.T, b bars) {
	dir := copyFolder(t, b.part)
	s, _, err := readState(dir)
	require.NoError(t, err)
	s.BLAS, s.Version = "another", "1.2"
	s.Changes = []record.Warning{{Text: "begun with BLAS a third and resumed with another, which rounds differently"}}
	require.NoError(t, record.WriteSealed(filepath.Join(dir, stateFile), stateKind, func(w io.Writer) error {
		return gob.NewEncoder(w).Encode(s)
	}))
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
