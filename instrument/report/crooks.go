package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// CrooksFile records the densities of forward and reverse work of a run, one [WorkDensity] an observation, as a JSON array.
const CrooksFile = "crooks.json"

// WorkDensity holds the densities of dissipated work of one interval between observations: of the work w of switching the
// weights forward, as w - ΔF, and of the work w_R of switching them back, as -w_R - ΔF. By the theorem of Crooks (Phys.
// Rev. E 60, 2721 (1999)) the logarithm of their ratio is the dissipated work itself, so that they cross at 0.
type WorkDensity struct {
	Step    int       `json:"step"`    // at the end of the interval
	Edges   []float64 `json:"edges"`   // of the bins, ascending, nats; one more than densities
	Forward []float64 `json:"forward"` // per nat
	Reverse []float64 `json:"reverse"` // per nat
}

func (d WorkDensity) check() error {
	if len(d.Forward) != len(d.Reverse) || len(d.Edges) != len(d.Forward)+1 {
		return fmt.Errorf("step %d: %d edges for %d forward and %d reverse densities", d.Step, len(d.Edges), len(d.Forward), len(d.Reverse))
	}
	for i, e := range d.Edges[1:] {
		if !(e > d.Edges[i]) {
			return fmt.Errorf("step %d: edge %v after %v", d.Step, e, d.Edges[i])
		}
	}
	return nil
}

// overlap is the area that the two densities share, 0 to 1.
func (d WorkDensity) overlap() (shared float64) {
	for i, f := range d.Forward {
		shared += min(f, d.Reverse[i]) * (d.Edges[i+1] - d.Edges[i])
	}
	return shared
}

// SaveWorkDensities writes crooks.json into the folder dir, which must exist.
func SaveWorkDensities(dir string, all []WorkDensity) error {
	return WriteAtomic(filepath.Join(dir, CrooksFile), func(w io.Writer) error { return json.NewEncoder(w).Encode(all) })
}

// LoadWorkDensities reads crooks.json of the folder dir; a folder without one has none.
func LoadWorkDensities(dir string) ([]WorkDensity, error) {
	path := filepath.Join(dir, CrooksFile)
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	var all []WorkDensity
	if err := json.Unmarshal(data, &all); err != nil {
		return nil, fmt.Errorf("report: %s: %w", path, err)
	}
	for _, d := range all {
		if err := d.check(); err != nil {
			return nil, fmt.Errorf("report: %s: %w", path, err)
		}
	}
	return all, nil
}

// telling returns the newest density whose two sides overlap enough to see the crossing, else the one that overlaps most.
func telling(all []WorkDensity) (WorkDensity, bool) {
	const enough = 0.25
	best, most := WorkDensity{}, 0.0
	for i := len(all) - 1; i >= 0; i-- {
		if o := all[i].overlap(); o > most {
			best, most = all[i], o
			if most > enough && len(best.Forward) > 5 {
				break
			}
		}
	}
	return best, most > 0
}

func crooksPanel(all []WorkDensity) *panel {
	const title, xlabel = "Crooks: forward and reverse work", "dissipated work w − ΔF (nats)"
	d, ok := telling(all)
	if !ok {
		p := newAxes(title, xlabel, "probability density (1/nat)", linear{}, linear{}, nil)
		p.note("Not recorded, or forward and reverse work never overlap.")
		return p
	}
	x, forward, reverse := steps(d, d.Forward), stairs(d.Forward), stairs(d.Reverse)
	p := newAxes(title, xlabel, "probability density (1/nat)", linear{}, linear{}, x)
	p.show(series{name: "forward, P(w − ΔF)", y: forward, look: solid(blue, 1.4), area: 0.25, under: true})
	p.show(series{name: "reverse, P(−w' − ΔF)", y: reverse, look: solid(vermillion, 1.4), area: 0.25, under: true})
	p.plumb(0, "they must cross at 0", dashed(black, 0.9, 5, 3))
	p.note("Switching the weights at once over the interval that ends at step %s; overlap %.2f.", count(d.Step), d.overlap())
	return p
}

// steps returns the x of a staircase over the bins of d, and stairs its heights.
func steps(d WorkDensity, density []float64) []float64 {
	var x []float64
	for i := range density {
		x = append(x, d.Edges[i], d.Edges[i+1])
	}
	return x
}

func stairs(density []float64) []float64 {
	var y []float64
	for _, v := range density {
		y = append(y, v, v)
	}
	return y
}
