package record

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode"
)

// The files of a run folder.
const (
	RunFile      = "run.json"
	ReadingsFile = "readings.jsonl"
	CurvesFile   = "curves.csv"
	DiagramsFile = "diagrams.json"
	ReportFile   = "report.html"
	LabFile      = "lab.json" // of a program's own trainings; see package ensemble
)

// MakeFolder makes the run folder dir, which must be new or empty, and returns its name. Where dir is empty it is a new
// one under runs, named by name and time. An error says what is in the way, and that another folder is to be named.
func MakeFolder(dir, name string) (string, error) {
	if dir == "" {
		safe := func(r rune) rune {
			if unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_' || r == '.' {
				return r
			}
			return '-'
		}
		base := filepath.Join("runs", strings.Map(safe, name)+"-"+time.Now().Format("20060102-150405"))
		dir = base
		for i := 2; ; i++ {
			if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
				break
			}
			dir = fmt.Sprintf("%s-%d", base, i)
		}
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("cannot make the run folder: %w; name another", err)
	}
	entries, err := os.ReadDir(dir)
	entries = slices.DeleteFunc(entries, func(e fs.DirEntry) bool { // left by a program that was killed at its start
		return e.Name() == LockFile || isTemporary(e.Name())
	})
	switch {
	case err != nil:
		return "", fmt.Errorf("cannot read the run folder: %w; name another", err)
	case slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return e.Name() == RunFile }):
		return "", fmt.Errorf("the run folder %s holds a run already, and holds one alone: name a new one", dir)
	case len(entries) > 0:
		return "", fmt.Errorf("the run folder %s is not empty (it holds %s): name a new one", dir, entries[0].Name())
	}
	probe, err := os.CreateTemp(dir, temporary("probe"))
	if err != nil {
		return "", fmt.Errorf("cannot write in the run folder: %w; name another", err)
	}
	probe.Close()
	return dir, os.Remove(probe.Name())
}

// Save writes run.json into the folder dir, which must exist.
func (r *Run) Save(dir string) error {
	return WriteAtomic(filepath.Join(dir, RunFile), r.WriteJSON)
}

// Save writes readings.jsonl and its view curves.csv into the folder dir, which must exist.
func (h *History) Save(dir string) error {
	readings := func(w io.Writer) error {
		lines := NewJSONLines(w)
		for _, e := range h.events {
			if err := lines.Record(e); err != nil {
				return err
			}
		}
		return nil
	}
	return errors.Join(WriteAtomic(filepath.Join(dir, ReadingsFile), readings), h.SaveCurves(dir))
}

// SaveCurves writes curves.csv alone into the folder dir, which must exist.
func (h *History) SaveCurves(dir string) error {
	return WriteAtomic(filepath.Join(dir, CurvesFile), func(w io.Writer) error { return WriteCurves(w, h) })
}

// SaveDiagrams writes diagrams.json into the folder dir, which must exist.
func SaveDiagrams(dir string, diagrams []Diagram) error {
	return WriteAtomic(filepath.Join(dir, DiagramsFile), func(w io.Writer) error {
		return json.NewEncoder(w).Encode(diagrams)
	})
}

// Load reads the run folder dir. A run that ended before its first observation has no readings.jsonl and gives a
// history without events; a run that is done must have the one that it wrote. Of a run that is not done the last line
// may be cut off, where it was killed or is being written: it is left out.
func Load(dir string) (*Run, *History, error) {
	run, err := LoadRun(dir)
	if err != nil {
		return nil, nil, err
	}
	if run.Quantities == nil {
		return nil, nil, fmt.Errorf("record: %s declares no quantities in %s: it was written by an older version, "+
			"which kept no intervals; make the run again", dir, RunFile)
	}
	path := filepath.Join(dir, ReadingsFile)
	data, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && run.Status != Done:
		return run, NewHistory(run.Quantities), nil
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil, fmt.Errorf("record: %s is incomplete: the run is done but %s is missing", dir, ReadingsFile)
	case err != nil:
		return nil, nil, fmt.Errorf("record: %w", err)
	}
	if run.Status != Done {
		data = data[:bytes.LastIndexByte(data, '\n')+1]
	}
	for _, name := range []string{ReadingsFile, DiagramsFile} { // what pages are made of
		same, err := run.unchanged(dir, name)
		if err == nil && !same && run.Status == Done {
			err = fmt.Errorf("%s is not the one that the run wrote into %s: it was cut or changed, or is of another run; put "+
				"it back, or make the run again", name, dir)
		}
		if err != nil {
			return nil, nil, fmt.Errorf("record: %w", err)
		}
	}
	history, err := ReadJSONLines(bytes.NewReader(data), path, run.Quantities)
	return run, history, err
}

// LoadRun reads run.json of the run folder dir alone. A folder that holds symbolic links is refused.
func LoadRun(dir string) (*Run, error) {
	path := filepath.Join(dir, RunFile)
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(dir); err != nil {
			return nil, fmt.Errorf("record: there is no folder %s", dir)
		}
		if _, err := os.Stat(filepath.Join(dir, LabFile)); err == nil {
			return nil, fmt.Errorf("record: the trainings of the Lab in %s are not compared yet: start its program again, and "+
				"it goes on to the end", dir)
		}
		return nil, fmt.Errorf("record: %s is not a run folder: it holds no %s (name a folder that a run wrote)",
			dir, RunFile)
	}
	if err := checkEntries(dir); err != nil {
		return nil, fmt.Errorf("record: %w", err)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("record: %w", err)
	}
	defer f.Close()
	return ReadJSON(f, path)
}

// LoadDiagrams reads diagrams.json of the run folder dir; a folder without one has none.
func LoadDiagrams(dir string) ([]Diagram, error) {
	path := filepath.Join(dir, DiagramsFile)
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("record: %w", err)
	}
	var diagrams []Diagram
	if err := json.Unmarshal(data, &diagrams); err != nil {
		return nil, fmt.Errorf("record: %s: %w", path, err)
	}
	printable(reflect.ValueOf(&diagrams))
	return diagrams, nil
}
