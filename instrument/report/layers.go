package report

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
)

// LayersFile records the entropy of the weights of each parameter of the network: a table as curves.csv is, with a column for
// each parameter, in nats, and its standard error NAME_se.
const LayersFile = "layers.csv"

// NewLayers returns the table of layers.csv without rows: step, the parameters, and their standard errors.
func NewLayers(parameters []Parameter) *Curves {
	c := &Curves{Columns: []string{"step"}}
	for _, ending := range []string{"", "_se"} {
		for _, p := range parameters {
			c.Columns = append(c.Columns, p.Name+ending)
		}
	}
	return c
}

// SaveLayers writes layers.csv into the folder dir, which must exist.
func SaveLayers(dir string, layers *Curves) error {
	return WriteAtomic(filepath.Join(dir, LayersFile), layers.WriteCSV)
}

// LoadLayers reads layers.csv of the folder dir; nil where there is none.
func LoadLayers(dir string) (*Curves, error) {
	path := filepath.Join(dir, LayersFile)
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	defer f.Close()
	return ReadCSV(f, path)
}

// extras are what some runs record beside their curves.
type extras struct {
	densities []WorkDensity
	layers    *Curves // nil if there is none
}

func loadExtras(dir string) (more extras, err error) {
	if more.densities, err = LoadWorkDensities(dir); err != nil {
		return more, err
	}
	more.layers, err = LoadLayers(dir)
	return more, err
}

// layersPanel shows the change of the entropy of each parameter, divided by its number of weights.
func layersPanel(run *Run, layers *Curves) *panel {
	p := newPanel("Entropy of the weights of each parameter", "ΔS / number of weights (nats)", linear{}, layers.Column("step"))
	banded := false
	for i, parameter := range run.Parameters {
		change, half, ref := entropyChange(layers, parameter.Name)
		if ref < 0 || parameter.Free < 1 || !slices.Contains(layers.Columns, parameter.Name) {
			continue
		}
		for k := range change {
			change[k] /= float64(parameter.Free)
			half[k] *= studentT(run) / float64(parameter.Free)
			if k == ref {
				half[k] = math.NaN() // zero by definition
			}
		}
		name := fmt.Sprintf("%s, %s", plain(parameter.Name), plural(parameter.Free, "weight"))
		banded = banded || anyFinite(half)
		p.curve(name, "s_theta", change, half, comparedLook(i))
	}
	if p.values.empty() {
		p.note("The entropy of single parameters is not known: it takes two training sets and weights that differ.")
	} else {
		p.level(0, "", "", dashed(grey, 0.7, 2, 2))
		p.note("Since the first observation at which it is known.")
		if banded {
			p.note("%s", errorNote(run))
		}
	}
	return p
}
