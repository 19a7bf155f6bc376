package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"calorimeter/instrument/report"
	"calorimeter/instrument/selfsupervised"
	"calorimeter/model"
	"calorimeter/model/ssl"

	"github.com/nlpodyssey/safetensors"
)

// sslFolder writes the run folder of a self-supervised run as it goes on: every file is whole at every moment.
type sslFolder struct {
	dir          string
	run          *report.Run
	runner       *selfsupervised.Runner
	cycles       *report.Curves
	observations []*selfsupervised.Observation
	planned      int
	occupation   string // how labels are occupied at the end, in words
}

func newSSLFolder(dir string, run *report.Run, r *selfsupervised.Runner) *sslFolder {
	s := r.Settings()
	return &sslFolder{
		dir: dir, run: run, runner: r, planned: len(r.Config().Observe),
		cycles: &report.Curves{Columns: selfsupervised.Columns(s.Labels, s.Algorithm != ssl.SimCLR)},
	}
}

func (f *sslFolder) begin() error { return f.run.Save(f.dir) }

// observe keeps an observation and writes the cycles so far.
func (f *sslFolder) observe(o *selfsupervised.Observation) error {
	f.observations = append(f.observations, o)
	f.cycles.Rows = append(f.cycles.Rows, o.Values())
	return report.SaveCycles(f.dir, f.cycles)
}

// finish writes all that is left, whatever the end of the run was.
func (f *sslFolder) finish(trained error) error {
	f.run.Finished = time.Now().UTC().Truncate(time.Second)
	f.run.Seconds = time.Since(f.run.Started).Round(10 * time.Millisecond).Seconds()
	switch {
	case trained == nil:
		f.run.Status = report.Done
	case errors.Is(trained, context.Canceled):
		f.run.Status = report.Interrupted
	default:
		f.run.Status, f.run.Error = report.Failed, trained.Error()
	}
	for _, c := range selfsupervised.Books(f.observations, f.runner.Settings().Precision) {
		f.run.Books = append(f.run.Books, report.Check{Name: c.Name, Verdict: c.Verdict.String(), Figure: c.Figure, Detail: c.Detail})
	}
	var warnings []string
	warnings, f.occupation = selfsupervised.Remarks(f.observations)
	f.run.Warnings = append(f.run.Warnings, warnings...)
	if f.occupation != "" {
		f.run.Notes = append(f.run.Notes, "labels of the last step: "+f.occupation)
	}
	if len(f.observations) > 0 {
		if err := f.writeWeights(); err != nil {
			return err
		}
	}
	if err := f.run.Save(f.dir); err != nil || len(f.observations) == 0 {
		return err
	}
	if _, err := report.CycleFigures(f.dir, f.run, f.cycles); err != nil {
		return err
	}
	return report.WriteCycleHTML(f.dir, f.run, f.cycles)
}

// writeWeights writes weights/rR.safetensors, the weights of each replica at the last observation (DINO's teacher
// too).
func (f *sslFolder) writeWeights() error {
	dir := filepath.Join(f.dir, "weights")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	double := f.runner.Settings().Precision == model.Float64
	for _, r := range f.runner.Replicas() {
		views := map[string]safetensors.TensorView{}
		for part, theta := range map[string][][]float64{"": r.State.Theta, "teacher.": r.State.Teacher} {
			if theta == nil {
				continue
			}
			for i, p := range f.runner.Parameters() {
				var err error
				if views[part+p.Name], err = tensorView(theta[i], []uint64{uint64(p.Rows), uint64(p.Cols)}, double); err != nil {
					return err
				}
			}
		}
		err := report.WriteAtomic(filepath.Join(dir, fmt.Sprintf("r%d.safetensors", r.Index)), func(w io.Writer) error {
			return safetensors.SerializeToWriter(views, map[string]string{
				"model": f.run.Model, "seed": fmt.Sprint(f.run.Seed), "step": fmt.Sprint(r.State.Steps), "replica": fmt.Sprint(r.Index),
			}, w)
		})
		if err != nil {
			return err
		}
	}
	return nil
}
