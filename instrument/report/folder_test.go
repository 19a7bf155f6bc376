package report

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"calorimeter/instrument/estimate"
	"calorimeter/instrument/record"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Deliberate errors that were tried, and the test that caught each:
//
//	run.json written after the reading of a new quantity  TestFolderIsWholeAtEveryMoment
//	a line that is cut off is read                        TestFolderIsWholeAtEveryMoment, TestKilledFolder
//	an event that could not be appended is forgotten      TestFolderErrors
//	run.json and curves.csv written at every event        TestFolderTakesItsShareOfTheTime
//	part 1 left out                                       TestPartsAreNotMixed
//	every end is done                                     TestFolderEnds

var (
	lossInfo  = record.Info{Name: "loss", Symbol: "L", Unit: "nats", Doc: "Mean over the batch."}
	normInfo  = record.Info{Name: "norm", Unit: "1"}
	noiseInfo = record.Info{Name: "noise", Title: "gradient noise", Unit: "examples"}
)

// happen is the event of one step; each quantity has a value of its own.
func happen(step, part int, infos ...record.Info) record.Event {
	e := record.Event{Step: step, Part: part, Columns: infos}
	for i, info := range infos {
		value := float64(100*part+10*i) + 1/float64(step+1)
		e.Readings = append(e.Readings, record.Named{Info: info, Reading: estimate.Exact(value)})
	}
	return e
}

func newFolder(t *testing.T, run record.Run) *Folder {
	t.Helper()
	f, err := NewFolder(filepath.Join(t.TempDir(), "run"), run)
	require.NoError(t, err)
	return f
}

func load(t *testing.T, dir string) (*record.Run, *record.History) {
	t.Helper()
	run, h, err := record.Load(dir)
	require.NoError(t, err)
	return run, h
}

// Whatever has happened, what a stopped program leaves is a run of all its events, of which a page can be drawn.
func TestFolderIsWholeAtEveryMoment(t *testing.T) {
	f := newFolder(t, record.Run{Model: "net", Data: "digits", Seed: 7})
	infos := []record.Info{lossInfo}
	for step := range 12 {
		run, h := load(t, f.Dir)
		assert.Equal(t, record.Interrupted, run.Status)
		require.Len(t, h.Events(), step)
		if step > 0 {
			_, loss := h.Last("loss")
			assert.Equal(t, 1/float64(step), loss.Value)
		}
		if step == 6 {
			infos = append(infos, normInfo, noiseInfo) // tracked late
		}
		e := happen(step, 0, infos...)
		if step >= 6 {
			e.Readings[2].Reading = estimate.Unknown("the window is not full")
			e.Readings[1].Reading = e.Readings[1].Reading.Warn("too few steps: %d", step)
		}
		require.NoError(t, f.Record(e))
	}
	readings := filepath.Join(f.Dir, record.ReadingsFile)
	whole, err := os.ReadFile(readings)
	require.NoError(t, err)
	torn := whole[:len(whole)-20]
	require.NoError(t, os.WriteFile(readings, torn, 0o644))
	run, h := load(t, f.Dir)
	assert.Len(t, h.Events(), 11, "the line that was cut off is left out")
	require.NoError(t, WriteHTML(f.Dir, run, h))
	assert.Equal(t, []record.Info{lossInfo, normInfo, noiseInfo}, run.Quantities)

	require.NoError(t, os.WriteFile(readings, whole, 0o644))
	require.NoError(t, f.Flush())
	run, h = load(t, f.Dir)
	assert.Equal(t, record.Done, run.Status)
	assert.Len(t, h.Events(), 12)
	require.Len(t, run.Warnings, 1)
	assert.Equal(t, "norm, from step 6 to 11 (6 observations): too few steps: 11", run.Warnings[0].String())
	assert.Equal(t, map[string]string{"noise": "the window is not full"}, run.Reasons)
	page, err := os.ReadFile(filepath.Join(f.Dir, record.ReportFile))
	require.NoError(t, err)
	for _, want := range []string{"<h1>net on digits</h1>", ">done<", "too few steps: 11", "Mean over the batch.",
		"Gradient noise: the window is not full", `id="loss"`, `id="norm"`} {
		assert.Contains(t, string(page), want)
	}
	for _, no := range []string{"<h2>Books</h2>", "<h2>What the run shows</h2>", "All other quantities", "worker"} {
		assert.NotContains(t, string(page), no)
	}
	for _, figure := range []string{"loss.svg", "loss.png", "norm.svg"} {
		assert.FileExists(t, filepath.Join(f.Dir, figure))
	}
	curves, err := os.ReadFile(filepath.Join(f.Dir, record.CurvesFile))
	require.NoError(t, err)
	var b bytes.Buffer
	require.NoError(t, record.WriteCurves(&b, h))
	assert.Equal(t, b.String(), string(curves))
}

