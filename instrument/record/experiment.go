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
	"regexp"
	"time"

	"calorimeter/instrument/estimate"
)

// The files of an experiment's folder. The figure is there as SVG, PNG and PDF.
const (
	ExperimentFile   = "experiment.json"
	ExperimentFigure = "figure"
	ExperimentPage   = "experiment.html"
)

// The verdicts on a claim, beside [CannotTell].
const (
	Holds Verdict = "holds"
	Fails Verdict = "fails"
)

// Experiment is a claim of a paper, put to the test on an exactly solvable case and on networks. It is the content of
// experiment.json.
type Experiment struct {
	Name   string `json:"name"`   // by which the program knows it, such as "balance"
	Title  string `json:"title"`  // in words
	Claim  string `json:"claim"`  // what is put to the test
	Source string `json:"source"` // whose claim it is

	Verdict Verdict  `json:"verdict"` // on networks: Holds, CannotTell or Fails; empty while they are not done
	Answer  string   `json:"answer"`  // what was seen, in a sentence
	Sharpen []string `json:"sharpen,omitempty"`
	Limits  []string `json:"limits,omitempty"`
	Caption string   `json:"caption,omitempty"` // of the figure, which has none drawn into it

	Exact   *Trial `json:"exact,omitempty"`   // where the answer is known
	Network *Trial `json:"network,omitempty"` // where it is not

	Command []string  `json:"command"` // that makes it again
	Version string    `json:"version"`
	Machine Machine   `json:"machine"`
	Made    time.Time `json:"made"`
	Seconds float64   `json:"seconds"` // of all sittings
}

// Trial is one half of an [Experiment]: what was trained, and what it says of each part of the claim.
type Trial struct {
	Verdict    Verdict     `json:"verdict"` // the worst of the statements'
	Setup      string      `json:"setup"`   // what was trained or solved, in half a line
	Runs       []string    `json:"runs,omitempty"`
	Statements []Statement `json:"statements"`
	Diagrams   []Diagram   `json:"diagrams,omitempty"` // the panels of the figure
}

// Statement is a part of a claim that a number decides.
type Statement struct {
	Text string `json:"text"` // such as "the slope of Crooks is 1"
	// Identity says that it holds by definition, whatever the network did: it shows that the program adds up.
	Identity bool              `json:"identity,omitempty"`
	Verdict  Verdict           `json:"verdict"`
	Figure   estimate.Estimate `json:"figure"` // the number; in an exact case, what was measured
	Unit     string            `json:"unit,omitempty"`
	Expected string            `json:"expected,omitempty"` // what it is held against, such as "1" or "at least 0"
	Because  string            `json:"because,omitempty"`  // what else there is to say
}

// Worst is the verdict on a claim with these parts: it fails where one does, and nothing can be told where that is so
// of one. Without parts nothing can be told.
func Worst(parts []Statement) Verdict {
	v := Holds
	for _, p := range parts {
		switch {
		case p.Verdict == Fails:
			return Fails
		case p.Verdict != Holds:
			v = CannotTell
		}
	}
	if len(parts) == 0 {
		return CannotTell
	}
	return v
}

// numberList matches a list of numbers, each on a line of its own.
var numberList = regexp.MustCompile(`\[\n\s+[-+.0-9e]+(,\n\s+[-+.0-9e]+)*\n\s+\]`)

// Save writes experiment.json into the folder dir, which must exist: indented, with every list of numbers in a line.
func (e *Experiment) Save(dir string) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(e); err != nil {
		return fmt.Errorf("record: %w", err)
	}
	text := numberList.ReplaceAllFunc(b.Bytes(), func(list []byte) []byte {
		return bytes.Join(bytes.Fields(list), nil)
	})
	return WriteAtomic(filepath.Join(dir, ExperimentFile), func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	})
}

// LoadExperiment reads experiment.json of the folder dir. Where there is none the error is an [fs.ErrNotExist].
func LoadExperiment(dir string) (*Experiment, error) {
	path := filepath.Join(dir, ExperimentFile)
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("record: %s is not the folder of an experiment: %w", dir, err)
	}
	if err != nil {
		return nil, fmt.Errorf("record: %w", err)
	}
	e := new(Experiment)
	if err := json.Unmarshal(data, e); err != nil {
		return nil, fmt.Errorf("record: %s: %w", path, err)
	}
	printable(reflect.ValueOf(e))
	return e, nil
}
