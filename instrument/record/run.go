package record

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"time"
)

// The values of Run.Status.
const (
	Done        = "done"        // every step and every observation was made
	Interrupted = "interrupted" // stopped from outside; it can be resumed
	Failed      = "failed"      // stopped by an error, which Run.Error tells
	Running     = "running"     // goes on: in live pages alone, never in run.json
)

// Run is the record of one run: all that is needed to understand its readings and to make them again. It is the
// content of run.json.
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
	// Fingerprint tells the data as they were used from others: a checksum of each part of them.
	Fingerprint Settings `json:"fingerprint,omitempty"`

	Setup string `json:"setup,omitempty"` // what was trained on what, in half a line
	Units Units  `json:"units"`           // what the errors are over

	Weights     int `json:"weights"`      // weights of one replica
	FreeWeights int `json:"free_weights"` // those that the energy depends on (not behind a mask)

	Started  time.Time `json:"started"`
	Finished time.Time `json:"finished"`
	Seconds  float64   `json:"seconds"` // time spent, summed over the sittings of a run that was resumed

	Status string `json:"status"`          // Done, Interrupted or Failed
	Error  string `json:"error,omitempty"` // why the run failed

	Machine Machine           `json:"machine"`
	Modules map[string]string `json:"modules,omitempty"` // versions of the modules linked in

	Quantities  []Info            `json:"quantities"` // what is measured: the declarations of all readings
	Findings    []Finding         `json:"findings,omitempty"`
	Conclusions []string          `json:"conclusions,omitempty"` // what the record shows, in sentences
	Books       []Check           `json:"books,omitempty"`
	Nulls       map[string]Null   `json:"nulls,omitempty"`   // quantity -> what its last value is read against
	Reasons     map[string]string `json:"reasons,omitempty"` // quantity -> why it has no value
	Warnings    []Warning         `json:"warnings,omitempty"`
	Notes       []string          `json:"notes,omitempty"` // what else a reader should know
	Pictures    []Picture         `json:"pictures,omitempty"`

	Files Settings `json:"files,omitempty"` // checksums of what was written; see Seal
}

// Units are the independent units that the errors of a run are over.
type Units struct {
	Name  string `json:"name"` // of one, such as "training set"
	Count int    `json:"count"`
	// Draw tells these units from others: two runs with the same have the same units in the same order, and their errors
	// can be paired. Empty where that is not known.
	Draw string `json:"draw,omitempty"`
}

// Shared reports whether two runs have the same units.
func (u Units) Shared(with Units) bool { return u.Draw != "" && u == with }

// Machine is where a run was made. Readings are reproduced byte for byte within one BLAS and one architecture.
type Machine struct {
	OS      string `json:"os"`
	Arch    string `json:"arch"`
	CPUs    int    `json:"cpus"`
	Workers int    `json:"workers"` // replicas trained at the same time
	Go      string `json:"go"`
	BLAS    string `json:"blas"`
}

// Failed returns the checks that failed.
func (r *Run) Failed() (failed []Check) {
	for _, c := range r.Books {
		if c.Verdict == Fail {
			failed = append(failed, c)
		}
	}
	return failed
}

// Show enters a picture, in the place of an older one of the same file.
func (r *Run) Show(p Picture) {
	for i := range r.Pictures {
		if r.Pictures[i].File == p.File {
			r.Pictures[i] = p
			return
		}
	}
	r.Pictures = append(r.Pictures, p)
}

// WriteJSON writes the run as indented JSON.
func (r *Run) WriteJSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(r)
}

// ReadJSON reads what WriteJSON wrote. Texts come back [Printable]. Unknown fields are ignored; name is used in errors,
// which say where the JSON is broken or why it is not the record of a run.
func ReadJSON(r io.Reader, name string) (*Run, error) {
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("record: reading %s: %w", name, err)
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
			return nil, fmt.Errorf("record: %s:%d: not JSON: %w", name, line, err)
		}
		return nil, fmt.Errorf("record: %s: %w", name, err)
	}
	if !slices.Contains([]string{Done, Interrupted, Failed}, run.Status) {
		return nil, fmt.Errorf("record: %s is not the record of a run: its status is %q, not %q, %q or %q",
			name, run.Status, Done, Interrupted, Failed)
	}
	printable(reflect.ValueOf(run))
	return run, nil
}
