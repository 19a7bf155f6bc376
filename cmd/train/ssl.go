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
	settings := m.settings(pictures.test.Rows * pictures.test.Cols)
	if err := f.demand(settings).check(); err != nil {
		return nil, err
	}
	build := func() (*ssl.Model, error) { return ssl.New(settings) }
	r, err := selfsupervised.New(m.config(), build, pictures.sets, pictures.test)
	if err != nil {
		return nil, usageError{err}
	}
	run := beginRecord(&f.runFlags, args, choice, r.Workers())
	run.Fingerprint = pictures.fingerprint()
	if f.share.compare != nil {
		pictures.keep(f.share.compare)
	}
	run.Datasets, run.Replicas = len(pictures.sets), f.Replicas
	run.Subset = *f.Subset
	run.Units = record.Units{Name: "replica", Count: f.Replicas}
	run.Setup = fmt.Sprintf("%s, %d images, %d steps", record.Plural(f.Replicas, "replica"), run.Subset, f.Steps)
	if f.Datasets > 1 {
		run.Units = record.Units{Name: "training set", Count: run.Datasets}
		run.Setup = fmt.Sprintf("%s of %d images, %s each, %d steps", record.Plural(run.Datasets, "training set"), run.Subset,
			record.Plural(f.Replicas, "replica"), f.Steps)
	}
	run.Notes = []string{pictures.describe() + " (" + pictures.origin + ")"}
	warn(run, pictures.remarks)
	for _, q := range r.Parameters() {
		run.Weights += q.Rows * q.Cols
	}
	run.FreeWeights = run.Weights
	header := fmt.Sprintf("%d replicas of %s (%d weights) on %s\n%s\nBLAS %s; %d at a time\n",
		run.Datasets*run.Replicas, run.Model, run.Weights, run.Data, pictures.describe(), choice, run.Machine.Workers)
	j := newJob(r.Engine, run, &encoderFiles{runner: r, pictures: pictures, several: f.Datasets > 1}, header)
	j.permutations = f.Permutations
	return j, nil
}

// encoderFiles are the weights of encoders, memorization.csv and its picture.
type encoderFiles struct {
	runner   *selfsupervised.Runner
	pictures *pictures
	several  bool // training sets
}

// observed implements files.
func (f *encoderFiles) observed(string, *ensemble.Journal) error { return nil }

// judges implements files.
func (f *encoderFiles) judges() (width, examples int) {
	examples = len(f.pictures.test.Labels)
	for _, set := range f.pictures.sets {
		examples += len(set.Labels)
	}
	return 0, examples
}

// finish implements files: weights/dD-rR.safetensors, the weights of each replica at the last observation (DINO's
// teacher too), named rR where there is one training set; and what is known of single images.
func (f *encoderFiles) finish(dir string, journal *ensemble.Journal) error {
	if err := f.writeWeights(dir, journal.Run); err != nil {
		return err
	}
	last := journal.Summaries[len(journal.Summaries)-1].(*selfsupervised.Observation)
	return f.pictures.audit().WriteMemorized(dir, journal, last.Memorization)
}

func (f *encoderFiles) writeWeights(dir string, run *record.Run) error {
	double := f.runner.Settings().Precision == model.Float64
	for _, r := range f.runner.Replicas() {
		var all []weights
		for part, theta := range map[string][][]float64{"": r.State.Theta, "teacher.": r.State.Teacher} {
			for i := range theta {
				p := f.runner.Parameters()[i]
				all = append(all, weights{name: part + p.Name, shape: []int{p.Rows, p.Cols}, values: theta[i], double: double})
			}
		}
		name := fmt.Sprintf("r%d", r.Index)
		of := map[string]string{"step": fmt.Sprint(r.State.Steps), "replica": fmt.Sprint(r.Index)}
		if f.several {
			name = fmt.Sprintf("d%d-r%d", r.Set, r.Index)
			of["data_set"] = fmt.Sprint(r.Set)
		}
		if err := saveWeights(dir, run, name, all, of); err != nil {
			return err
		}
	}
	return nil
}