// What the program knows by itself is in the record.
func TestFolderFillsInTheRecord(t *testing.T) {
	f := newFolder(t, record.Run{Program: "mine"})
	run, _ := load(t, f.Dir)
	assert.Equal(t, "mine", run.Program)
	assert.NotEmpty(t, run.Command)
	assert.NotEmpty(t, run.Machine.Go)
	assert.NotZero(t, run.Machine.CPUs)
	assert.WithinDuration(t, time.Now(), run.Started, time.Minute)
	t.Chdir(t.TempDir())
	f, err := NewFolder("", record.Run{Model: "my net/2"})
	require.NoError(t, err)
	assert.Regexp(t, `^runs/my-net-2-\d{8}-\d{6}$`, filepath.ToSlash(f.Dir))
}

func TestFolderEnds(t *testing.T) {
	status := func(f *Folder) string {
		run, _ := load(t, f.Dir)
		return strings.TrimSpace(run.Status + " " + run.Error)
	}
	f := newFolder(t, record.Run{Status: record.Done})
	assert.Equal(t, "interrupted", status(f))
	require.NoError(t, f.Flush())
	assert.Equal(t, "interrupted", status(f), "nothing has happened")
	require.NoError(t, f.Record(happen(0, 0, lossInfo)))
	require.NoError(t, f.Flush())
	assert.Equal(t, "done", status(f))
	require.NoError(t, f.Record(happen(1, 0, lossInfo)))
	assert.Equal(t, "interrupted", status(f), "it goes on")
	record.Multi(record.NewHistory(nil), f).(record.Failer).Fail(errors.New("the loss is NaN"))
	f.Run.Notes = []string{"written afterwards"}
	require.NoError(t, f.Flush())
	assert.Equal(t, "failed the loss is NaN", status(f))
	page, err := os.ReadFile(filepath.Join(f.Dir, record.ReportFile))
	require.NoError(t, err)
	assert.Contains(t, string(page), "the loss is NaN")
	assert.Contains(t, string(page), "written afterwards")
}

func TestFolderErrors(t *testing.T) {
	f := newFolder(t, record.Run{})
	_, err := NewFolder(f.Dir, record.Run{})
	assert.ErrorContains(t, err, f.Dir+" holds a run already")
	other := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(other, "notes.txt"), nil, 0o644))
	_, err = NewFolder(other, record.Run{})
	assert.ErrorContains(t, err, "is not empty (it holds notes.txt): name a new one")
	_, err = NewFolder(filepath.Join(other, "notes.txt"), record.Run{})
	assert.ErrorContains(t, err, "cannot make the run folder")

	require.NoError(t, f.Record(happen(10, 0, lossInfo)))
	require.NoError(t, f.Record(happen(10, 1, lossInfo)), "another part of the model")
	assert.ErrorContains(t, f.Record(happen(10, 0, lossInfo)), "step 10 after step 10")
	assert.ErrorContains(t, f.Record(happen(9, 0, lossInfo)), "give each meter")

	path := filepath.Join(f.Dir, record.ReadingsFile)
	require.NoError(t, os.Remove(path))
	assert.ErrorContains(t, f.Record(happen(11, 0, lossInfo)), "folder recorder: open "+path)
	require.NoError(t, f.Record(happen(12, 0, lossInfo)))
	_, h := load(t, f.Dir)
	assert.Len(t, h.Events(), 4, "what could not be written then is made up for")
	require.NoError(t, os.RemoveAll(f.Dir))
	assert.Error(t, f.Record(happen(13, 0, lossInfo)))
	assert.Error(t, f.Flush())
}

