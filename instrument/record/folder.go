package record

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// The files of a run folder.
const (
	RunFile      = "run.json"
	ReadingsFile = "readings.jsonl"
	CurvesFile   = "curves.csv"
	DiagramsFile = "diagrams.json"
	ReportFile   = "report.html"
)

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
	curves := func(w io.Writer) error { return WriteCurves(w, h) }
	return errors.Join(
		WriteAtomic(filepath.Join(dir, ReadingsFile), readings),
		WriteAtomic(filepath.Join(dir, CurvesFile), curves))
}

// SaveDiagrams writes diagrams.json into the folder dir, which must exist.
func SaveDiagrams(dir string, diagrams []Diagram) error {
	return WriteAtomic(filepath.Join(dir, DiagramsFile), func(w io.Writer) error {
		return json.NewEncoder(w).Encode(diagrams)
	})
}

// Load reads the run folder dir. A run that ended before its first observation has no readings.jsonl and gives a
// history without events; a run that is done must have one.
func Load(dir string) (*Run, *History, error) {
	run, err := loadRun(dir)
	if err != nil {
		return nil, nil, err
	}
	if len(run.Quantities) == 0 {
		return nil, nil, fmt.Errorf("record: %s declares no quantities in %s: it was written by an older version, "+
			"which kept no intervals; make the run again", dir, RunFile)
	}
	path := filepath.Join(dir, ReadingsFile)
	f, err := os.Open(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && run.Status != Done:
		return run, NewHistory(run.Quantities), nil
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil, fmt.Errorf("record: %s is incomplete: the run is done but %s is missing", dir, ReadingsFile)
	case err != nil:
		return nil, nil, fmt.Errorf("record: %w", err)
	}
	defer f.Close()
	history, err := ReadJSONLines(f, path, run.Quantities)
	return run, history, err
}

// loadRun reads run.json of the run folder dir.
func loadRun(dir string) (*Run, error) {
	path := filepath.Join(dir, RunFile)
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(dir); err != nil {
			return nil, fmt.Errorf("record: there is no folder %s", dir)
		}
		return nil, fmt.Errorf("record: %s is not a run folder: it holds no %s (name a folder that a run wrote)",
			dir, RunFile)
	}
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
	return diagrams, nil
}
