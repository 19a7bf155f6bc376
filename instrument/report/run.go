package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// The files of a run folder.
const (
	RunFile     = "run.json"
	CurvesFile  = "curves.csv"
	ReportFile  = "report.html"
	SamplesFile = "samples.png"

	// SamplesOverTrainingFile shows samples of one replica, one row of the grid a step of Run.SampleSteps.
	SamplesOverTrainingFile = "samples-over-training.png"
)

// The values of Run.Status.
const (
	Done        = "done"        // every step and every observation was made
	Interrupted = "interrupted" // stopped from outside; it can be resumed
	Failed      = "failed"      // stopped by an error, which Run.Error tells
	Running     = "running"     // goes on: in pages of [LivePage] alone, never in run.json
)

// The values of Check.Verdict.
const (
	Pass       = "pass"
	CannotTell = "cannot tell" // the figure is compatible with both; never counted as a pass
	Fail       = "fail"
)

// Run is the record of one run: all that is needed to understand its curves and to make them again. It is the content
// of run.json.
type Run struct {
	Program string   `json:"program"` // the program that ran, such as "train"
	Version string   `json:"version"` // its version, or the revision of its source
	Command []string `json:"command"` // the command line, argument by argument, that makes the run again
	Config  Settings `json:"config"`  // every setting with its value, defaults included
	Seed    uint64   `json:"seed"`

	Model    string `json:"model"`    // name of the model, such as "made"
	Data     string `json:"data"`     // name of the data, such as "mnist-sample"
	Datasets int    `json:"datasets"` // D, independent training sets
	Replicas int    `json:"replicas"` // R, replicas trained on each training set
	Chains   int    `json:"chains"`   // K, observer chains of each replica
	Subset   int    `json:"subset"`   // N, examples in one training set
	Steps    int    `json:"steps"`    // training steps asked for

	SampleSteps []int `json:"sample_steps,omitempty"` // steps of the rows of samples-over-training.png

	Weights     int `json:"weights"`      // weights of one replica
	FreeWeights int `json:"free_weights"` // those that the energy depends on (not behind a mask)

	Parameters []Parameter `json:"parameters,omitempty"` // of the network, those with weights that the energy depends on

	Started  time.Time `json:"started"`
	Finished time.Time `json:"finished"`
	Seconds  float64   `json:"seconds"` // time spent, summed over the sittings of a run that was resumed

	Status string `json:"status"`          // Done, Interrupted or Failed
	Error  string `json:"error,omitempty"` // why the run failed

	Machine Machine           `json:"machine"`
	Modules map[string]string `json:"modules,omitempty"` // versions of the modules linked in

	Books    []Check           `json:"books,omitempty"`
	Nulls    map[string]Null   `json:"nulls,omitempty"`    // column of the curves -> what its last value is read against
	Reasons  map[string]string `json:"reasons,omitempty"`  // column of the curves -> why it is empty
	Warnings []string          `json:"warnings,omitempty"` // reasons not to take numbers at face value
	Notes    []string          `json:"notes,omitempty"`    // what else a reader should know
}

// Parameter is a parameter of the network, such as the weights or the biases of one layer.
type Parameter struct {
	Name string `json:"name"`
	Free int    `json:"free_weights"`
}

// Machine is where a run was made. Curves are reproduced byte for byte within one BLAS and one architecture.
type Machine struct {
	OS      string `json:"os"`
	Arch    string `json:"arch"`
	CPUs    int    `json:"cpus"`
	Workers int    `json:"workers"` // replicas trained at the same time
	Go      string `json:"go"`
	BLAS    string `json:"blas"`
}

// Check is one line of the books: an identity or an inequality that the run must obey, and whether it did.
type Check struct {
	Name    string `json:"name"`             // such as "first law"
	Verdict string `json:"verdict"`          // Pass, CannotTell or Fail
	Figure  string `json:"figure"`           // the number it rests on, such as "largest |dphi - w - q| = 0 nats over 768 chains"
	Detail  string `json:"detail,omitempty"` // what was compared, and what to do where it failed
}

// WriteJSON writes the run as indented JSON.
func (r *Run) WriteJSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(r)
}

// ReadJSON reads what WriteJSON wrote. Unknown fields are ignored; name is used in errors, which say where the
// JSON is broken or why it is not the record of a run.
func ReadJSON(r io.Reader, name string) (*Run, error) {
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("report: reading %s: %w", name, err)
	}
	run := new(Run)
	if err := json.Unmarshal(data, run); err != nil {
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) {
			line := 1
			for _, b := range data[:min(int(syntax.Offset), len(data))] {
				if b == '\n' {
					line++
				}
			}
			return nil, fmt.Errorf("report: %s:%d: not JSON: %w", name, line, err)
		}
		return nil, fmt.Errorf("report: %s: %w", name, err)
	}
	if !slices.Contains([]string{Done, Interrupted, Failed}, run.Status) {
		return nil, fmt.Errorf("report: %s is not the record of a run: its status is %q, not %q, %q or %q",
			name, run.Status, Done, Interrupted, Failed)
	}
	return run, nil
}

// Save writes run.json into the folder dir, which must exist.
func (r *Run) Save(dir string) error {
	return WriteAtomic(filepath.Join(dir, RunFile), r.WriteJSON)
}

// Load reads the run folder dir. A run that ended before its first observation has no curves.csv and gives curves
// without rows; a run that is done must have one.
func Load(dir string) (*Run, *Curves, error) {
	run, err := loadRun(dir)
	if err != nil {
		return nil, nil, err
	}
	path := filepath.Join(dir, CurvesFile)
	g, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) && run.Status != Done {
		return run, &Curves{Columns: []string{"step"}}, nil
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, fmt.Errorf("report: %s is incomplete: the run is done but %s is missing", dir, CurvesFile)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("report: %w", err)
	}
	defer g.Close()
	curves, err := ReadCSV(g, path)
	return run, curves, err
}

// loadRun reads run.json of the run folder dir.
func loadRun(dir string) (*Run, error) {
	path := filepath.Join(dir, RunFile)
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(dir); err != nil {
			return nil, fmt.Errorf("report: there is no folder %s", dir)
		}
		return nil, fmt.Errorf("report: %s is not a run folder: it holds no %s (name a folder that a run wrote)", dir, RunFile)
	}
	if err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	defer f.Close()
	return ReadJSON(f, path)
}