// Quantities of two parts of a model are two curves of one panel, two columns of the table, and rows of their own.
func TestPartsAreNotMixed(t *testing.T) {
	f := newFolder(t, record.Run{Model: "gan"})
	for step := range 6 {
		require.NoError(t, f.Record(happen(step, 0, lossInfo, normInfo)))
		if step%2 == 0 {
			e := happen(step/2, 1, lossInfo, normInfo)
			e.Readings[0].Reading = e.Readings[0].Reading.Warn("few fakes")
			e.Readings[1].Reading = estimate.Unknown("no discriminator")
			require.NoError(t, f.Record(e))
		}
	}
	require.NoError(t, f.Flush())
	run, h := load(t, f.Dir)
	require.Len(t, run.Warnings, 1)
	assert.Equal(t, []string{"loss_part1"}, run.Warnings[0].Columns)
	panels := panelsOf(run, h.ByPart())
	require.Equal(t, "Loss", panels[0].Title)
	require.Len(t, panels[0].Curves, 2)
	assert.Equal(t, "part 1: loss", panels[0].Curves[1].Name)
	assert.Equal(t, numbers{0, 1, 2, 3, 4, 5}, panels[0].Curves[0].X)
	assert.Equal(t, numbers{0, 1, 2}, panels[0].Curves[1].X)
	assert.Equal(t, numbers{101, 100.5, 100 + 1.0/3}, panels[0].Curves[1].Y)
	require.Len(t, panels[1].Curves, 1)
	assert.Contains(t, panels[1].Notes, "Part 1: norm: no discriminator")
	page, err := os.ReadFile(filepath.Join(f.Dir, record.ReportFile))
	require.NoError(t, err)
	assert.Contains(t, string(page), "2 parts of the model are trained apart")
	var b strings.Builder
	require.NoError(t, Table(&b, run, h, 0))
	assert.Regexp(t, regexp.MustCompile(`(?m)^ +2 +0.333 +100.3 +10.33$`), b.String())
	curves, err := os.ReadFile(filepath.Join(f.Dir, record.CurvesFile))
	require.NoError(t, err)
	lines := strings.Split(string(curves), "\n")
	assert.Equal(t, "step,part,loss,loss_se,loss_lo,loss_hi,norm,norm_se,norm_lo,norm_hi", lines[0])
	assert.Equal(t, []string{"0,0,1,0,1,1,11,0,11,11", "0,1,101,0,101,101,,,,", "1,0,0.5,0,0.5,0.5,10.5,0,10.5,10.5"},
		lines[1:4])
}

// However many events there are, writing the record anew takes its small share of the time.
func TestFolderTakesItsShareOfTheTime(t *testing.T) {
	f := newFolder(t, record.Run{})
	const events = 20000
	saved, curves := 0, time.Time{}
	from := time.Now()
	for step := range events {
		require.NoError(t, f.Record(happen(step, 0, lossInfo)))
		if step%20 == 0 {
			file, err := os.Stat(filepath.Join(f.Dir, record.CurvesFile))
			require.NoError(t, err)
			if file.ModTime().After(curves) {
				saved++
			}
			curves = file.ModTime()
			require.Less(t, saved, 50, "of 1000 looks")
		}
	}
	t.Logf("%v an event, saved %d times", time.Since(from)/events, saved)
	_, h := load(t, f.Dir)
	assert.Len(t, h.Events(), events)
}

// A program that is killed at any moment leaves a folder that can be read and drawn.
func TestKilledFolder(t *testing.T) {
	if dir := os.Getenv("CALORIMETER_KILLED_FOLDER"); dir != "" {
		f, err := NewFolder(dir, record.Run{})
		for step := 0; err == nil; step++ {
			infos := make([]record.Info, 1+step/500)
			for i := range infos {
				infos[i] = record.Info{Name: fmt.Sprintf("q%d", i)}
			}
			err = f.Record(happen(step, step%2, infos...))
		}
		t.Fatal(err)
	}
	if testing.Short() {
		t.Skip("it kills ten programs")
	}
	for i := range 10 {
		dir := filepath.Join(t.TempDir(), "run")
		cmd := exec.Command(os.Args[0], "-test.run=^TestKilledFolder$")
		cmd.Env = append(os.Environ(), "CALORIMETER_KILLED_FOLDER="+dir)
		require.NoError(t, cmd.Start())
		for _, err := os.Stat(filepath.Join(dir, record.CurvesFile)); err != nil; {
			_, err = os.Stat(filepath.Join(dir, record.CurvesFile))
		}
		time.Sleep(time.Duration(math.Pow(1.9, float64(i))) * time.Millisecond)
		require.NoError(t, cmd.Process.Kill())
		require.Error(t, cmd.Wait())
		run, h := load(t, dir)
		assert.Equal(t, record.Interrupted, run.Status)
		t.Logf("%d events, %d quantities", len(h.Events()), len(run.Quantities))
		require.NoError(t, WriteHTML(dir, run, h))
	}
}
