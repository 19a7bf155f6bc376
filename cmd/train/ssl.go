package main

import (
	"context"
	"fmt"

	"calorimeter/instrument/ensemble"
	"calorimeter/instrument/record"
	"calorimeter/instrument/selfsupervised"
	"calorimeter/model"
	"calorimeter/model/blas"
	"calorimeter/model/ssl"
)

// openEncoder makes the job of a self-supervised encoder.
func openEncoder(ctx context.Context, m encoder, args []string, choice blas.Choice, show *display) (*job, error) {
	f := m.ssl()
	pictures, err := openPictures(ctx, f, show.download)
	if err != nil {
		return nil, err
	}
	settings := m.settings(pictures.train.Rows * pictures.train.Cols)
	build := func() (*ssl.Model, error) { return ssl.New(settings) }
	r, err := selfsupervised.New(m.config(), build, pictures.train, pictures.test)
	if err != nil {
		return nil, usageError{err}
	}
	run := beginRecord(&f.runFlags, args, choice, r.Workers())
	run.Datasets, run.Replicas = 1, f.Replicas
	run.Subset = len(pictures.train.Labels)
	run.Units = record.Units{Name: "replica", Count: f.Replicas}
	run.Setup = fmt.Sprintf("%s, %d images, %d steps", record.Plural(f.Replicas, "replica"), run.Subset, f.Steps)
	run.Notes = []string{pictures.describe() + " (" + pictures.origin + ")"}
	for _, q := range r.Parameters() {
		run.Weights += q.Rows * q.Cols
	}
	run.FreeWeights = run.Weights
	header := fmt.Sprintf("%d replicas of %s (%d weights) on %s\n%s\nBLAS %s; %d at a time\n",
		run.Replicas, run.Model, run.Weights, run.Data, pictures.describe(), choice, run.Machine.Workers)
	return newJob(r.Engine, run, &encoderFiles{runner: r}, header), nil
}

// encoderFiles are the weights of encoders.
type encoderFiles struct{ runner *selfsupervised.Runner }

// observed implements files.
func (f *encoderFiles) observed(string, *ensemble.Journal) error { return nil }

// finish implements files: weights/rR.safetensors, the weights of each replica at the last observation (DINO's teacher
// too).
func (f *encoderFiles) finish(dir string, journal *ensemble.Journal) error {
	double := f.runner.Settings().Precision == model.Float64
	for _, r := range f.runner.Replicas() {
		var all []weights
		for part, theta := range map[string][][]float64{"": r.State.Theta, "teacher.": r.State.Teacher} {
			for i := range theta {
				p := f.runner.Parameters()[i]
				all = append(all, weights{name: part + p.Name, shape: []int{p.Rows, p.Cols}, values: theta[i], double: double})
			}
		}
		of := map[string]string{"step": fmt.Sprint(r.State.Steps), "replica": fmt.Sprint(r.Index)}
		if err := saveWeights(dir, journal.Run, fmt.Sprintf("r%d", r.Index), all, of); err != nil {
			return err
		}
	}
	return nil
}
