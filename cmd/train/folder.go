package main

import (
	"errors"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"reflect"

	"calorimeter/instrument/ensemble"
	"calorimeter/instrument/report"

	"github.com/sbinet/npyio/npz"
)

// The run folder of an ensemble.

// observe keeps an observation and writes the curves so far.
func (j *ensembleJob) observe(o *ensemble.Observation, row *ensemble.Row) error {
	j.rows = append(j.rows, row)
	j.curves.Rows = append(j.curves.Rows, row.Values())
	for s, l := range o.Ledgers {
		j.work[s] = append(j.work[s], l.Work)
		j.heat[s] = append(j.heat[s], l.Heat)
	}
	if h := o.WorkHistogram(); h != nil {
		j.densities = append(j.densities, report.WorkDensity{Step: h.Step, Edges: h.Edges, Forward: h.Forward, Reverse: h.Reverse})
	}
	j.last = o
	return errors.Join(j.keepLayers(o), j.curves.Save(j.dir))
}

// conclude keeps what is made of the last observation alone: nulls, and samples where they are pictures.
func (j *ensembleJob) conclude() {
	if j.last == nil {
		return
	}
	if j.flags.Permutations > 0 {
		j.nulls = nulls(j.last.Null(j.flags.Permutations, j.run.Seed))
	}
	if dim := j.examples.dim; j.examples.shape[0] >= 2 && j.examples.shape[1] >= 2 {
		rows, columns := j.sampleGrid()
		j.samples = nil
		for r := range rows {
			s := r * len(j.work) / rows
			j.samples = append(j.samples, j.last.Samples[s*j.run.Chains*dim:][:columns*dim]...)
		}
	}
}

// finish closes the books and writes all that is left.
func (j *ensembleJob) finish() error {
	j.check(ensemble.Books(j.rows))
	var remarks []string
	j.run.Reasons, remarks = ensemble.Remarks(j.rows)
	j.run.Warnings = append(j.run.Warnings, remarks...)
	if len(j.layers) > 0 {
		for _, line := range ensemble.PartRemarks(j.ensemble.Parts(), j.steps(), j.layers) {
			j.run.Warnings = append(j.run.Warnings, report.LayersFile+": "+line)
		}
	}
	if len(j.rows) == 0 {
		return j.run.Save(j.dir)
	}
	if j.run.Nulls = j.nulls; j.nulls != nil {
		if j.remark = j.run.NullWords(); j.remark != "" {
			j.run.Notes = append(j.run.Notes, j.remark)
		}
	}
	for _, write := range []func() error{
		j.writeChains,
		func() error { return report.SaveWorkDensities(j.dir, j.densities) },
		j.writeWeights,
		j.writeSamples,
		func() error { _, err := report.Figures(j.dir, j.run, j.curves); return err },
		func() error { return report.WriteHTML(j.dir, j.run, j.curves) },
		func() error { return j.run.Save(j.dir) },
	} {
		if err := write(); err != nil {
			return err
		}
	}
	return nil
}

// nulls are what the record keeps of the nulls of an observation: those that are known.
func nulls(n ensemble.Null) map[string]report.Null {
	kept := map[string]report.Null{}
	for column, e := range n.Estimates() {
		if e.Known() && !math.IsInf(e.Value, 0) && !math.IsInf(e.Hi, 0) {
			kept[column] = report.Null{Mean: e.Value, Hi: e.Hi, Permutations: int(e.N)}
		}
	}
	return kept
}

// writeChains writes chains.npz: work and heat of every interval, in nats, float64, replicas x observations x chains;
// the first observation has no interval before it and holds NaN.
func (j *ensembleJob) writeChains() error {
	return report.WriteAtomic(filepath.Join(j.dir, "chains.npz"), func(w io.Writer) error {
		z := npz.NewWriter(w)
		if err := z.Write("work", cube(j.work)); err != nil {
			return err
		}
		if err := z.Write("heat", cube(j.heat)); err != nil {
			return err
		}
		steps := make([]int64, len(j.rows))
		for i, step := range j.steps() {
			steps[i] = int64(step)
		}
		if err := z.Write("step", steps); err != nil {
			return err
		}
		return z.Close()
	})
}

