package main

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"

	"calorimeter/datasets"
	"calorimeter/instrument/record"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"train": main})
}

// TestScripts runs the command lines of testdata/script. Beside testscript's own commands there are
//
//	exits N train ARGS...    runs the program and demands its exit code
//	idx DIR KIND             writes a folder of four IDX files, all well or broken in one way
//	in-words DIR             demands that no text of a run folder holds NaN or Inf, and curves.csv neither, but for a
//	                         bound that is infinite
//	wait-for FILE REGEXP     waits until a file holds a match
//	same-record DIR DIR      compares two run.json in all but command line, times and workers
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"exits":       exits,
			"idx":         idx,
			"in-words":    inWords,
			"same-record": sameRecord,
			"wait-for":    waitFor,
		},
		Condition: func(cond string) (bool, error) {
			if cond == "short" {
				return testing.Short(), nil
			}
			return false, errors.New("unknown condition")
		},
		UpdateScripts: os.Getenv("UPDATE_SCRIPTS") != "",
	})
}

func exits(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	code := 0
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		code = exit.ExitCode()
	case err != nil:
		ts.Fatalf("%v", err)
	}
	if code != want {
		ts.Fatalf("exit code %d, not %d", code, want)
	}
}

// idx writes 40 training and 10 test images of 4x4 pixels.
func idx(ts *testscript.TestScript, _ bool, args []string) {
	dir, kind := ts.MkAbs(args[0]), args[1]
	split, err := datasets.Open(context.Background(), "bars-and-stripes", &datasets.Options{Size: 40, Seed: 1})
	ts.Check(err)
	for _, d := range []*datasets.Dataset{split.Train, split.Test} {
		d.Labels = make([]uint8, d.Len())
		for i := range d.Labels {
			switch kind {
			case "letters": // as EMNIST's
				d.Labels[i] = uint8(1 + i%26)
			case "stray":
				d.Labels[i] = uint8(i % 5)
			}
		}
		if kind == "black" {
			clear(d.X)
		}
	}
	if kind == "stray" {
		split.Train.Labels[17] = 77
	}
	ts.Check(os.MkdirAll(dir, 0o755))
	ts.Check(datasets.WriteFolder(dir, split))
	images, err := filepath.Glob(filepath.Join(dir, "train-images*"))
	ts.Check(err)
	labels, err := filepath.Glob(filepath.Join(dir, "train-labels*"))
	ts.Check(err)
	data, err := os.ReadFile(images[0])
	ts.Check(err)
	switch kind {
	case "good", "black", "letters", "stray":
	case "truncated":
		ts.Check(os.WriteFile(images[0], data[:len(data)/2], 0o644))
	case "oversized":
		ts.Check(os.WriteFile(images[0], append(data, data...), 0o644))
	case "mislabelled":
		other, err := os.ReadFile(labels[0])
		ts.Check(err)
		ts.Check(os.WriteFile(images[0], other, 0o644))
	case "foreign":
		ts.Check(os.WriteFile(images[0], []byte("not an image at all"), 0o644))
	case "missing":
		ts.Check(os.Remove(labels[0]))
	case "unlabelled":
		ts.Check(os.Remove(labels[0]))
		labels, err = filepath.Glob(filepath.Join(dir, "t10k-labels*"))
		ts.Check(err)
		ts.Check(os.Remove(labels[0]))
	default:
		ts.Fatalf("idx: unknown kind %q", kind)
	}
}

func inWords(ts *testscript.TestScript, _ bool, args []string) {
	files, err := filepath.Glob(filepath.Join(ts.MkAbs(args[0]), "*"))
	ts.Check(err)
	program := regexp.MustCompile(`(?s)<script>.*?</script>`)
	bad := regexp.MustCompile(`.{0,60}\b(NaN|Inf)\b.{0,20}`)
	for _, file := range files {
		switch filepath.Ext(file) {
		case ".json", ".jsonl", ".csv", ".html", ".svg":
			data, err := os.ReadFile(file)
			ts.Check(err)
			if found := bad.Find(program.ReplaceAll(data, nil)); found != nil {
				ts.Fatalf("%s holds %s", file, found)
			}
		}
	}
	table, err := os.Open(filepath.Join(ts.MkAbs(args[0]), record.CurvesFile))
	ts.Check(err)
	defer table.Close()
	rows, err := csv.NewReader(table).ReadAll()
	ts.Check(err)
	for _, row := range rows[1:] {
		for i, field := range row {
			if name := rows[0][i]; field == "inf" && name != "m_info_noise" || field == "-inf" {
				ts.Fatalf("%s is %s at step %s", name, field, row[0])
			}
		}
	}
}

func waitFor(ts *testscript.TestScript, _ bool, args []string) {
	pattern, err := regexp.Compile("(?m)" + args[1])
	ts.Check(err)
	for range 600 {
		if data, err := os.ReadFile(ts.MkAbs(args[0])); err == nil && pattern.Match(data) {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	ts.Fatalf("%s never held %s", args[0], args[1])
}

func sameRecord(ts *testscript.TestScript, _ bool, args []string) {
	var records [2]string
	for i, dir := range args {
		run, _, err := record.Load(ts.MkAbs(dir))
		ts.Check(err)
		run.Command, run.Machine.Workers = nil, 0
		run.Started, run.Finished = time.Time{}, time.Time{}
		run.Seconds = 0
		text, err := json.MarshalIndent(run, "", " ")
		ts.Check(err)
		records[i] = string(text)
	}
	if records[0] != records[1] {
		ts.Fatalf("the records of %s and %s differ:\n%s\n%s", args[0], args[1], records[0], records[1])
	}
}
