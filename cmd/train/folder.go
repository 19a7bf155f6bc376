package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"time"

	"calorimeter/instrument/ensemble"
	"calorimeter/instrument/report"

	"github.com/nlpodyssey/safetensors"
	"github.com/sbinet/npyio/npz"
)

// folder writes the run folder as the run goes on: every file is whole at every moment.
type folder struct {
	dir        string
	run        *report.Run
	curves     *report.Curves
	rows       []*ensemble.Row
	planned    int
	work, heat [][][]float64 // [replica][observation][chain], of the interval before the observation
	densities  []report.WorkDensity
	layers     *report.Curves        // entropy of the weights of each parameter
	gallery    []float32             // samples of the first replica, at the steps run.SampleSteps
	last       *ensemble.Observation // nil in a resumed run without a new one
	ensemble   *ensemble.Ensemble
	saved      time.Time     // when the state was written last
	earlier    time.Duration // spent in sittings before this one
	began      time.Time     // of this sitting
	figures    []string
}

func newFolder(dir string, run *report.Run, e *ensemble.Ensemble) *folder {
	f := &folder{
		dir: dir, run: run, planned: len(e.Config().Observe), curves: &report.Curves{Columns: ensemble.Columns(e.Roles())},
		ensemble: e, began: time.Now(), saved: time.Now(),
	}
	f.layers = report.NewLayers(run.Parameters)
	f.work = make([][][]float64, run.Datasets*run.Replicas)
	f.heat = make([][][]float64, run.Datasets*run.Replicas)
	return f
}

func (f *folder) begin() error { return f.run.Save(f.dir) }

// observe keeps an observation and writes the curves so far.
func (f *folder) observe(o *ensemble.Observation, row *ensemble.Row) error {
	f.rows = append(f.rows, row)
	f.curves.Rows = append(f.curves.Rows, row.Values())
	for s, l := range o.Ledgers {
		f.work[s] = append(f.work[s], l.Work)
		f.heat[s] = append(f.heat[s], l.Heat)
	}
	if err := f.keepLayers(o); err != nil {
		return err
	}
	if h := o.WorkHistogram(); h != nil {
		f.densities = append(f.densities, report.WorkDensity{Step: h.Step, Edges: h.Edges, Forward: h.Forward, Reverse: h.Reverse})
	}
	f.last = o
	if err := f.curves.Save(f.dir); err != nil || time.Since(f.saved) < stateEvery {
		return err
	}
	return f.saveState()
}