// cube copies v into an array type of its own shape, which is how npz knows the shape.
func cube(v [][][]float64) any {
	a, b, c := len(v), len(v[0]), len(v[0][0])
	t := reflect.ArrayOf(a, reflect.ArrayOf(b, reflect.ArrayOf(c, reflect.TypeFor[float64]())))
	p := reflect.New(t)
	for i := range v {
		for j := range v[i] {
			reflect.Copy(p.Elem().Index(i).Index(j), reflect.ValueOf(v[i][j]))
		}
	}
	return p.Interface()
}

// writeWeights writes weights/dD-rR.safetensors, the weights of each replica at the last observation.
func (j *ensembleJob) writeWeights() error {
	params := j.ensemble.Params()
	for _, r := range j.ensemble.Replicas() {
		var all []weights
		for i, p := range params {
			all = append(all, weights{p.Name, p.Shape, r.Theta[i], p.Float64})
		}
		of := map[string]string{"step": fmt.Sprint(r.Step), "data_set": fmt.Sprint(r.Set), "replica": fmt.Sprint(r.Index)}
		if err := j.saveWeights(fmt.Sprintf("d%d-r%d", r.Set, r.Index), all, of); err != nil {
			return err
		}
	}
	return nil
}

// keepLayers keeps the entropy of the weights of each parameter, where there are several, and writes those so far. The
// observation's row is kept already.
func (j *ensembleJob) keepLayers(o *ensemble.Observation) error {
	if len(j.run.Parameters) < 2 {
		return nil
	}
	j.layers = append(j.layers, o.PartEntropies(j.ensemble.Parts()))
	table := report.NewLayers(j.run.Parameters)
	for i, step := range j.steps() {
		values := []float64{float64(step)}
		for _, e := range j.layers[i] {
			values = append(values, e.Value)
		}
		for _, e := range j.layers[i] {
			values = append(values, e.SE)
		}
		table.Rows = append(table.Rows, values)
	}
	return report.SaveLayers(j.dir, table)
}

// steps are those of the observations that are kept.
func (j *ensembleJob) steps() []int {
	steps := make([]int, len(j.rows))
	for i, row := range j.rows {
		steps[i] = row.Step
	}
	return steps
}

// The pictures of samples over training: so many observations, so many samples of each.
const galleryRows, galleryColumns = 6, 12

// keepSamples draws samples of the first replica at a few observations evenly spread over the run, where samples are
// pictures. It is called before the observation is kept.
func (j *ensembleJob) keepSamples(o *ensemble.Observation) error {
	ex := j.examples
	height, width, n := ex.shape[0], ex.shape[1], len(j.run.SampleSteps)
	due := n * (j.planned - 1) / (min(galleryRows, j.planned) - 1)
	if height < 2 || width < 2 || len(j.rows) != due {
		return nil
	}
	columns := min(o.Chains, galleryColumns)
	j.gallery = append(j.gallery, o.Samples[:columns*ex.dim]...)
	j.run.SampleSteps = append(j.run.SampleSteps, o.Step)
	err := report.SampleGrid(filepath.Join(j.dir, report.SamplesOverTrainingFile), j.gallery, n+1, columns, height, width)
	return errors.Join(err, j.run.Save(j.dir))
}

// sampleGrid is how many samples the picture of the last ones shows: of so many replicas, one a row, so many each.
func (j *ensembleJob) sampleGrid() (rows, columns int) {
	return min(len(j.work), 8), min(j.run.Chains, 16)
}

// writeSamples draws the newest samples, one replica a row, where samples are pictures.
func (j *ensembleJob) writeSamples() error {
	if j.samples == nil {
		return nil
	}
	rows, columns := j.sampleGrid()
	return report.SampleGrid(filepath.Join(j.dir, report.SamplesFile), j.samples, rows, columns, j.examples.shape[0], j.examples.shape[1])
}
