package experiment

import (
	"fmt"
	"path/filepath"
	"strconv"

	"calorimeter/instrument/estimate"
	"calorimeter/instrument/record"
	"calorimeter/instrument/testsystems"

	"github.com/sbinet/npyio/npz"
)

// Run is a training that was carried out, as its folder tells of it.
type Run struct {
	Name string // of its job
	Dir  string
	*record.Run
	History *record.History

	chains *Chains
}

// Load reads the folder of a job's run, which must be done.
func Load(name, dir string) (*Run, error) {
	run, history, err := record.Load(dir)
	if err != nil {
		return nil, err
	}
	if run.Status != record.Done {
		return nil, fmt.Errorf("experiment: the run in %s is %s, not done", dir, run.Status)
	}
	return &Run{Name: name, Dir: dir, Run: run, History: history}, nil
}

// Setting returns the number that a setting has, by its default or otherwise. A setting that the run does not have, or
// that is no number, is an error.
func (r *Run) Setting(name string) (float64, error) {
	for _, s := range r.Config {
		if s.Name == name {
			v, err := strconv.ParseFloat(s.Value, 64)
			if err != nil {
				return 0, fmt.Errorf("experiment: %s of the run in %s is %q, not a number", name, r.Dir, s.Value)
			}
			return v, nil
		}
	}
	return 0, fmt.Errorf("experiment: the run in %s has no setting %s", r.Dir, name)
}

// At returns the reading of a quantity at a step, unknown where there is none.
func (r *Run) At(name string, step int) estimate.Estimate {
	steps, readings := r.History.Series(name)
	for i, s := range steps {
		if s == step {
			return readings[i]
		}
	}
	return estimate.Unknown("%s was not measured at step %d", name, step)
}

// Last returns the reading of a quantity at the last observation.
func (r *Run) Last(name string) estimate.Estimate {
	observed := r.Observed()
	return r.At(name, observed[len(observed)-1])
}

// Observed lists the steps of the observations.
func (r *Run) Observed() (steps []int) {
	for _, e := range r.History.Events() {
		steps = append(steps, e.Step)
	}
	return steps
}

// Gaussian is the exactly solvable model that the run trained.
func (r *Run) Gaussian() (testsystems.GaussianPPM, error) {
	var failed error
	number := func(name string) float64 {
		v, err := r.Setting(name)
		if err != nil && failed == nil {
			failed = err
		}
		return v
	}
	g := testsystems.GaussianPPM{
		Dim: int(number("dim")), Sigma: number("sigma"), DataSigma: number("data-sigma"), InitVar: number("init-var"),
		Subset: r.Subset, Rate: number("lr"), Temperature: number("temperature"), Steps: r.Steps,
	}
	if failed == nil {
		failed = g.Validate()
	}
	return g, failed
}

// Chains are the numbers of single observer chains, [replica][observation][chain], in nats: work and heat of the
// interval that ends with the observation, and the work of switching the weights at once over it, forward on the chains
// of its beginning and reverse on those of its end; NaN at the first observation. Replicas are set-major.
type Chains struct {
	Work, Heat, Forward, Reverse [][][]float64
}

// Chains reads chains.npz of the run, once.
func (r *Run) Chains() (*Chains, error) {
	if r.chains != nil {
		return r.chains, nil
	}
	path := filepath.Join(r.Dir, "chains.npz")
	file, err := npz.Open(path)
	if err != nil {
		return nil, fmt.Errorf("experiment: %s: %w", path, err)
	}
	defer file.Close()
	c := &Chains{}
	for name, to := range map[string]*[][][]float64{
		"work": &c.Work, "heat": &c.Heat, "switch_forward": &c.Forward, "switch_reverse": &c.Reverse,
	} {
		var flat []float64
		if err := file.Read(name, &flat); err != nil {
			return nil, fmt.Errorf("experiment: %s of %s: %w", name, path, err)
		}
		*to, err = folded(flat, r.Datasets*r.Replicas, len(r.Observed()))
		if err != nil {
			return nil, fmt.Errorf("experiment: %s of %s: %w", name, path, err)
		}
	}
	r.chains = c
	return c, nil
}

// folded gives an array its shape.
func folded(flat []float64, replicas, observations int) ([][][]float64, error) {
	if replicas*observations == 0 || len(flat)%(replicas*observations) != 0 {
		return nil, fmt.Errorf("%d numbers for %d replicas and %d observations", len(flat), replicas, observations)
	}
	k := len(flat) / (replicas * observations)
	cube := make([][][]float64, replicas)
	for s := range cube {
		for n := range observations {
			at := (s*observations + n) * k
			cube[s] = append(cube[s], flat[at:at+k])
		}
	}
	return cube, nil
}