// finish writes all that is left, whatever the end of the run was.
func (f *folder) finish(ex *examples, permutations int, trained error) error {
	f.run.Finished = time.Now().UTC().Truncate(time.Second)
	f.run.Seconds = (f.earlier + time.Since(f.began)).Round(10 * time.Millisecond).Seconds()
	switch {
	case trained == nil:
		f.run.Status = report.Done
	case errors.Is(trained, context.Canceled):
		f.run.Status = report.Interrupted
	default:
		f.run.Status, f.run.Error = report.Failed, trained.Error()
	}
	if err := f.keepState(); err != nil {
		return err
	}
	f.run.Books = nil
	for _, c := range ensemble.Books(f.rows) {
		f.run.Books = append(f.run.Books, report.Check{Name: c.Name, Verdict: c.Verdict.String(), Figure: c.Figure, Detail: c.Detail})
	}
	var remarks []string
	f.run.Reasons, remarks = ensemble.Remarks(f.rows)
	f.run.Warnings = append(f.run.Warnings, remarks...)
	if len(f.rows) > 0 {
		if permutations > 0 && f.last != nil {
			f.run.Nulls = nulls(f.last.Null(permutations, f.run.Seed))
			if words := f.run.NullWords(); words != "" {
				f.run.Notes = append(f.run.Notes, words)
			}
		}
		if err := f.writeChains(); err != nil {
			return err
		}
		if err := report.SaveWorkDensities(f.dir, f.densities); err != nil {
			return err
		}
		if err := f.writeWeights(); err != nil {
			return err
		}
		if err := f.writeSamples(ex); err != nil {
			return err
		}
	}
	if err := f.run.Save(f.dir); err != nil {
		return err
	}
	if len(f.rows) == 0 {
		return nil
	}
	var err error
	if f.figures, err = report.Figures(f.dir, f.run, f.curves); err != nil {
		return err
	}
	return report.WriteHTML(f.dir, f.run, f.curves)
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
func (f *folder) writeChains() error {
	return report.WriteAtomic(filepath.Join(f.dir, "chains.npz"), func(w io.Writer) error {
		z := npz.NewWriter(w)
		if err := z.Write("work", cube(f.work)); err != nil {
			return err
		}
		if err := z.Write("heat", cube(f.heat)); err != nil {
			return err
		}
		steps := make([]int64, len(f.rows))
		for i, row := range f.rows {
			steps[i] = int64(row.Step)
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
func (f *folder) writeWeights() error {
	dir := filepath.Join(f.dir, "weights")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	params := f.ensemble.Params()
	for _, r := range f.ensemble.Replicas() {
		views := map[string]safetensors.TensorView{}
		for i, p := range params {
			shape := make([]uint64, len(p.Shape))
			for j, n := range p.Shape {
				shape[j] = uint64(n)
			}
			var err error
			if views[p.Name], err = tensorView(r.Theta[i], shape, p.Float64); err != nil {
				return err
			}
		}
		name := filepath.Join(dir, fmt.Sprintf("d%d-r%d.safetensors", r.Set, r.Index))
		err := report.WriteAtomic(name, func(w io.Writer) error {
			return safetensors.SerializeToWriter(views, map[string]string{
				"model": f.run.Model, "seed": fmt.Sprint(f.run.Seed), "step": fmt.Sprint(r.Step),
				"data_set": fmt.Sprint(r.Set), "replica": fmt.Sprint(r.Index),
			}, w)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func tensorView(theta []float64, shape []uint64, double bool) (safetensors.TensorView, error) {
	var data []byte
	if double {
		for _, v := range theta {
			data = binary.LittleEndian.AppendUint64(data, math.Float64bits(v))
		}
		return safetensors.NewTensorView(safetensors.F64, shape, data)
	}
	for _, v := range theta {
		data = binary.LittleEndian.AppendUint32(data, math.Float32bits(float32(v)))
	}
	return safetensors.NewTensorView(safetensors.F32, shape, data)
}

// keepLayers writes the entropy of the weights of each parameter, where there are several.
func (f *folder) keepLayers(o *ensemble.Observation) error {
	if len(f.run.Parameters) < 2 {
		return nil
	}
	values := []float64{float64(o.Step)}
	parts := o.PartEntropies(f.ensemble.Parts())
	for _, e := range parts {
		values = append(values, e.Value)
	}
	for _, e := range parts {
		values = append(values, e.SE)
	}
	f.layers.Rows = append(f.layers.Rows, values)
	return report.SaveLayers(f.dir, f.layers)
}

// The pictures of samples over training: so many observations, so many samples of each.
const galleryRows, galleryColumns = 6, 12

// keepSamples draws samples of the first replica at a few observations evenly spread over the run, where samples are
// pictures. It is called before the observation is kept.
func (f *folder) keepSamples(o *ensemble.Observation, ex *examples) error {
	height, width, n := ex.shape[0], ex.shape[1], len(f.run.SampleSteps)
	due := n * (f.planned - 1) / (min(galleryRows, f.planned) - 1)
	if height < 2 || width < 2 || len(f.rows) != due {
		return nil
	}
	columns := min(o.Chains, galleryColumns)
	f.gallery = append(f.gallery, o.Samples[:columns*ex.dim]...)
	f.run.SampleSteps = append(f.run.SampleSteps, o.Step)
	err := report.SampleGrid(filepath.Join(f.dir, report.SamplesOverTrainingFile), f.gallery, n+1, columns, height, width)
	return errors.Join(err, f.run.Save(f.dir))
}

// writeSamples draws the newest samples, one replica a row, where samples are pictures.
func (f *folder) writeSamples(ex *examples) error {
	height, width := ex.shape[0], ex.shape[1]
	if height < 2 || width < 2 || f.last == nil {
		return nil
	}
	perRow := min(f.run.Chains, 16)
	rows := min(len(f.work), 8)
	var x []float32
	for r := range rows {
		s := r * len(f.work) / rows
		x = append(x, f.last.Samples[s*f.run.Chains*ex.dim:][:perRow*ex.dim]...)
	}
	return report.SampleGrid(filepath.Join(f.dir, report.SamplesFile), x, rows, perRow, height, width)
}
